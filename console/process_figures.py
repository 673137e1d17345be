"""What this process takes of the machine."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import psutil

SPAN_S: Final = 1.0
"""Between two looks at the time used: it is counted in steps of 10 ms and more, which a short span
makes jumps of."""


@dataclass(frozen=True, slots=True)
class ProcessReading:
    """One reading.

    Attributes:
        cpu_percent: share of the whole machine in the last second, all cores together; None while
            the first one is not over.
        memory_bytes: resident memory.
    """

    cpu_percent: float | None
    memory_bytes: int


class ProcessFigures:
    """Reads CPU and memory of this process; a reading takes some 0.1 ms."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._cores = psutil.cpu_count() or 1
        self._process.cpu_percent()  # The first one only sets the starting point.
        self._read_at_s = time.monotonic()
        self._cpu_percent: float | None = None

    def read(self) -> ProcessReading:
        """Return the figures of this moment."""
        now_s = time.monotonic()
        if now_s - self._read_at_s >= SPAN_S:
            self._read_at_s = now_s
            self._cpu_percent = min(100.0, self._process.cpu_percent() / self._cores)
        return ProcessReading(
            cpu_percent=self._cpu_percent,
            memory_bytes=self._process.memory_info().rss,
        )
