"""Puts objects that are near each other into groups, and keeps the groups' numbers over frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from pipeline.detection.boxes import enclosing, overlaps
from pipeline.detection.models.detections import Floats, Integers
from pipeline.detection.proximity import RoadScene, neighbours
from pipeline.detection.road_users import VEHICLES, VULNERABLE

MIN_MEMBERS: Final = 2
SETTLE_S: Final = 0.15
"""A group gets its number when it is seen again after this time; many a group is gone then."""
MEMORY_S: Final = 2.0
"""A group that is gone for longer gets a new number when its members meet again."""
UNSETTLED_MEMORY_S: Final = 0.5
SAME_PLACE_OVERLAP: Final = 0.3
"""Groups without a common track are the same when their boxes overlap this much."""


def form_groups(scene: RoadScene, distance: float) -> list[Integers]:
    """Return the groups of at least two road users, each as positions in rising order.

    Objects belong together when a chain of neighbours joins them (see `neighbours`). Traffic
    lights and the like belong to no group.
    """
    users = scene.where(VEHICLES | VULNERABLE)
    near = neighbours(scene, distance)
    waiting = set(users.tolist())
    groups = []
    while waiting:
        members: set[int] = set()
        edge = {min(waiting)}
        while edge:
            members |= edge
            waiting -= edge
            edge = {other for member in edge for other in waiting if near[member, other]}
        if len(members) >= MIN_MEMBERS:
            groups.append(np.array(sorted(members), np.int32))
    return groups


@dataclass(slots=True, eq=False)
class _KnownGroup:
    box: Floats
    tracks: frozenset[int]
    first_seen_s: float
    seen_s: float
    number: int | None = None

    def is_over(self, time_s: float) -> bool:
        memory_s = UNSETTLED_MEMORY_S if self.number is None else MEMORY_S
        return time_s - self.seen_s > memory_s


@dataclass(slots=True)
class GroupNumbers:
    """Gives each group of a camera a number that stays while its members stay together."""

    _known: list[_KnownGroup] = field(default_factory=list)
    _next: int = 1

    def assign(
        self, scene: RoadScene, tracks: Integers, groups: Sequence[Integers], time_s: float
    ) -> list[int | None]:
        """Return the number of each group; None for one that has not settled yet.

        Args:
            scene: the objects of the frame.
            tracks: track id of each object ``(N,)``, -1 for none.
            groups: positions of each group's members.
            time_s: when the frame was taken, monotonic seconds.
        """
        self._known = [known for known in self._known if not known.is_over(time_s)]
        current = [
            _KnownGroup(
                enclosing(scene.xyxy[members]),
                frozenset(int(tracks[member]) for member in members if tracks[member] >= 0),
                first_seen_s=time_s,
                seen_s=time_s,
            )
            for members in groups
        ]
        for group, known in self._matches(current):
            self._known.remove(known)
            group.first_seen_s, group.number = known.first_seen_s, known.number
            if group.number is None and time_s - group.first_seen_s >= SETTLE_S:
                group.number = self._next
                self._next += 1
        self._known += current
        return [group.number for group in current]

    def reset(self) -> None:
        """Forget all groups: the picture jumped. Numbers are not used again."""
        self._known.clear()

    def _matches(self, current: Sequence[_KnownGroup]) -> list[tuple[_KnownGroup, _KnownGroup]]:
        """Return which group of the frame continues which known one: most alike first."""
        candidates = [
            (likeness, group, known)
            for known in self._known
            for group in current
            if (likeness := _likeness(known, group)) > 0
        ]
        matches: list[tuple[_KnownGroup, _KnownGroup]] = []
        for _, group, known in sorted(candidates, key=lambda candidate: -candidate[0]):
            if all(group is not other and known is not former for other, former in matches):
                matches.append((group, known))
        return matches


def _likeness(known: _KnownGroup, group: _KnownGroup) -> float:
    """Return 1 + share of common tracks if there are any, else the overlap if it is large."""
    common = len(known.tracks & group.tracks)
    if common:
        return 1.0 + common / len(known.tracks | group.tracks)
    overlap = float(overlaps(known.box[None], group.box[None])[0, 0])
    return overlap if overlap >= SAME_PLACE_OVERLAP else 0.0
