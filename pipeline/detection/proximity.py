"""How near road users are to each other, and how they move: geometry for the assessor. Pure.

A camera knows no metres. Distances are counted in heights of boxes: a person is about 1.7 m tall,
so one person height is about 1.7 m across the picture where that person stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.detection.boxes import areas, enclosing, gaps, intersections
from pipeline.detection.models.detections import Floats, Integers, Mask
from pipeline.detection.road_users import PEOPLE, RIDDEN, VEHICLES, VULNERABLE
from pipeline.messages import GroupMetadata, ObjectPair

MAX_PAIRS: Final = 8
MAX_PAIR_DISTANCE: Final = 3.0
"""Person heights; pairs farther apart are left out."""
DEPTH_TOLERANCE: Final = 1.0
"""Boxes whose lower edges differ by more heights of the smaller one stand at different depths."""
PAIR_DEPTH_TOLERANCE: Final = 0.4
"""The same for a vehicle and a person in conflict, in person heights; depth is foreshortened, so
that a small step in the picture is metres on the road."""
ABOARD_SHARE: Final = 0.7
ABOARD_LIFT: Final = 0.12
"""A person this much inside a vehicle's box, with the feet this share of its height above the
vehicle's lower edge, sits in it or is hidden behind it."""
RIDER_SHARE: Final = 0.35
"""A person whose box covers this share of a bicycle's or motorcycle's box rides it."""
STANDING_SPEED: Final = 0.1
"""Own box heights per second; a slower vehicle stands."""


@dataclass(frozen=True, slots=True)
class RoadScene:
    """The objects of one frame, as the geometry needs them.

    Attributes:
        xyxy: ``(N, 4)`` pixels.
        velocities: ``(N, 2)`` pixels per second; NaN while unknown.
        names: class name of each object.
        sure: ``(N,)`` whether the detector is sure of the object in this very frame.
    """

    xyxy: Floats
    velocities: Floats
    names: Sequence[str]
    sure: Mask

    @property
    def heights(self) -> Floats:
        """``(N,)`` pixels, at least 1."""
        height: Floats = np.maximum(self.xyxy[:, 3] - self.xyxy[:, 1], np.float32(1))
        return height

    def where(self, wanted: frozenset[str]) -> Integers:
        """Return the positions of the objects whose class is in `wanted`."""
        return np.array([i for i, name in enumerate(self.names) if name in wanted], np.int32)


def neighbours(scene: RoadScene, distance: float) -> Mask:
    """Return which objects are near each other, ``(N, N)``, symmetric.

    Near means: less than `distance` heights of the smaller one between their boxes, and their
    lower edges tell that they stand at about the same depth.
    """
    smaller = np.minimum(scene.heights[:, None], scene.heights[None, :])
    apart = np.linalg.norm(gaps(scene.xyxy, scene.xyxy), axis=2)
    depth = np.abs(scene.xyxy[:, None, 3] - scene.xyxy[None, :, 3])
    near: Mask = (apart < distance * smaller) & (depth <= max(DEPTH_TOLERANCE, distance) * smaller)
    return near


def companions(scene: RoadScene) -> Mask:
    """Return which person belongs to which vehicle or bicycle, ``(N, N)``, [person, vehicle].

    Riders of a bicycle or motorcycle, people in a vehicle: they are in no conflict with it.
    """
    belongs = np.zeros((len(scene.names), len(scene.names)), np.bool_)
    people = scene.where(PEOPLE)
    shared = intersections(scene.xyxy, scene.xyxy)
    sizes = np.maximum(areas(scene.xyxy), np.float32(1))
    for vehicle in scene.where(RIDDEN):
        covered = shared[people, vehicle] / sizes[vehicle]
        if len(people) and covered.max() >= RIDER_SHARE:
            belongs[people[covered.argmax()], vehicle] = True
    for vehicle in scene.where(VEHICLES - RIDDEN):
        inside = shared[people, vehicle] / sizes[people] >= ABOARD_SHARE
        sill = scene.xyxy[vehicle, 3] - ABOARD_LIFT * scene.heights[vehicle]
        belongs[people[inside & (scene.xyxy[people, 3] < sill)], vehicle] = True
    return belongs


def conflict_pairs(scene: RoadScene, members: Integers) -> tuple[ObjectPair, ...]:
    """Return the vehicle-person pairs among `members` (positions), nearest first.

    The detector must be sure of both, and they must stand at about the same depth, as their lower
    edges tell. A cyclist seen as person and as bicycle counts once, as the person.
    """
    belongs = companions(scene)
    chosen = {int(member) for member in members if scene.sure[member]}
    ridden = {int(vehicle) for vehicle in np.flatnonzero(belongs.any(axis=0))}
    pairs = []
    for vehicle in scene.where(VEHICLES):
        for person in scene.where(VULNERABLE):
            if not {int(vehicle), int(person)} <= chosen or belongs[person, vehicle]:
                continue
            if scene.names[person] not in PEOPLE and int(person) in ridden:
                continue
            depth = abs(float(scene.xyxy[vehicle, 3] - scene.xyxy[person, 3]))
            if depth > PAIR_DEPTH_TOLERANCE * scene.heights[person]:
                continue
            pair = _pair(scene, int(vehicle), int(person))
            if pair.distance <= MAX_PAIR_DISTANCE:
                pairs.append(pair)
    return tuple(sorted(pairs, key=lambda pair: pair.distance)[:MAX_PAIRS])


def _pair(scene: RoadScene, vehicle: int, person: int) -> ObjectPair:
    """Return distance and closing speed: minus the change of the gap, along the gap."""
    boxes = scene.xyxy[[vehicle, person]]
    way = gaps(boxes[:1], boxes[1:])[0, 0]
    distance = float(np.linalg.norm(way))
    if distance == 0:
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        way = centres[1] - centres[0]
    length = float(np.linalg.norm(way))
    relative = scene.velocities[person] - scene.velocities[vehicle]
    closing = -float(relative @ way) / length if length else 0.0
    height = float(scene.heights[person])
    return ObjectPair(
        vehicle_index=vehicle,
        person_index=person,
        distance=distance / height,
        closing_speed=closing / height if np.isfinite(closing) else 0.0,
    )


def describe_group(scene: RoadScene, members: Integers) -> GroupMetadata:
    """Return geometry and motion of the group of `members` (positions)."""
    boxes, heights = scene.xyxy[members], scene.heights[members]
    speeds = np.linalg.norm(scene.velocities[members], axis=1)
    known = np.isfinite(speeds)
    vehicle = np.array([scene.names[member] in VEHICLES for member in members], np.bool_)
    around = float(areas(enclosing(boxes)[None])[0])
    return GroupMetadata(
        crowding=float(areas(boxes).sum()) / max(around, 1.0),
        mean_speed=float(speeds[known].mean() / heights.mean()) if known.any() else 0.0,
        pairs=conflict_pairs(scene, members),
        stationary_vehicles=int(np.sum(vehicle & known & (speeds < STANDING_SPEED * heights))),
    )
