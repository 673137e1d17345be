"""The outcome of a replay as a table for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pipeline.replay.run import Row
from pipeline.spreadsheet import cell

HEADINGS: Final = (
    "alarm_id",
    "first_seen",
    "camera_id",
    "state",
    "level_before",
    "level_now",
    "same",
    "risk_before",
    "risk_now",
    "confidence_before",
    "confidence_now",
    "model_before",
    "model_now",
    "said_before",
    "said_now",
    "error",
    "took_ms",
)


def cells(row: Row) -> tuple[str, ...]:
    """Return one line of the table."""
    alarm, result = row.case.entry.alarm, row.case.result
    return (
        alarm.alarm_id,
        alarm.first_seen.isoformat(timespec="milliseconds"),
        alarm.camera_id,
        row.case.entry.state,
        row.before,
        row.after or "not_assessed",
        "yes" if row.is_same else "no",
        alarm.risk_type,
        " ".join(row.risk_types),
        f"{alarm.confidence:.3f}",
        f"{row.confidence:.3f}" if row.after else "",
        result.metadata.llm_model if result is not None else alarm.assessor,
        row.model,
        alarm.description,
        row.description,
        row.error,
        f"{row.took_ms:.0f}",
    )


def write_csv(rows: Iterable[Row], path: Path) -> None:
    """Write rows as CSV, UTF-8 with a byte-order mark, which Excel wants.

    Raises:
        OSError: the file cannot be written.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for row in rows:
            writer.writerow([cell(text) for text in cells(row)])
