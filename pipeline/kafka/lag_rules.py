"""What a lag means: its age in seconds, and a verdict after Burrow's rules. Pure.

Rules and their order follow LinkedIn's Burrow (``evaluator/caching.go``), read for a window of
readings one second apart; ages follow kafka-lag-exporter (interpolation over end offsets).
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

ALLOWED_LAG = 20
"""Messages that may be unread without any suspicion: work under way."""

ALLOWED_AGE_S = 30.0
"""How old they may be meanwhile; a few messages that nobody reads are no work under way."""

MIN_SAMPLES = 5
MAX_POINTS = 900


class LagStatus(StrEnum):
    """Verdict about a partition or a group, from harmless to worst.

    `UNKNOWN`: not seen long enough; `OK`: reads along; `WARN`: reads, but falls behind; `STALL`:
    has unread messages and finishes nothing.
    """

    UNKNOWN = "unknown"
    OK = "ok"
    WARN = "warn"
    STALL = "stall"


_ORDER = list(LagStatus)


@dataclass(frozen=True, slots=True)
class LagSample:
    """One reading: when (monotonic seconds), next offset to read, unread messages."""

    at_s: float
    position: int
    messages: int


def judge(
    samples: Sequence[LagSample], age_s: float | None = None, allowed_lag: int = ALLOWED_LAG
) -> LagStatus:
    """Return the verdict about one partition from its newest readings, oldest first.

    `age_s` is the age of the oldest unread message in seconds, None if unknown; `allowed_lag` is how
    many may be unread without any suspicion. In this order: nothing much unread now, or at any time in the window, and that not for long: ok. The position
    never moved: stall. It moved, and the lag never fell from one reading to the next: warn. Else
    ok.
    """
    if not samples:
        return LagStatus.UNKNOWN
    allowed = allowed_lag if age_s is None or age_s <= ALLOWED_AGE_S else 0
    if samples[-1].messages <= allowed:
        return LagStatus.OK
    if len(samples) < MIN_SAMPLES:
        return LagStatus.UNKNOWN
    if any(sample.messages <= allowed for sample in samples):
        return LagStatus.OK
    if samples[-1].position <= samples[0].position:
        return LagStatus.STALL
    pairs = itertools.pairwise(samples)
    if all(later.messages >= earlier.messages for earlier, later in pairs):
        return LagStatus.WARN
    return LagStatus.OK


def worst(statuses: Sequence[LagStatus]) -> LagStatus:
    """Return the worst of `statuses`; unknown for none."""
    return max(statuses, key=_ORDER.index, default=LagStatus.UNKNOWN)


def time_to_clear_s(messages: int, end_rate: float, commit_rate: float) -> float | None:
    """Return in how many seconds `messages` unread ones will be read, at these rates.

    Args:
        messages: unread now.
        end_rate: messages produced a second.
        commit_rate: messages finished a second.

    Returns:
        0 when nothing is unread; None when it will not clear: the reader is not faster than what
        comes.
    """
    if messages <= 0:
        return 0.0
    gain = commit_rate - end_rate
    return messages / gain if gain > 0 else None


@dataclass(slots=True)
class OffsetTimes:
    """When the end of a partition stood where; tells how old a message is."""

    _points: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=MAX_POINTS))

    def note(self, end: int, at_s: float) -> None:
        """Note that the end offset was `end` at `at_s` (monotonic seconds).

        An end that falls means that the topic was made anew: everything before is forgotten.
        """
        if self._points and end < self._points[-1][0]:
            self._points.clear()
        if len(self._points) >= 2 and self._points[-1][0] == self._points[-2][0] == end:
            self._points[-1] = (end, at_s)  # a flat stretch needs only its two ends
            return
        self._points.append((end, at_s))

    def age_s(self, position: int, now_s: float) -> float | None:
        """Return how long ago the message at `position` came; 0 if there is none unread.

        None when that was before the first point: it is at least that old, but nobody knows more.
        """
        if not self._points or position >= self._points[-1][0]:
            return 0.0 if self._points else None
        ends = [end for end, _ in self._points]
        after = bisect_right(ends, position)
        if after == 0:
            return None
        (low, low_s), (high, high_s) = self._points[after - 1], self._points[after]
        came_s = low_s + (high_s - low_s) * (position - low) / (high - low)
        return max(0.0, now_s - came_s)
