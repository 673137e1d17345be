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

_MB: Final = 1_000_000

# Age counts from storing: the clock of a camera may be wrong, and old footage may be assessed.
# Alarms that still owe an alert and requests that wait for verdicts are not forgotten by age.
_BY_AGE: Final = (
    ("results", "message_id", "stored_us", "", "verdicts"),
    ("requests", "request_id", "opened_us", "AND closed_us IS NOT NULL", "verdicts"),
    ("alarms", "alarm_id", "stored_us", "AND NOT alert_pending", "alarms"),
)


class Keeper:
    """Keeps the store within age and size; works in the writer's thread."""

    def __init__(self, store: StoreWriter, settings: StorageSettings) -> None:
        self._store = store
        self._keep_days = {
            "verdicts": settings.keep_verdicts_days,
            "alarms": settings.keep_alarms_days,
        }
        self._max_bytes = settings.max_mb * _MB
        self._is_over = False

    def step(self, now: datetime) -> int:
        """Delete up to `STEP_ROWS` of each table; return how many rows went.

        Raises:
            sqlite3.Error: the database cannot be written.
        """
        gone = 0
        is_over = self.used_bytes() > self._max_bytes
        if is_over and not self._is_over:
            logger.warning(
                "the alarm database has reached {} MB; the oldest verdicts and alarms are deleted",
                self._max_bytes // _MB,
            )
        self._is_over = is_over
        with self._store.transaction():
            for table, key, time, condition, kind in _BY_AGE:
                before = now - timedelta(days=self._keep_days[kind])
                # What is too much goes however young it is.
                limit_us = to_us(now) if is_over else to_us(before)
                gone += self._store.connection.execute(
                    # Names of our own only.
                    f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} "  # noqa: S608
                    f"WHERE {time} < ? {condition} ORDER BY {time} LIMIT ?)",
                    (limit_us, STEP_ROWS),
                ).rowcount
        return gone

    def used_bytes(self) -> int:
        """Return the bytes in use; what was freed inside the file is used again and not counted."""
        execute = self._store.connection.execute
        pages, free, size = (
            int(execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size
