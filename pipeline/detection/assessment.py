"""Decides when a group is due for an assessment: new, changed, or not assessed for a while."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Reason = Literal["new", "changed", "interval"]

MIN_INTERVAL_S: Final = 1.0
"""Changes within this time of an assessment wait."""
FORGET_S: Final = 10.0
COUNT_CHANGE: Final = 2
COUNT_CHANGE_SHARE: Final = 0.4
"""Members, and share of them, by which a group must have grown or shrunk; crowds flicker."""
DISTANCE_CHANGE: Final = 0.3
"""Person heights by which the nearest vehicle and person must have drawn nearer."""


@dataclass(frozen=True, slots=True)
class GroupState:
    """What a change is measured by.

    Attributes:
        object_count: members.
        nearest_pair: distance of the nearest vehicle-person pair, person heights; None without.
    """

    object_count: int
    nearest_pair: float | None


@dataclass(slots=True)
class _History:
    last_seen_s: float
    assessed_s: float | None = None
    assessed: GroupState | None = None


@dataclass(slots=True)
class AssessmentPlan:
    """Keeps for each group of a camera when and how it was assessed last.

    Attributes:
        interval_s: a group that does not change is assessed again after this time.
    """

    interval_s: float
    _groups: dict[int, _History] = field(default_factory=dict)

    def due(self, groups: Mapping[int, GroupState], time_s: float, limit: int) -> dict[int, Reason]:
        """Return the groups, by number, that are due in the frame taken at `time_s`, and why.

        They count as assessed from then on. Of more than `limit` those whose vehicle and person are
        nearest come first; the others stay due.
        """
        self._groups = {
            number: history
            for number, history in self._groups.items()
            if time_s - history.last_seen_s <= FORGET_S
        }
        reasons: dict[int, Reason] = {}
        for number, state in groups.items():
            history = self._groups.setdefault(number, _History(time_s))
            history.last_seen_s = time_s
            reason = self._reason(history, state, time_s)
            if reason is not None:
                reasons[number] = reason
        urgent = sorted(reasons, key=lambda number: _urgency(groups[number]))[:limit]
        for number in urgent:
            history = self._groups[number]
            history.assessed_s, history.assessed = time_s, groups[number]
        return {number: reasons[number] for number in urgent}

    def _reason(self, history: _History, state: GroupState, time_s: float) -> Reason | None:
        if history.assessed is None or history.assessed_s is None:
            return "new"
        waited_s = time_s - history.assessed_s
        if waited_s >= self.interval_s:
            return "interval"
        if waited_s >= MIN_INTERVAL_S and _has_changed(history.assessed, state):
            return "changed"
        return None


def _urgency(state: GroupState) -> float:
    return math.inf if state.nearest_pair is None else state.nearest_pair


def _has_changed(before: GroupState, now: GroupState) -> bool:
    enough = max(COUNT_CHANGE, COUNT_CHANGE_SHARE * before.object_count)
    if abs(now.object_count - before.object_count) >= enough:
        return True
    if now.nearest_pair is None:
        return False
    return before.nearest_pair is None or before.nearest_pair - now.nearest_pair >= DISTANCE_CHANGE
