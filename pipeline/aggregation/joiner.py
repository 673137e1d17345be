"""Joins the verdicts about the groups of one request. Pure; the time is handed in."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from msgspec import Struct

from pipeline.messages import VerdictLevel, worst_level

MAX_OPEN = 10_000
"""Requests waiting for more verdicts; beyond it the oldest is closed as it is."""


class GroupVerdict(Struct, frozen=True):
    """What the joiner needs of one verdict.

    Attributes:
        group_count: how many groups of the request were to be assessed.
        risk_level: the worst of the verdict; ``not_assessed`` for an error or one that expired.
    """

    request_id: str
    camera_id: str
    group_index: int
    group_count: int
    risk_level: VerdictLevel


class Joined(Struct, frozen=True):
    """A request whose verdicts are together, or will not be.

    Attributes:
        expected, received: groups that were to be assessed, and those whose verdict came.
        missing: how many never came in time.
        risk_level: the worst of all; groups that are missing were not assessed.
        missing_groups: numbers of the missing ones, if the detection result told them.
    """

    request_id: str
    camera_id: str
    expected: int
    received: int
    risk_level: VerdictLevel
    missing_groups: tuple[int, ...] = ()

    @property
    def missing(self) -> int:
        return max(0, self.expected - self.received)


@dataclass(slots=True)
class _Open:
    camera_id: str
    expected: int
    opened_s: float
    levels: dict[int, VerdictLevel] = field(default_factory=dict)
    groups: frozenset[int] = frozenset()


class Joiner:
    """Open requests, bounded in number and time.

    Which requests are closed already is the store's to know: a late verdict is not added here.
    """

    def __init__(self, deadline_s: float, max_open: int = MAX_OPEN) -> None:
        self._deadline_s = deadline_s
        self._max_open = max_open
        self._open: OrderedDict[str, _Open] = OrderedDict()

    def __len__(self) -> int:
        """Return how many requests are open."""
        return len(self._open)

    def __contains__(self, request_id: str) -> bool:
        """Return whether a request is open."""
        return request_id in self._open

    def announce(
        self, request_id: str, camera_id: str, groups: frozenset[int], now_s: float
    ) -> list[Joined]:
        """Note which groups of a request are to be assessed; return what this closes.

        Args:
            request_id: one that is open, because verdicts came first, or new.
            camera_id: its camera.
            groups: numbers of its groups that are due; not empty.
            now_s: monotonic seconds; a new request's deadline counts from here.
        """
        entry = self._open.get(request_id)
        if entry is None:
            entry = self._open[request_id] = _Open(camera_id, len(groups), now_s)
        entry.expected, entry.groups = len(groups), groups
        return self._close_full(request_id, entry)

    def add(self, verdict: GroupVerdict, now_s: float) -> list[Joined]:
        """Note one verdict; return the requests that this completes, or closes for lack of space.

        Args:
            verdict: about a group of a request that is open or new.
            now_s: monotonic seconds; a new request's deadline counts from here.
        """
        entry = self._open.get(verdict.request_id)
        if entry is None:
            entry = _Open(verdict.camera_id, verdict.group_count, now_s)
            self._open[verdict.request_id] = entry
        entry.levels[verdict.group_index] = verdict.risk_level
        return self._close_full(verdict.request_id, entry)

    def _close_full(self, request_id: str, entry: _Open) -> list[Joined]:
        """Close a request that is complete, and the oldest ones where there are too many."""
        done = []
        if len(entry.levels) >= entry.expected:
            done.append(self._close(request_id))
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
        levels = list(entry.levels.values())
        if len(levels) < entry.expected:
            levels.append("not_assessed")
        return Joined(
            request_id,
            entry.camera_id,
            entry.expected,
            len(entry.levels),
            worst_level(levels),
            tuple(sorted(entry.groups - entry.levels.keys())) if entry.groups else (),
        )
