"""Keeps time: files at their own speed, detection at the wanted rate, delays, tries to reconnect."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from typing import Final

GIVE_UP_S: Final = 1.0
"""Behind by more than this (the computer slept), the clock starts anew instead of catching up."""
GAP_S: Final = 2.0
"""Times of two pictures that are further apart belong to different clocks."""
RATE_WINDOW_S: Final = 2.0
FIRST_DELAY_S: Final = 1.0
MAX_DELAY_S: Final = 30.0
MAX_DOUBLINGS: Final = 10
JITTER: Final = 0.2
"""Share by which a delay differs, so that cameras behind one switch do not all try at once."""
CLOCK_DRIFT: Final = 2e-4
"""Share by which the clocks of a camera and of this computer may run apart."""
EARLY_SHARE: Final = 1e-3
"""Share of the interval by which a frame may come early: sums of times end beside the grid."""
JITTER_SHARE: Final = 0.3
"""Share of the interval by which the frame after a late one may come early: a camera that sends at
about the wanted rate, never quite evenly, would else lose every tenth frame."""
JUMP_S: Final = 60.0
"""A delay that appears beyond this is a camera's clock that was set."""


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


class PiecesPacer:
    """Tells when pictures of a live stream that comes in pieces are due, by their own times."""

    def __init__(self) -> None:
        self._start_s: float | None = None
        self._last_s = 0.0

    def wait_s(self, position_s: float, now_s: float) -> float:
        """Return how long to wait until a picture is due; 0 when it is late.

        Args:
            position_s: its time in the stream; may jump where a piece begins.
            now_s: monotonic seconds.
        """
        jumps = not 0 <= position_s - self._last_s <= GAP_S
        self._last_s = position_s
        if self._start_s is None or jumps or now_s - self._start_s - position_s > GIVE_UP_S:
            self._start_s = now_s - position_s
        return max(0.0, self._start_s + position_s - now_s)


class Sampler:
    """Chooses frames at an even rate, which may change.

    Args:
        rate: frames per second to choose at most.
    """

    def __init__(self, rate: float) -> None:
        self._interval_s = 1.0 / rate
        self._due_s = 0.0

    def set_rate(self, rate: float) -> None:
        """Choose at another rate from now on."""
        interval_s = 1.0 / rate
        if interval_s < self._interval_s:
            self._due_s = 0.0
        self._interval_s = interval_s

    def is_due(self, time_s: float) -> bool:
        """Return whether the frame taken at `time_s` (monotonic seconds) is chosen."""
        if time_s < self._due_s - EARLY_SHARE * self._interval_s:
            return False
        # Keeping to the grid gives the full rate although frames come between its points.
        late_s = time_s - self._due_s
        self._due_s += self._interval_s
        if late_s >= 2 * self._interval_s:  # the first one, or after a gap
            self._due_s = time_s + self._interval_s
        elif late_s >= self._interval_s:
            self._due_s = time_s + (1 - JITTER_SHARE) * self._interval_s
        return True


class RateMeter:
    """Measures how many pictures a second come, over the last two seconds."""

    def __init__(self) -> None:
        self._times_s: deque[float] = deque()

    def note(self, time_s: float) -> float:
        """Enter a picture that came at `time_s`; return the rate, 0 until it is known."""
        self._times_s.append(time_s)
        while time_s - self._times_s[0] > RATE_WINDOW_S:
            self._times_s.popleft()
        span_s = time_s - self._times_s[0]
        return (len(self._times_s) - 1) / span_s if span_s > 0 else 0.0


class DelayMeter:
    """Measures by how much pictures come later than the quickest one of the same connection.

    A stream that is read too slowly, or a network that is too slow for it, shows as a delay that
    grows. What even the quickest picture takes cannot be known from here.
    """

    def __init__(self) -> None:
        self._least: float | None = None
        self._noted_s = 0.0

    def note(self, position_s: float, time_s: float) -> float:
        """Return the delay in seconds of a picture.

        Args:
            position_s: its time in the camera's clock.
            time_s: when it was read, monotonic seconds.
        """
        offset = time_s - position_s
        if self._least is not None:
            self._least += CLOCK_DRIFT * (time_s - self._noted_s)
        self._noted_s = time_s
        if self._least is None or not 0 <= offset - self._least < JUMP_S:
            self._least = offset
        return offset - self._least


def reconnect_delay_s(failures: int) -> float:
    """Return how long to wait before the next try, after `failures` tries that failed before."""
    delay_s = min(MAX_DELAY_S, FIRST_DELAY_S * 2.0 ** min(failures, MAX_DOUBLINGS))
    return delay_s * random.uniform(1 - JITTER, 1 + JITTER)
