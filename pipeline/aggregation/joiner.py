"""Joins the verdicts about the groups of one request. Pure; the time is handed in."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from pipeline.messages import RiskAssessmentResult, RiskLevel, worst_level

MAX_OPEN = 10_000
"""Requests waiting for more verdicts; beyond it the oldest is closed as it is."""

MAX_REMEMBERED = 20_000
"""Closed requests whose late results are still recognised."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A request whose verdicts are together, or will not be.

    Attributes:
        expected, received: groups that were assessed, and verdicts that came.
        missing: how many never came in time.
    """

    request_id: str
    camera_id: str
    expected: int
    received: int
    risk_level: RiskLevel

    @property
    def missing(self) -> int:
        return max(0, self.expected - self.received)


@dataclass(slots=True)
class _Open:
    camera_id: str
    expected: int
    opened_s: float
    levels: dict[int, RiskLevel] = field(default_factory=dict)


class Joiner:
    """Open requests, bounded in number and time."""

    def __init__(self, deadline_s: float, max_open: int = MAX_OPEN) -> None:
        self._deadline_s = deadline_s
        self._max_open = max_open
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._closed: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        """Return how many requests are open."""
        return len(self._open)

    def add(self, result: RiskAssessmentResult, now_s: float) -> list[Joined]:
        """Note one verdict; return the requests that this completes, or closes for lack of space.

        A verdict for a request that is closed already changes nothing.
        """
        if result.request_id in self._closed:
            return []
        entry = self._open.get(result.request_id)
        if entry is None:
            entry = _Open(result.camera_id, result.group_count, now_s)
            self._open[result.request_id] = entry
        entry.levels[result.group_index] = worst_level([item.risk_level for item in result.results])
        done = []
        if len(entry.levels) >= entry.expected:
            done.append(self._close(result.request_id))
        while len(self._open) > self._max_open:
            done.append(self._close(next(iter(self._open))))
        return done

    def expire(self, now_s: float) -> list[Joined]:
        """Return the requests that have waited longer than the deadline, closed as they are."""
        done = []
        while self._open:
            request_id, oldest = next(iter(self._open.items()))
            if now_s - oldest.opened_s < self._deadline_s:
                break
            done.append(self._close(request_id))
        return done

    def _close(self, request_id: str) -> Joined:
        entry = self._open.pop(request_id)
        self._closed[request_id] = None
        while len(self._closed) > MAX_REMEMBERED:
            self._closed.popitem(last=False)
        return Joined(
            request_id,
            entry.camera_id,
            entry.expected,
            len(entry.levels),
            worst_level(list(entry.levels.values())),
        )
