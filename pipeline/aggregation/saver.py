"""Writes batches to the store; while it cannot be written they wait in memory, which is said."""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from loguru import logger

from pipeline.aggregation.batch import Batch
from pipeline.aggregation.disk_room import NO_ROOM
from pipeline.aggregation.situations import Alarm, alert_of
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.paths import shown
from pipeline.telemetry import WorkerTelemetry
from pipeline.texts import NOTHING, Text, cause_of, say

RETRY_S: Final = 2.0
HELD_MESSAGES: Final = 5_000
HELD_BYTES: Final = 64_000_000
"""What waits in memory at most; beyond it messages are left in Kafka."""

LISTED_ALARMS: Final = 50
"""So many of the newest alarms that wait are shown one by one."""

_CONDITION: Final = "store"
_NO_MEMORY: Final = "store-memory"
_PASSING: Final = {
    sqlite3.SQLITE_FULL: say("the disk is full"),
    sqlite3.SQLITE_IOERR: say("the disk does not take or give what is asked of it"),
    sqlite3.SQLITE_BUSY: say("another program holds the alarm database"),
}


def passing_trouble(error: Exception) -> Text:
    """Return why writing failed if it may work again later; empty for any other failure."""
    if isinstance(error, sqlite3.Error):
        # The low byte is the kind; the rest says which of its cases.
        code = getattr(error, "sqlite_errorcode", None)
        return _PASSING.get(code & 0xFF, NOTHING) if code is not None else NOTHING
    if isinstance(error, OSError):
        # Of the files of evidence: rights and folders are mended while we run, too.
        if error.errno in NO_ROOM:
            return _PASSING[sqlite3.SQLITE_FULL]
        folder = shown(Path(error.filename).parent) if error.filename else "?"
        return say(
            "nothing can be put into {folder} ({error})", folder=folder, error=cause_of(error)
        )
    return NOTHING


class Saver:
    """Keeps the order of batches: none is written before those that wait.

    A message is done only when its batch is written: what waits here at a stop or a crash is read
    again from Kafka.
    """

    def __init__(self, store: StoreWriter, telemetry: WorkerTelemetry) -> None:
        self._store = store
        self._telemetry = telemetry
        self._held: deque[Batch] = deque()
        self._trouble = NOTHING
        self._told_full = False
        self._tried_s = 0.0

    @property
    def holds(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._held)

    @property
    def is_full(self) -> bool:
        """Whether no more can wait: messages must stay in Kafka."""
        return (
            sum(len(batch.deliveries) for batch in self._held) >= HELD_MESSAGES
            or sum(batch.payload_bytes for batch in self._held) >= HELD_BYTES
        )

    def held_verdicts(self) -> set[str]:
        """Return the ids of the verdicts that wait."""
        return {result.message_id for batch in self._held for result in batch.verdicts}

    def held_closed(self) -> set[str]:
        """Return the requests whose closing waits."""
        return {joined.request_id for batch in self._held for joined in batch.joined}

    def save(self, batch: Batch) -> None:
        """Write a batch and mark its messages as done, now or when it can be written.

        Raises:
            sqlite3.Error: for a reason that does not pass by itself.
        """
        if batch.is_empty and not batch.deliveries:
            return  # there is one for each look at the broker; days of a full disk have many
        self._held.append(batch)
        if len(self._held) == 1:
            self._write_held()
        self._show()

    def retry(self) -> None:
        """Write what waits, if it is time to try again. Raises as `save`."""
        if self._held and time.monotonic() - self._tried_s >= RETRY_S:
            self._write_held()
            self._show()

    def attempt(self, what: Callable[[], None]) -> bool:
        """Do something with the store in a transaction, unless it cannot be written now.

        Returns:
            False when nothing was done; it is to be asked for again later.

        Raises:
            sqlite3.Error: for a reason that does not pass by itself.
        """
        if self._held:
            return False
        return self._try(what, in_transaction=True)

    def _tell_of_memory(self) -> None:
        """Say that alarms do not go on while no more can wait."""
        is_full = self.is_full
        if is_full == self._told_full:
            return
        self._told_full = is_full
        if not is_full:
            self._telemetry.recover(_NO_MEMORY)
            return
        self._telemetry.degrade(
            _NO_MEMORY,
            say(
                "as much as fits waits in memory: no more verdicts are read, and new alarms are "
                "raised only once there is room. The verdicts stay in Kafka"
            ),
        )
        logger.error("as much as fits waits in memory; no more verdicts are read until then")

    def close(self) -> None:
        """Forget what waits, which is read again from Kafka, and show it no longer."""
        self._held.clear()
        self._show()

    def _write_held(self) -> None:
        while self._held:
            batch = self._held[0]
            if not batch.is_empty and not self._try(lambda: self._store.write(batch)):  # noqa: B023
                return
            self._held.popleft()
            for delivery in batch.deliveries:
                delivery.done()

    def _try(self, what: Callable[[], None], *, in_transaction: bool = False) -> bool:
        self._tried_s = time.monotonic()
        try:
            if in_transaction:
                with self._store.transaction():
                    what()
            else:
                what()
        except (sqlite3.Error, OSError) as error:
            trouble = passing_trouble(error)
            if not trouble:
                raise
            self._note_trouble(trouble, error)
            return False
        self._note_trouble(NOTHING, None)
        return True

    def _note_trouble(self, trouble: Text, error: Exception | None) -> None:
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if not trouble:
            self._telemetry.recover(_CONDITION)
            logger.success("the alarm database can be written again; nothing was lost")
            return
        if trouble == _PASSING[sqlite3.SQLITE_FULL]:
            reason = say(
                "alarms cannot be written: {trouble}; they go on in memory and are "
                "written when it is possible. Free some space",
                trouble=trouble,
            )
        else:
            reason = say(
                "alarms cannot be written: {trouble}; they go on in memory and are "
                "written when it is possible",
                trouble=trouble,
            )
        self._telemetry.degrade(_CONDITION, reason)
        logger.error("the alarm database cannot be written ({}): {}", trouble, error)

    def _show(self) -> None:
        waiting = sum(len(batch.verdicts) for batch in self._held)
        self._telemetry.gauge("unsaved", waiting)
        self._tell_of_memory()
        # The newest state of each alarm that began while nothing could be written.
        alarms: dict[str, Alarm] = {}
        for batch in self._held:
            for change, _ in batch.changes:
                alarm = change.alarm
                if change.is_new or alarm.alarm_id in alarms:
                    alarms[alarm.alarm_id] = alarm
        self._telemetry.gauge("unsaved_alarms", len(alarms))
        newest = reversed(list(alarms.values())[-LISTED_ALARMS:])
        self._telemetry.show_unsaved(tuple(alert_of(alarm) for alarm in newest))
