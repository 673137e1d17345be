"""How long the GUI thread was away: gaps between the beats of a 5 ms timer.

A gap is the time from one beat to the next, so 5 ms and a little is the best there can be. What is
above 16 ms cost a frame of a 60-Hz screen.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Slot

BEAT_MS: Final = 5
WINDOW_S: Final = 60
RESOLUTION_MS: Final = 0.5


@dataclass(frozen=True, slots=True)
class GapSummary:
    """Gaps in ms; all 0 before the first."""

    p50: float
    p99: float
    maximum: float
    count: int


@dataclass(slots=True)
class GapHistogram:
    """Counts gaps by their length, so that percentiles cost the same however many there are."""

    counts: Counter[int] = field(default_factory=Counter)
    maximum: float = 0.0

    def add(self, gap_ms: float) -> None:
        """Count a gap."""
        self.counts[int(gap_ms / RESOLUTION_MS)] += 1
        self.maximum = max(self.maximum, gap_ms)

    def merge(self, other: GapHistogram) -> None:
        """Count all gaps of `other`, too."""
        self.counts.update(other.counts)
        self.maximum = max(self.maximum, other.maximum)

    def summary(self) -> GapSummary:
        """Return what people want to know."""
        total = self.counts.total()
        return GapSummary(
            self._percentile(0.5, total), self._percentile(0.99, total), self.maximum, total
        )

    def _percentile(self, share: float, total: int) -> float:
        left = share * total
        for bucket in sorted(self.counts):
            left -= self.counts[bucket]
            if left <= 0:
                return min(self.maximum, (bucket + 1) * RESOLUTION_MS)
        return self.maximum


class GapWindow:
    """The gaps of the last minute, forgotten second by second. Pure."""

    def __init__(self, window_s: int = WINDOW_S) -> None:
        self._window_s = window_s
        self._seconds: deque[tuple[int, GapHistogram]] = deque()

    def add(self, now_s: float, gap_ms: float) -> None:
        """Count a gap that ended at `now_s`."""
        second = int(now_s)
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append((second, GapHistogram()))
            while self._seconds[0][0] <= second - self._window_s:
                self._seconds.popleft()
        self._seconds[-1][1].add(gap_ms)

    def summary(self) -> GapSummary:
        """Return the figures of the window."""
        merged = GapHistogram()
        for _, histogram in self._seconds:
            merged.merge(histogram)
        return merged.summary()


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
