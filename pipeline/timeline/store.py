"""The timeline on the disk: a SQLite file of its own, written by one thread of each process.

Not in the alarm database: that belongs to the aggregator, which may run in another process or on
another machine; the window tells of its workers also then.
"""

from __future__ import annotations

import contextlib
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
        detail TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS events_by_time ON events (at_us);
    PRAGMA user_version = 1;
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
                    "INSERT INTO events (at_us, what, who, detail) VALUES (?, ?, ?, ?)",
                    [(to_us(item.at), item.what.value, item.who, item.detail) for item in batch],
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
    uri = f"{path.resolve().as_uri()}?mode=rw"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)) as connection:
        try:
            rows = connection.execute(
                "SELECT at_us, what, who, detail FROM events WHERE at_us >= ? AND at_us < ? "
                "ORDER BY at_us DESC, number DESC LIMIT ?",
                (to_us(since), to_us(until), limit),
            ).fetchall()
        except sqlite3.OperationalError:
            if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                return []  # its writer has made no table yet
            raise
    known = {what.value for what in What}
    # A newer version may know more.
    return [Event(from_us(row[0]), What(row[1]), row[2], row[3]) for row in rows if row[1] in known]


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


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for one transaction: several processes may share it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
    with contextlib.closing(connection):
        _share(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            connection.executescript(_SCHEMA)
        with connection:
            yield connection
