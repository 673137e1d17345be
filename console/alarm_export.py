"""Writes alarms to files: a table that spreadsheets open, and the pictures. No Qt widgets."""

from __future__ import annotations

import csv
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console import alarm_words
from console.risk_words import risk_title, risk_word
from pipeline.spreadsheet import cell

if TYPE_CHECKING:
    from pipeline.aggregation.store import AlarmEntry, AlarmReader
    from pipeline.settings import Settings

HEADINGS: Final = (
    "alarm_id",
    "first_seen",
    "last_seen",
    "camera_id",
    "camera",
    "level",
    "risk_type",
    "risk",
    "confidence",
    "group",
    "occurrences",
    "state",
    "note",
    "description",
    "assessor",
    "picture",
)
"""Stay English, so that whatever reads the table need not know the language of the window."""

_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")


class ExportCancelledError(RuntimeError):
    """The export was given up on request."""


class Course:
    """How far an export is, and whether it is still wanted; for two threads."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self.done = 0
        self.total = 0

    def cancel(self) -> None:
        """Give up with the next step; returns at once."""
        self._cancelled.set()

    def step(self, done: int, total: int) -> None:
        """Note how far it is.

        Raises:
            ExportCancelledError: it was given up.
        """
        self.done, self.total = done, total
        if self._cancelled.is_set():
            raise ExportCancelledError


def picture_name(entry: AlarmEntry) -> str:
    """Return a file name for the picture that every system takes: time, camera, kind of risk."""
    alarm = entry.alarm
    stamp = alarm.first_seen.astimezone().strftime("%Y%m%d-%H%M%S")
    name = f"{stamp}_{alarm.camera_id}_{alarm.risk_type}_g{alarm.group_index}"
    return _NOT_IN_NAMES.sub("-", name)[:120] + ".jpg"


def write_table(
    entries: Sequence[AlarmEntry],
    settings: Settings,
    path: Path,
    pictures: Sequence[str] | None = None,
) -> None:
    """Write `entries` as CSV, UTF-8 with a byte-order mark, which Excel wants.

    Args:
        entries: the rows.
        settings: where the names of cameras are.
        path: the file, replaced when it is there.
        pictures: file name of each entry's picture, empty where there is none.

    Raises:
        OSError: the file cannot be written.
    """
    names = pictures if pictures is not None else [""] * len(entries)
    # Put in place whole: a full disk must not leave half of a table where another one was.
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            for entry, name in zip(entries, names, strict=True):
                writer.writerow([cell(value) for value in _row(entry, settings, name)])
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_lines(
    entries: Sequence[AlarmEntry],
    settings: Settings,
    reader: AlarmReader,
    path: Path,
    course: Course | None = None,
) -> None:
    """Write `entries` as JSON Lines: all that is known of each, but for its picture.

    Raises:
        OSError: the file cannot be written.
        sqlite3.Error: the store cannot be read.
        ExportCancelledError: it was given up; there is no file then.
    """
    from msgspec import json

    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            for number, entry in enumerate(entries):
                if course is not None:
                    course.step(number, len(entries))
                asked = reader.asked(entry.alarm.alarm_id)
                line = {
                    "alarm": entry.alarm,
                    "camera": alarm_words.camera_name(settings, entry.alarm.camera_id),
                    "state": entry.state,
                    "note": entry.note,
                    "acknowledgements": reader.acknowledgements(entry.alarm.alarm_id),
                    "asked": asked.detection,
                    "answered": asked.result,
                }
                file.write(json.encode(line) + b"\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_folder(
    entries: Sequence[AlarmEntry],
    settings: Settings,
    reader: AlarmReader,
    folder: Path,
    course: Course | None = None,
) -> int:
    """Write ``alarms.csv`` and the pictures into `folder`; return how many pictures there were.

    Raises:
        OSError: the folder cannot be written.
        sqlite3.Error: the pictures cannot be read.
        ExportCancelledError: it was given up; the pictures written so far are taken away.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    try:
        for number, entry in enumerate(entries):
            if course is not None:
                course.step(number, len(entries))
            jpeg = reader.evidence(entry.alarm.alarm_id)
            name = picture_name(entry) if jpeg else ""
            if name in names:
                name = f"{Path(name).stem}_{len(names)}.jpg"
            if jpeg:
                (folder / name).write_bytes(jpeg)
            names.append(name)
    except ExportCancelledError:
        for name in filter(None, names):
            (folder / name).unlink(missing_ok=True)
        raise
    write_table(entries, settings, folder / "alarms.csv", names)
    return sum(1 for name in names if name)


def _row(entry: AlarmEntry, settings: Settings, picture: str) -> tuple[str, ...]:
    alarm = entry.alarm
    return (
        alarm.alarm_id,
        alarm.first_seen.isoformat(timespec="milliseconds"),
        alarm.last_seen.isoformat(timespec="milliseconds"),
        alarm.camera_id,
        alarm_words.camera_name(settings, alarm.camera_id),
        alarm.risk_level,
        alarm.risk_type,
        f"{risk_title(alarm.risk_type)} ({risk_word(alarm.risk_level)})",
        f"{alarm.confidence:.3f}",
        str(alarm.group_index),
        str(alarm.occurrences),
        entry.state,
        entry.note,
        alarm.description,
        alarm.assessor,
        picture,
    )
