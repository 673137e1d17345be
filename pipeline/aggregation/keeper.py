"""Forgets what is too old or too much, a little at a time, so that nothing waits for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from loguru import logger

from pipeline.aggregation.database import to_us
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.settings_alarms import StorageSettings

STEP_ROWS: Final = 200
"""Rows of one table that one step deletes at most: some milliseconds."""

STEP_PICTURES: Final = 20
"""Pictures that one step makes files of: each waits for the disk."""

KEEP_COUNTED_DAYS: Final = 2.0
"""How long a frame is remembered as counted; Kafka may bring it again within that time."""

_MB: Final = 1_000_000

# Age counts from storing: the clock of a camera may be wrong, and old footage may be assessed.
# Alarms that still owe an alert and requests that wait for verdicts are not forgotten by age.
_BY_AGE: Final = (
    ("results", "message_id", "stored_us", "", "verdicts"),
    ("requests", "request_id", "opened_us", "AND closed_us IS NOT NULL", "verdicts"),
    ("alarms", "alarm_id", "stored_us", "AND NOT alert_pending", "alarms"),
    ("counted", "request_id", "at_us", "", "counted"),
)


class Keeper:
    """Keeps the store within age and size; works in the writer's thread."""

    def __init__(self, store: StoreWriter, settings: StorageSettings) -> None:
        self._store = store
        self._keep_days = {
            "verdicts": settings.keep_verdicts_days,
            "alarms": settings.keep_alarms_days,
            "counted": KEEP_COUNTED_DAYS,
        }
        self._max_bytes = settings.max_mb * _MB
        self._is_over = False
        # Looked through once, from the oldest on: a crash may have left files without an alarm.
        self._days = store.evidence.days()

    def step(self, now: datetime) -> int:
        """Delete up to `STEP_ROWS` of each table, with their pictures; return how many rows went.

        Raises:
            sqlite3.Error, OSError: the store cannot be written.
        """
        is_over = self.used_bytes() > self._max_bytes
        if is_over and not self._is_over:
            logger.warning(
                "the alarm database has reached {} MB; the oldest verdicts and alarms are deleted",
                self._max_bytes // _MB,
            )
        self._is_over = is_over
        gone = self._forget(now, is_over=is_over)
        self._move_pictures()
        self._remove_orphans()
        return gone

    def _forget(self, now: datetime, *, is_over: bool) -> int:
        gone = 0
        pictures: list[str] = []
        execute = self._store.connection.execute
        with self._store.transaction():
            for table, key, time, condition, kind in _BY_AGE:
                before = now - timedelta(days=self._keep_days[kind])
                # What is too much goes however young it is.
                limit_us = to_us(now) if is_over else to_us(before)
                # Names of our own only.
                which = (
                    f"SELECT {key} FROM {table} WHERE {time} < ? {condition} "  # noqa: S608
                    f"ORDER BY {time} LIMIT ?"
                )
                values = (limit_us, STEP_ROWS)
                if table == "alarms":
                    found = execute(
                        f"SELECT path FROM pictures WHERE alarm_id IN ({which})",  # noqa: S608
                        values,
                    )
                    pictures = [str(row[0]) for row in found]
                gone += execute(
                    f"DELETE FROM {table} WHERE {key} IN ({which})",  # noqa: S608
                    values,
                ).rowcount
        for name in pictures:
            self._store.evidence.remove(name)
        return gone

    def _move_pictures(self) -> None:
        """Make files of some pictures that an older version kept inside the database."""
        rows = self._store.connection.execute(
            "SELECT alarm_id, jpeg FROM evidence LIMIT ?", (STEP_PICTURES,)
        ).fetchall()
        for alarm_id, jpeg in rows:
            self._store.move_picture(alarm_id, jpeg)

    def _remove_orphans(self) -> None:
        """Remove the files of one day that no alarm names."""
        if not self._days:
            return
        evidence, day = self._store.evidence, self._days.pop(0)
        found = list(evidence.settled(day))
        if not found:
            return
        named = {
            str(row[0])
            for row in self._store.connection.execute(
                "SELECT path FROM pictures WHERE path >= ? AND path < ?", (f"{day}/", f"{day}0")
            )
        }
        orphans = [name for name in found if name not in named]
        for name in orphans:
            evidence.remove(name)
        if orphans:
            logger.info("{} pictures of {} belonged to no alarm; removed", len(orphans), day)

    def used_bytes(self) -> int:
        """Return the bytes in use; what was freed inside the file is used again and not counted."""
        execute = self._store.connection.execute
        pages, free, size = (
            int(execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        (pictures,) = execute("SELECT coalesce(sum(size), 0) FROM pictures").fetchone()
        return (pages - free) * size + int(pictures)
