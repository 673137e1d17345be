"""The newest log lines in memory, for the window's log pane."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime
from itertools import islice
from typing import NamedTuple

RING_CAPACITY = 100_000


class LogLine(NamedTuple):
    """One log record.

    Attributes:
        sequence: rises by one with each line, from 1.
        time: local time, aware.
        level: loguru's level name, such as ``WARNING``.
        worker: ``detection``, ``generator``, ``scheduler``, ``aggregator``, ``kafka``, ``console``.
        message: the text, secrets masked; may hold newlines.
    """

    sequence: int
    time: datetime
    level: str
    worker: str
    message: str


class LogRing:
    """Keeps the newest lines; older ones go. Safe to use from several threads."""

    def __init__(self, capacity: int = RING_CAPACITY) -> None:
        self._lines: deque[LogLine] = deque(maxlen=capacity)
        self._lock = threading.Lock()
        self._sequence = 0

    @property
    def last_sequence(self) -> int:
        """Sequence number of the newest line; 0 before the first."""
        return self._sequence

    def append(self, time: datetime, level: str, worker: str, message: str) -> None:
        """Add a line."""
        with self._lock:
            self._sequence += 1
            self._lines.append(LogLine(self._sequence, time, level, worker, message))

    def since(self, sequence: int) -> list[LogLine]:
        """Return the lines after `sequence`, oldest first; 0 for all that are still here."""
        with self._lock:
            wanted = min(self._sequence - sequence, len(self._lines))
            if wanted <= 0:
                return []
            newest_first = list(islice(reversed(self._lines), wanted))
        newest_first.reverse()
        return newest_first
