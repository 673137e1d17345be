"""How near road users are to each other, and how they move: geometry for the assessor. Pure.

A camera knows no metres unless its ground is given. Distances are counted in heights of boxes: a
person is about 1.7 m tall, so one person height is about 1.7 m across the picture where that person
stands. Where the ground is known, metres are measured there, and a person height is 1.7 m of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.detection.boxes import areas, enclosing, gaps, intersections
from pipeline.detection.ground import OnGround, ground_gaps
from pipeline.detection.models.detections import Floats, Integers, Mask
from pipeline.detection.road_users import PEOPLE, RIDDEN, VEHICLES, VULNERABLE
from pipeline.messages import GroupMetadata, ObjectPair

PERSON_METRES: Final = 1.7
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
        ground: the objects on the road; None where the camera's ground is not known.
    """

    xyxy: Floats
    velocities: Floats
    names: Sequence[str]
    sure: Mask
    ground: OnGround | None = None

    @property
    def heights(self) -> Floats:
        """``(N,)`` pixels, at least 1."""
        height: Floats = np.maximum(self.xyxy[:, 3] - self.xyxy[:, 1], np.float32(1))
        return height

    def where(self, wanted: frozenset[str]) -> Integers:
        """Return the positions of the objects whose class is in `wanted`, rising; ``(n,)``."""
        return np.array([i for i, name in enumerate(self.names) if name in wanted], np.int32)


def neighbours(scene: RoadScene, distance: float) -> Mask:
    """Return which objects are near each other, ``(N, N)``, symmetric.

    Near means: less than `distance` heights of the smaller one between their boxes, and their
    lower edges tell that they stand at about the same depth. Where both are known to be on the
    ground: less than `distance` times 1.7 m between their lower edges there.
    """
    smaller = np.minimum(scene.heights[:, None], scene.heights[None, :])
    apart = np.linalg.norm(gaps(scene.xyxy, scene.xyxy), axis=2)
    depth = np.abs(scene.xyxy[:, None, 3] - scene.xyxy[None, :, 3])
    near: Mask = (apart < distance * smaller) & (depth <= max(DEPTH_TOLERANCE, distance) * smaller)
    if scene.ground is None:
        return near
    metres = np.linalg.norm(ground_gaps(scene.ground.edges), axis=2)
    measured: Mask = np.where(np.isnan(metres), near, metres < distance * PERSON_METRES)
    return measured


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
    edges tell, or be near on the ground where that is known. A cyclist seen as person and as bicycle counts once, as the person.
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
            pair = _measured_pair(scene, int(vehicle), int(person))
            if pair is None:
                depth = abs(float(scene.xyxy[vehicle, 3] - scene.xyxy[person, 3]))
                if depth > PAIR_DEPTH_TOLERANCE * scene.heights[person]:
                    continue
                pair = _pair(scene, int(vehicle), int(person))
            if pair.distance <= MAX_PAIR_DISTANCE:
                pairs.append(pair)
    return tuple(sorted(pairs, key=lambda pair: pair.distance)[:MAX_PAIRS])


def _measured_pair(scene: RoadScene, vehicle: int, person: int) -> ObjectPair | None:
    """Return distance and closing speed on the ground; None where that is not known."""
    if scene.ground is None:
        return None
    way = ground_gaps(scene.ground.edges[[vehicle, person]])[0, 1]
    if np.isnan(way).any():
        return None
    metres = float(np.linalg.norm(way))
    if metres == 0:
        way = scene.ground.places[person] - scene.ground.places[vehicle]
    closing = _closing(way, scene.ground.velocities[person] - scene.ground.velocities[vehicle])
    return ObjectPair(
        vehicle_index=vehicle,
        person_index=person,
        distance=metres / PERSON_METRES,
        closing_speed=closing / PERSON_METRES,
        distance_metres=metres,
        closing_metres_per_s=closing,
    )


def _closing(way: Floats, relative: Floats) -> float:
    """Return how fast `way` ``(2,)`` shrinks by the `relative` velocity; 0 while that is unknown."""
    length = float(np.linalg.norm(way))
    closing = -float(relative @ way) / length if length else 0.0
    return closing if np.isfinite(closing) else 0.0


def _pair(scene: RoadScene, vehicle: int, person: int) -> ObjectPair:
    """Return distance and closing speed: minus the change of the gap, along the gap."""
    boxes = scene.xyxy[[vehicle, person]]
    way = gaps(boxes[:1], boxes[1:])[0, 0]
    distance = float(np.linalg.norm(way))
    if distance == 0:
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        way = centres[1] - centres[0]
    closing = _closing(way, scene.velocities[person] - scene.velocities[vehicle])
    height = float(scene.heights[person])
    return ObjectPair(
        vehicle_index=vehicle,
        person_index=person,
        distance=distance / height,
        closing_speed=closing / height,
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
        mean_metres_per_s=_mean_metres_per_s(scene, members),
    )


def _mean_metres_per_s(scene: RoadScene, members: Integers) -> float | None:
    if scene.ground is None:
        return None
    speeds = np.linalg.norm(scene.ground.velocities[members], axis=1)
    known = speeds[np.isfinite(speeds)]
    return float(known.mean()) if len(known) else None
