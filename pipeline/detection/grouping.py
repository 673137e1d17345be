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
MEMORY_S: Final = 2.0
"""A group that is gone for longer gets a new number when its members meet again."""
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


@dataclass(slots=True)
class _KnownGroup:
    box: Floats
    tracks: frozenset[int]
    seen_s: float


@dataclass(slots=True)
class GroupNumbers:
    """Gives each group of a camera a number that stays while its members stay together."""

    _known: dict[int, _KnownGroup] = field(default_factory=dict)
    _next: int = 1

    def assign(
        self, scene: RoadScene, tracks: Integers, groups: Sequence[Integers], time_s: float
    ) -> list[int]:
        """Return the number of each group.

        Args:
            scene: the objects of the frame.
            tracks: track id of each object ``(N,)``, -1 for none.
            groups: positions of each group's members.
            time_s: when the frame was taken, monotonic seconds.
        """
        self._known = {
            number: known
            for number, known in self._known.items()
            if time_s - known.seen_s <= MEMORY_S
        }
        current = [
            _KnownGroup(
                enclosing(scene.xyxy[members]),
                frozenset(int(tracks[member]) for member in members if tracks[member] >= 0),
                time_s,
            )
            for members in groups
        ]
        numbers = self._matched(current)
        for position, group in enumerate(current):
            if position not in numbers:
                numbers[position] = self._next
                self._next += 1
            self._known[numbers[position]] = group
        return [numbers[position] for position in range(len(current))]

    def reset(self) -> None:
        """Forget all groups: the picture jumped. Numbers are not used again."""
        self._known.clear()

    def _matched(self, current: Sequence[_KnownGroup]) -> dict[int, int]:
        """Return known numbers by position: most alike first, each number once."""
        candidates = [
            (likeness, position, number)
            for number, known in self._known.items()
            for position, group in enumerate(current)
            if (likeness := _likeness(known, group)) > 0
        ]
        numbers: dict[int, int] = {}
        for _, position, number in sorted(candidates, key=lambda c: (-c[0], c[2])):
            if position not in numbers and number not in numbers.values():
                numbers[position] = number
        return numbers


def _likeness(known: _KnownGroup, group: _KnownGroup) -> float:
    """Return 1 + share of common tracks if there are any, else the overlap if it is large."""
    common = len(known.tracks & group.tracks)
    if common:
        return 1.0 + common / len(known.tracks | group.tracks)
    overlap = float(overlaps(known.box[None], group.box[None])[0, 0])
    return overlap if overlap >= SAME_PLACE_OVERLAP else 0.0
