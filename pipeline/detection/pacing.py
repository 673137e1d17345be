"""Plays a file at its own speed, and frames for detection at the wanted rate."""

from __future__ import annotations

import threading
import time
from typing import Final

GIVE_UP_S: Final = 1.0
"""Behind by more than this (the computer slept), the clock starts anew instead of catching up."""


class Pacer:
    """Tells when each picture of a file is due.

    Args:
        rate: pictures per second; None for a source that sets its own pace.
    """

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._start_s = time.monotonic()
        self._index = 0

    def wait(self, stop: threading.Event) -> int:
        """Wait until the next picture is due; return how many to pass over because it is late."""
        if self._rate is None:
            return 0
        ahead_s = self._start_s + self._index / self._rate - time.monotonic()
        self._index += 1
        if ahead_s > 0:
            stop.wait(ahead_s)
            return 0
        if -ahead_s > GIVE_UP_S:
            self._start_s, self._index = time.monotonic(), 1
            return 0
        late = int(-ahead_s * self._rate)
        self._index += late
        return late


class Sampler:
    """Chooses frames at an even rate.

    Args:
        rate: frames per second to choose at most.
    """

    def __init__(self, rate: float) -> None:
        self._interval_s = 1.0 / rate
        self._due_s = 0.0

    def is_due(self, time_s: float) -> bool:
        """Return whether the frame taken at `time_s` (monotonic seconds) is chosen."""
        if time_s < self._due_s:
            return False
        # Keeping to the grid gives the full rate although frames come between its points.
        self._due_s += self._interval_s
        if self._due_s <= time_s:
            self._due_s = time_s + self._interval_s
        return True
