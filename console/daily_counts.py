"""The counters of some days as rows of a table: by camera, what was counted, how often each day.

Pure, but for the words, which are in the language of the window.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication

from console import joining
from console.alarm_words import camera_name
from console.pipeline_words import object_word
from console.risk_words import risk_word
from pipeline.messages import RISK_LEVELS
from pipeline.spreadsheet import cell

if TYPE_CHECKING:
    from pipeline.aggregation.store import DailyCount
    from pipeline.settings import Settings

DAYS: Final = 7
HEADINGS: Final = ("day", "camera_id", "camera", "counter", "count")
"""Of the exported table; stay English, as those of the other exports."""

_KINDS: Final = ("alarms", "not_assessed", "line", "zone")
"""The order of the counters of one camera."""

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class CountRow:
    """One counter of one camera.

    Attributes:
        name: of the counter in the store, such as ``line:gate:in:car``.
        amounts: of each day, oldest first.
    """

    camera_id: str
    name: str
    amounts: tuple[int, ...]

    @property
    def total(self) -> int:
        """The sum of all days."""
        return sum(self.amounts)


def last_days(today: date) -> tuple[date, ...]:
    """Return the days of the table, oldest first."""
    return tuple(today - timedelta(days=ago) for ago in reversed(range(DAYS)))


def rows_of(
    counts: Iterable[DailyCount], days: Sequence[date], settings: Settings
) -> list[CountRow]:
    """Return the counters as rows: cameras as in the settings, then those that are gone."""
    amounts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(days))
    places = {day: place for place, day in enumerate(days)}
    for one in counts:
        if one.day in places:
            amounts[one.camera_id, one.name][places[one.day]] += one.amount
    order = {camera.id: place for place, camera in enumerate(settings.cameras)}
    rows = [CountRow(camera, name, tuple(each)) for (camera, name), each in amounts.items()]
    rows.sort(
        key=lambda row: (order.get(row.camera_id, len(order)), row.camera_id, _rank(row.name))
    )
    return rows


def counter_words(name: str) -> str:
    """Return what a counter counts, such as “Line gate, in: car”."""
    kind, _, rest = name.partition(":")
    if kind == "alarms":
        level = next((level for level in RISK_LEVELS if level == rest), None)
        if level is None:
            return translate("DailyCounts", "Alarms")
        return translate("DailyCounts", "Alarms, {0}").format(risk_word(level))
    if kind == "not_assessed":
        return translate("DailyCounts", "Not assessed")
    # The name of an area is its camera's, and may hold anything.
    area, _, object_class = rest.rpartition(":")
    area, _, how = area.rpartition(":")
    if kind == "line" and how == "in":
        words = translate("DailyCounts", "Line {0}, in: {1}")
    elif kind == "line" and how == "out":
        words = translate("DailyCounts", "Line {0}, out: {1}")
    elif kind == "zone" and how == "entered":
        words = translate("DailyCounts", "Zone {0}, entered: {1}")
    else:
        return name
    return joining.closed_up(words.format(area, object_word(object_class)))


def write_counts(
    rows: Sequence[CountRow], days: Sequence[date], settings: Settings, path: Path
) -> None:
    """Write the counts as CSV, one line for each day and counter; UTF-8 with a byte-order mark.

    Raises:
        OSError: the file cannot be written.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for row in rows:
            camera = camera_name(settings, row.camera_id)
            for day, amount in zip(days, row.amounts, strict=True):
                texts = [cell(text) for text in (row.camera_id, camera, row.name)]
                writer.writerow([day.isoformat(), *texts, amount])


def _rank(name: str) -> tuple[int, int, str]:
    kind, _, rest = name.partition(":")
    place = _KINDS.index(kind) if kind in _KINDS else len(_KINDS)
    # All alarms first, then the worst.
    worst = -RISK_LEVELS.index(rest) if kind == "alarms" and rest in RISK_LEVELS else 0
    return place, worst - (kind == "alarms" and not rest) * len(RISK_LEVELS), name
