"""How long the GUI thread was away: gaps between the beats of a 5 ms timer.

A gap is the time from one beat to the next, so 5 ms and a little is the best there can be. What is
above 16 ms cost a frame of a 60-Hz screen.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Slot

BEAT_MS: Final = 5
WINDOW_S: Final = 60
RESOLUTION_MS: Final = 0.5
BUCKETS: Final = 2000
"""Gaps of a second and more share the last bucket; their greatest is known exactly all the same."""


@dataclass(frozen=True, slots=True)
class GapSummary:
    """Gaps in ms; all 0 before the first."""

    p50: float
    p99: float
    maximum: float
    count: int


@dataclass(slots=True)
class GapHistogram:
    """Counts gaps by their length; merging and percentiles cost the same however many there are."""

    counts: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    maximum: float = 0.0
    total: int = 0

    def add(self, gap_ms: float) -> None:
        """Count a gap."""
        self.counts[min(BUCKETS - 1, int(gap_ms / RESOLUTION_MS))] += 1
        self.maximum = max(self.maximum, gap_ms)
        self.total += 1

    def percentile(self, share: float) -> float:
        """Return the length in ms that `share` (0..1) of the gaps do not exceed."""
        left = share * self.total
        for bucket, count in enumerate(self.counts):
            left -= count
            if left <= 0:
                return min(self.maximum, (bucket + 1) * RESOLUTION_MS)
        return self.maximum

    def summary(self) -> GapSummary:
        """Return what people want to know."""
        if self.total == 0:
            return GapSummary(0.0, 0.0, 0.0, 0)
        return GapSummary(self.percentile(0.5), self.percentile(0.99), self.maximum, self.total)


class GapWindow:
    """The gaps of the last minute, forgotten second by second. Pure."""

    def __init__(self, window_s: int = WINDOW_S) -> None:
        self._window_s = window_s
        self._seconds: deque[tuple[int, list[float]]] = deque()

    def add(self, now_s: float, gap_ms: float) -> None:
        """Count a gap that ended at `now_s`."""
        second = int(now_s)
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append((second, []))
            while self._seconds[0][0] <= second - self._window_s:
                self._seconds.popleft()
        self._seconds[-1][1].append(gap_ms)

    def summary(self) -> GapSummary:
        """Return the figures of the window."""
        histogram = GapHistogram()
        for _, gaps in self._seconds:
            for gap_ms in gaps:
                histogram.add(gap_ms)
        return histogram.summary()


class UiGap(QObject):
    """Measures the gaps of the thread it is made in.

    Attributes:
        total: all gaps since the last `restart`.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.total = GapHistogram()
        self._window = GapWindow()
        self._last_s = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._on_beat)

    def start(self) -> None:
        """Start measuring."""
        self._last_s = time.perf_counter()
        self._timer.start()

    def restart(self) -> GapSummary:
        """Begin a new total; return the one before."""
        before = self.total.summary()
        self.total = GapHistogram()
        return before

    def recent(self) -> GapSummary:
        """Return the gaps of the last minute."""
        return self._window.summary()

    @Slot()
    def _on_beat(self) -> None:
        now_s = time.perf_counter()
        gap_ms = (now_s - self._last_s) * 1000
        self._last_s = now_s
        self.total.add(gap_ms)
        self._window.add(now_s, gap_ms)
