"""The timeline on the disk: a SQLite file of its own, written by one thread of each process.

Not in the alarm database: that belongs to the aggregator, which may run in another process or on
another machine; the window tells of its workers also then.
"""

from __future__ import annotations

import contextlib
import json
import queue
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from loguru import logger

from pipeline.aggregation.database import (
    BUSY_TIMEOUT_S,
    from_us,
    is_damage,
    set_aside,
    to_us,
)
from pipeline.messages import utc_now
from pipeline.paths import data_folder
from pipeline.texts import Text, packed, unpacked, verbatim
from pipeline.timeline.events import Event, What

WAITING: Final = 10_000
"""Events that wait in memory while the disk takes none; beyond it, new ones are not kept."""

AGAIN_S: Final = 5.0
KEEP_DAYS: Final = 90.0
FORGET_EVERY_S: Final = 3_600.0
_FORGET_ROWS: Final = 1_000
_JOIN_TIMEOUT_S: Final = 3.0

_SCHEMA: Final = """
    CREATE TABLE IF NOT EXISTS events (
        number INTEGER PRIMARY KEY,
        at_us INTEGER NOT NULL,
        what TEXT NOT NULL,
        who TEXT NOT NULL,
        detail TEXT NOT NULL,
        said TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX IF NOT EXISTS events_by_time ON events (at_us);
    PRAGMA user_version = 2;
"""
_FROM_1: Final = """
    ALTER TABLE events ADD COLUMN said TEXT NOT NULL DEFAULT '';
    PRAGMA user_version = 2;
"""
"""The column `said` holds what a detail is made of, for other languages (`pipeline.texts.packed`)."""

_READ: Final = """
    SELECT at_us, what, who, detail, said FROM events WHERE at_us >= ? AND at_us < ?
    ORDER BY at_us DESC, number DESC LIMIT ?
"""


def timeline_path() -> Path:
    """Return where the timeline of this machine is kept."""
    return data_folder() / "timeline.db"


class TimelineWriter:
    """Writes events from a thread of its own; nobody waits for the disk."""

    def __init__(self, path: Path, keep_days: float = KEEP_DAYS) -> None:
        self._path = path
        self._keep = timedelta(days=keep_days)
        self._waiting: queue.Queue[Event | None] = queue.Queue(WAITING)
        self._stop = threading.Event()
        self._is_told = False
        self._thread = threading.Thread(target=self._run, name="timeline", daemon=True)
        self._thread.start()

    def note(self, event: Event) -> None:
        """Have an event kept; returns at once."""
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self._tell("too many events wait for the disk")

    def close(self) -> None:
        """Write what waits, and end; returns within some seconds also when the disk is gone."""
        self._stop.set()
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
        self._thread.join(_JOIN_TIMEOUT_S)

    def _run(self) -> None:
        batch: list[Event] = []
        while True:
            is_end = self._collect(batch)
            is_kept = not batch or self._write(batch)
            if is_kept:
                batch.clear()
            if is_end or (self._stop.is_set() and not is_kept):
                return
            if not is_kept:
                self._stop.wait(AGAIN_S)

    def _collect(self, batch: list[Event]) -> bool:
        """Add what waits to `batch`, at least one; return whether the end was asked for."""
        with contextlib.suppress(queue.Empty):
            # What could not be written yet is tried again also when nothing new comes.
            item = self._waiting.get(timeout=AGAIN_S if batch else FORGET_EVERY_S)
            while item is not None:
                batch.append(item)
                item = self._waiting.get_nowait()
            return True
        return False

    def _write(self, batch: list[Event]) -> bool:
        try:
            with _writing(self._path) as connection:
                connection.executemany(
                    "INSERT INTO events (at_us, what, who, detail, said) VALUES (?, ?, ?, ?, ?)",
                    map(_row, batch),
                )
                before = to_us(utc_now() - self._keep)
                connection.execute(
                    "DELETE FROM events WHERE number IN "
                    "(SELECT number FROM events WHERE at_us < ? ORDER BY at_us LIMIT ?)",
                    (before, _FORGET_ROWS),
                )
        except (sqlite3.Error, OSError) as error:
            if is_damage(error) and self._set_aside(error):
                return self._write(batch)
            self._tell(str(error))
            return False
        self._is_told = False
        return True

    def _set_aside(self, error: Exception) -> bool:
        try:
            aside = set_aside(self._path)
        except OSError as trouble:
            self._tell(str(trouble))
            return False
        logger.error(
            "the timeline is damaged ({}); it is kept as {}, and a new one is begun",
            error,
            aside.name,
        )
        return True

    def _tell(self, reason: str) -> None:
        if not self._is_told:
            self._is_told = True
            logger.warning("the timeline cannot be written: {}", reason)


def read_events(path: Path, since: datetime, until: datetime, limit: int) -> list[Event]:
    """Return the newest `limit` events from `since` to `until`, newest first; none without a file.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    if not path.exists():
        return []
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)) as connection:
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            rows = connection.execute(
                _READ if version > 1 else _READ.replace("said", "''", 1),
                (to_us(since), to_us(until), limit),
            ).fetchall()
        except sqlite3.OperationalError:
            if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                return []  # its writer has made no table yet
            raise
    known = {what.value for what in What}
    # A newer version may know more.
    return [
        Event(from_us(at_us), What(what), who, _detail(detail, said))
        for at_us, what, who, detail, said in rows
        if what in known
    ]


def _row(event: Event) -> tuple[int, str, str, str, str]:
    table = packed(event.detail)
    said = json.dumps(table, ensure_ascii=False) if "source" in table else ""
    return to_us(event.at), event.what.value, event.who, table["text"], said


def _detail(detail: str, said: str) -> Text:
    """Return the detail of a row; those of older versions do not know what they are made of."""
    try:
        return unpacked(json.loads(said)) if said else verbatim(detail)
    except ValueError:
        return verbatim(detail)


def _share(connection: sqlite3.Connection) -> None:
    """Let others read while one writes.

    Of two that want to bring this about in a new file at once, SQLite refuses one without waiting.
    """
    deadline_s = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.01)
        else:
            return


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make the table, or give one of the first version its new column; one process does it."""

    def version() -> int:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])

    if version() > 1:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        script = {0: _SCHEMA, 1: _FROM_1}.get(version(), "")
        for statement in filter(str.strip, script.split(";")):
            connection.execute(statement)
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for one transaction: several processes may share it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
    with contextlib.closing(connection):
        _share(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        _bring_up_to_date(connection)
        with connection:
            yield connection
