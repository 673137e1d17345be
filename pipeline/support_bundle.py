"""The support bundle: what the Export button and ``export-logs`` write, as one ZIP.

Holds logs, settings without secrets, versions, hardware, the execution provider in use, last
errors, the lag and its history, dead letters by number, the cluster's topics, and what happened to
workers and cameras; every text goes through the redaction once more.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from pipeline import versions
from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.lag import LagSnapshot
from pipeline.kafka.metadata import cluster_table
from pipeline.paths import log_folder, runtime_folder, shown
from pipeline.redact import redact_table, redact_text
from pipeline.settings import Settings
from pipeline.states import WorkerName, WorkerState
from pipeline.support_selection import LogSelection, begins_record
from pipeline.telemetry import WorkerSnapshot

MAX_LAST_ERRORS = 200

PIECE = 500_000
"""About so many characters of a log file are worked through at once, some 0.1 s."""

EVERYTHING = LogSelection()
ERROR_MARKS = ("| ERROR ", "| CRITICAL")


class ExportCancelledError(Exception):
    """The user cancelled the export; no file was left behind."""


@dataclass(frozen=True, slots=True)
class LiveState:
    """What only the running program knows; the command line exports without it.

    Attributes:
        states: state of each worker.
        workers: figures of each worker, with provider and model in their labels.
        lag: newest lag reading.
        lag_history: ``{"group/topic": [(unix seconds, messages), ...]}``.
        console: figures of the window, such as the UI gap in ms.
        timeline: what happened to workers and cameras, oldest first; each with ``at`` and ``what``.
        kafka: asked for the cluster's metadata while the bundle is made; None while it is not open.
    """

    states: dict[WorkerName, WorkerState]
    workers: dict[WorkerName, WorkerSnapshot]
    lag: LagSnapshot | None
    lag_history: dict[str, list[tuple[float, int]]]
    console: dict[str, float]
    timeline: list[dict[str, str]] = field(default_factory=list)
    kafka: KafkaAccess | None = None


def suggested_name() -> str:
    """Return a file name that tells when the bundle was made."""
    return f"signalbox-support-{datetime.now():%Y%m%d-%H%M%S}.zip"  # noqa: DTZ005 - local, for people


def export(
    output: Path,
    *,
    settings: Settings,
    live: LiveState | None = None,
    selection: LogSelection = EVERYTHING,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Path:
    """Write the bundle to `output` in one step and return its path.

    Args:
        output: the ZIP to make; its folder is made when missing.
        settings: written without secrets.
        live: state of the running program, if there is one.
        selection: which log records; reports of crashes and the tables are always there.
        progress: called with how much is done and how much there is, roughly in bytes.
        cancelled: asked again and again, also within a large file.

    Raises:
        ExportCancelledError: `cancelled` said so.
        OSError: the file cannot be written.
    """
    logs = [each for each in _log_files() if _is_wanted(each[0], selection)]
    tables = _tables(settings, live)
    tables["about.json"]["logs"] = selection.as_table()
    sizes = {name: path.stat().st_size for name, path in logs}
    total = sum(sizes.values()) + len(tables) + 1
    output.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=output.parent, suffix=".part")
    try:
        with (
            os.fdopen(handle, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle,
        ):
            errors: list[str] = []
            done = 0
            for name, table in tables.items():
                # Plain first: a text within something else would pass by unseen.
                plain = json.loads(json.dumps(table, default=_plain))
                text = json.dumps(redact_table(plain), indent=2, ensure_ascii=False)
                bundle.writestr(name, text)
                done += 1
                progress(done, total)
            for name, path in logs:
                written = 0
                with bundle.open(_member(name, sizes[name]), "w") as member:
                    for piece in _pieces(path):
                        if cancelled():
                            raise ExportCancelledError
                        member.write(_cut(name, piece, selection, errors).encode())
                        written += len(piece)
                        progress(done + min(written, sizes[name]), total)
                done += sizes[name]
                progress(done, total)
            if cancelled():
                raise ExportCancelledError
            bundle.writestr("last-errors.txt", "\n".join(errors[-MAX_LAST_ERRORS:]))
            progress(total, total)
        Path(temporary).replace(output)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return output


def _is_wanted(name: str, selection: LogSelection) -> bool:
    return not name.startswith("logs/") or selection.takes_file(name.rpartition("/")[2])


def _member(name: str, size: int) -> zipfile.ZipInfo:
    """Return the entry for a file of about this size, readable by its owner only."""
    member = zipfile.ZipInfo(name, time.localtime()[:6])
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    member.file_size = size  # decides whether it may grow beyond 2 GB
    return member


def _pieces(path: Path) -> Iterator[str]:
    """Give the text of a file in pieces that each end with a whole record.

    A secret may stand on several lines of one record; where no records begin, all is one piece.
    """
    lines: list[str] = []
    length = 0
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if length >= PIECE and begins_record(line):
                yield "".join(lines)
                lines, length = [], 0
            lines.append(line)
            length += len(line)
    yield "".join(lines)


def _cut(name: str, text: str, selection: LogSelection, errors: list[str]) -> str:
    """Return what is wanted of a piece, without secrets; adds its lines of errors to `errors`."""
    text = redact_text(text)
    if name.startswith("logs/"):
        text = selection.cut(text)
    if name.endswith(".log"):
        errors.extend(
            line for line in text.splitlines() if any(mark in line for mark in ERROR_MARKS)
        )
        del errors[:-MAX_LAST_ERRORS]
    return text


def _log_files() -> list[tuple[str, Path]]:
    logs, runtime = log_folder(), runtime_folder()
    found = [
        (f"logs/{path.relative_to(logs).as_posix()}", path)
        for path in sorted(logs.rglob("*.log*"))
        if path.is_file()
    ]
    found += [
        (f"run/{path.name}", path)
        for path in sorted(runtime.glob("*"))
        if path.is_file() and path.suffix in {".txt", ".log", ".json"}
    ]
    return found


def _tables(settings: Settings, live: LiveState | None) -> dict[str, Any]:
    tables: dict[str, Any] = {
        "about.json": {
            "made": datetime.now(UTC).isoformat(),
            "runningProgram": live is not None,
            "logFolder": shown(log_folder()),
            **versions.report(),
            "hardware": _hardware(),
        },
        "settings.json": settings.model_dump(mode="json"),
    }
    if live is not None:
        tables["workers.json"] = {
            name.value: {
                "state": live.states.get(name, WorkerState.STOPPED),
                **_plain_snapshot(snapshot),
            }
            for name, snapshot in live.workers.items()
        }
        tables["lag.json"] = {
            "newest": _lag_table(live.lag) if live.lag else None,
            "history": live.lag_history,
        }
        tables["console.json"] = live.console
        tables["timeline.json"] = live.timeline
        if live.kafka is not None:
            tables["kafka.json"] = cluster_table(live.kafka)
    return tables


def _plain_snapshot(snapshot: WorkerSnapshot) -> dict[str, Any]:
    table = asdict(snapshot)
    table.pop("latency_ms")
    table["latencyMs"] = {
        f"p{round(share * 100)}": snapshot.percentile_ms(share) for share in (0.5, 0.95, 0.99)
    }
    return table


def _lag_table(lag: LagSnapshot) -> dict[str, Any]:
    return {
        "takenAtS": lag.taken_at_s,
        "brokerOk": lag.broker_ok,
        "error": lag.error,
        "deadLetters": lag.dlq,
        "links": {f"{group} / {topic}": asdict(link) for (group, topic), link in lag.links.items()},
    }


def _hardware() -> dict[str, Any]:
    memory = psutil.virtual_memory()
    return {
        "processor": platform.processor() or platform.machine(),
        "logicalCores": psutil.cpu_count(),
        "memoryBytes": memory.total,
        "memoryAvailableBytes": memory.available,
    }


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)
