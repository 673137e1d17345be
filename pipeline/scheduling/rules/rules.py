"""The rules. Each looks at one task and says what it saw, with its numbers. Pure.

Distances are in heights of the person's box (about 1.7 m where both stand on the same ground), since
a camera without calibration knows no metres. Only the post-encroachment time needs them: in the
picture, paths cross that do not cross on the road. Without the camera's ground it stays silent.

Sources:
    Time to collision: Hayward, "Near-miss determination through use of a scale of danger" (1972);
        van der Horst and Hogema, "Time-to-collision and collision avoidance systems" (1993): below
        1.5 s critical, below about 3 s to be watched.
    Post-encroachment time, predicted: see `encroachment`. The thresholds are ours, in the range
        that studies use: 1.5 s, and well below the 5 s up to which Gettman et al., "Surrogate
        Safety Assessment Model and Validation" (2008), count a conflict at all.
    Crowding: Fruin, "Pedestrian Planning and Design" (1971): from level of service E on (about
        1.4 persons per square metre) people cannot pass each other freely. Seen by a camera, that
        is where boxes cover most of the group's area.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from pipeline.messages import (
    RISK_LEVELS,
    AssessmentTask,
    DetectedObject,
    ObjectPair,
    RiskAssessment,
    RiskLevel,
)
from pipeline.risk_types import RiskType
from pipeline.scheduling.rules.encroachment import Encroachment, Mover, predict
from pipeline.scheduling.rules.grounds import Grounds
from pipeline.settings_scheduler import RulesSettings

VERSION: Final = "rules-2"

CYCLES: Final = frozenset({"bicycle"})
PEOPLE: Final = frozenset({"person"})

RIDER_SHARE: Final = 0.35
"""A person whose box covers this share of a bicycle's box rides it."""

MOVING_SPEED: Final = 0.15
"""Mean box heights per second from which a group counts as moving; below it boxes jitter."""

MIN_CLOSING_SPEED: Final = 0.05
"""Person heights per second; a smaller change of the gap is the detector's jitter."""

USUAL_SIZES: Final = {
    "person": (0.5, 0.5),
    "bicycle": (1.8, 0.6),
    "motorcycle": (2.1, 0.8),
    "car": (4.5, 1.8),
    "truck": (8.0, 2.5),
    "bus": (12.0, 2.5),
}
"""Length and width on the road, metres: usual ones, since a picture does not tell the length."""

Rule = Callable[[AssessmentTask, RulesSettings], RiskAssessment | None]


def assess(task: AssessmentTask, settings: RulesSettings) -> tuple[RiskAssessment, ...]:
    """Return the verdicts of all rules that fired, worst first; level ``none`` if none did."""
    fired = [verdict for rule in RULES if (verdict := rule(task, settings)) is not None]
    if not fired:
        return (_nothing(task),)
    fired.sort(key=lambda verdict: (RISK_LEVELS.index(verdict.risk_level), verdict.confidence))
    return tuple(reversed(fired))


def conflict(task: AssessmentTask, settings: RulesSettings) -> RiskAssessment | None:
    """A vehicle and a person draw nearer: judged by the time until their boxes would touch."""
    worst: tuple[float, ObjectPair] | None = None
    for pair in task.group_metadata.pairs:
        if pair.closing_speed < MIN_CLOSING_SPEED:
            continue
        seconds = pair.distance / pair.closing_speed
        if pair.distance <= settings.near_distance and (worst is None or seconds < worst[0]):
            worst = (seconds, pair)
    if worst is None or worst[0] > settings.time_to_collision_medium_s:
        return None
    seconds, pair = worst
    vehicle, person = _members(task, pair)
    touching = pair.distance <= settings.conflict_distance
    level: RiskLevel = (
        "high" if seconds <= settings.time_to_collision_high_s and touching else "medium"
    )
    limit_s = settings.time_to_collision_medium_s
    return RiskAssessment(
        risk_level=level,
        confidence=_confidence((vehicle, person), margin=1 - seconds / limit_s),
        risk_types=(_conflict_type(task, person),),
        description=(
            f"Rule time-to-collision: {_named(vehicle)} and {_named(person)} are "
            f"{pair.distance:.2f} person heights apart and close in at "
            f"{pair.closing_speed:.2f}/s; at that rate their outlines meet in {seconds:.1f} s "
            f"(watched below {limit_s:.1f} s, critical below "
            f"{settings.time_to_collision_high_s:.1f} s and within {settings.conflict_distance:.2f} "
            f"heights). {Grounds.PICTURE}"
        ),
        danger_object_count=2,
        trigger_object_ids=_track_ids(vehicle, person),
    )


def encroachment(task: AssessmentTask, settings: RulesSettings) -> RiskAssessment | None:
    """A vehicle and a person would come through the same place, one shortly after the other."""
    found = [
        (expected, pair)
        for pair in task.group_metadata.pairs
        if (expected := _encroachment(task, pair)) is not None
        and expected.seconds <= settings.post_encroachment_low_s
        and expected.arrival_s <= settings.post_encroachment_ahead_s
    ]
    if not found:
        return None
    expected, pair = min(found, key=lambda item: item[0].seconds)
    vehicle, person = _members(task, pair)
    first, second = (vehicle, person) if expected.first_is_one else (person, vehicle)
    limit_s, medium_s = settings.post_encroachment_low_s, settings.post_encroachment_medium_s
    return RiskAssessment(
        risk_level="medium" if expected.seconds <= medium_s else "low",
        confidence=_confidence((vehicle, person), margin=1 - expected.seconds / limit_s),
        risk_types=(_conflict_type(task, person),),
        description=(
            f"Rule predicted post-encroachment-time: if {_named(first)} at "
            f"{_metres_per_s(first):.1f} m/s and {_named(second)} at "
            f"{_metres_per_s(second):.1f} m/s keep straight on, the second reaches the place where "
            f"their paths cross in {expected.arrival_s:.1f} s, {expected.seconds:.1f} s after the "
            f"first has left it (watched below {limit_s:.1f} s, serious below {medium_s:.1f} s). "
            f"{Grounds.ROAD}"
        ),
        danger_object_count=2,
        trigger_object_ids=_track_ids(vehicle, person),
    )


def near_moving_vehicle(task: AssessmentTask, settings: RulesSettings) -> RiskAssessment | None:
    """A person stands or walks right beside a vehicle that moves."""
    for pair in task.group_metadata.pairs:
        vehicle, person = _members(task, pair)
        speed = _speed(vehicle)
        if pair.distance > settings.conflict_distance or speed is None or speed < MOVING_SPEED:
            continue
        margin = 1 - pair.distance / max(settings.conflict_distance, 1e-6)
        return RiskAssessment(
            risk_level="low",
            confidence=_confidence((vehicle, person), margin=margin),
            risk_types=(RiskType.PEDESTRIAN_NEAR_VEHICLE.value,),
            description=(
                f"Rule near-moving-vehicle: {_named(person)} is {pair.distance:.2f} person heights "
                f"from {_named(vehicle)} (near below {settings.conflict_distance:.2f}), which moves "
                f"at {speed:.2f} of its own heights per second. {Grounds.PICTURE}"
            ),
            danger_object_count=2,
            trigger_object_ids=_track_ids(vehicle, person),
        )
    return None


def dense_group(task: AssessmentTask, settings: RulesSettings) -> RiskAssessment | None:
    """Many people crowd together."""
    people = [item for item in task.detected_objects if item.object_class in PEOPLE]
    crowding = task.group_metadata.crowding
    if len(people) < settings.crowd_size or crowding < settings.crowd_density:
        return None
    level: RiskLevel = "medium" if len(people) >= 2 * settings.crowd_size else "low"
    return RiskAssessment(
        risk_level=level,
        confidence=_confidence(people, margin=1 - settings.crowd_density / max(crowding, 1e-6)),
        risk_types=(RiskType.DENSE_GROUP.value,),
        description=(
            f"Rule dense-group: {len(people)} people (from {settings.crowd_size}) close "
            f"together: crowding {crowding:.2f} (from {settings.crowd_density:.2f}; 1.00 is "
            "shoulder to shoulder)."
        ),
        danger_object_count=len(people),
        trigger_object_ids=_track_ids(*people),
    )


RULES: Final[tuple[Rule, ...]] = (conflict, encroachment, near_moving_vehicle, dense_group)


def _nothing(task: AssessmentTask) -> RiskAssessment:
    pairs = task.group_metadata.pairs
    nearest = f"; nearest pair {pairs[0].distance:.2f} person heights apart" if pairs else ""
    return RiskAssessment(
        risk_level="none",
        confidence=_confidence(task.detected_objects, margin=0.5),
        description=f"No rule fired for {len(task.detected_objects)} objects{nearest}.",
    )


def _confidence(objects: Sequence[DetectedObject], margin: float) -> float:
    """Return the detector's doubt and the distance from the threshold as one number, 0..1.

    The geometric mean of the objects' confidences (all must be real), scaled from 0.6 at the
    threshold to 1 far beyond it.
    """
    if not objects:
        return 0.0
    product = math.prod(item.confidence for item in objects)
    mean = product ** (1 / len(objects))
    return round(mean * (0.6 + 0.4 * min(1.0, max(0.0, margin))), 3)


def _members(task: AssessmentTask, pair: ObjectPair) -> tuple[DetectedObject, DetectedObject]:
    objects = task.detected_objects
    return objects[pair.vehicle_index], objects[pair.person_index]


def _encroachment(task: AssessmentTask, pair: ObjectPair) -> Encroachment | None:
    """Return how vehicle (the one) and person (the other) miss each other on the road."""
    vehicle, person = _members(task, pair)
    one = _mover(vehicle, vehicle.object_class)
    other = _mover(person, "bicycle" if _rides(task, person) else person.object_class)
    return None if one is None or other is None else predict(one, other)


def _mover(item: DetectedObject, kind: str) -> Mover | None:
    """Return the object on the road with the size of its `kind`; None where that is unknown."""
    size = USUAL_SIZES.get(kind)
    if size is None or item.ground_position is None or item.ground_velocity is None:
        return None
    return Mover(item.ground_position, item.ground_velocity, *size)


def _metres_per_s(item: DetectedObject) -> float:
    return math.hypot(*(item.ground_velocity or (0.0, 0.0)))


def _conflict_type(task: AssessmentTask, person: DetectedObject) -> str:
    if _rides(task, person):
        return RiskType.VEHICLE_CYCLIST_CONFLICT.value
    return RiskType.VEHICLE_PEDESTRIAN_CONFLICT.value


def _rides(task: AssessmentTask, person: DetectedObject) -> bool:
    """Whether the person is, or sits on, a bicycle."""
    if person.object_class in CYCLES:
        return True
    x1, y1, x2, y2 = person.bbox
    for item in task.detected_objects:
        if item.object_class in CYCLES:
            a1, b1, a2, b2 = item.bbox
            width, height = min(x2, a2) - max(x1, a1), min(y2, b2) - max(y1, b1)
            if width > 0 and height > 0 and width * height >= RIDER_SHARE * (a2 - a1) * (b2 - b1):
                return True
    return False


def _speed(item: DetectedObject) -> float | None:
    """Return the speed in box heights per second; None while unknown."""
    if item.velocity is None:
        return None
    height = max(1.0, item.bbox[3] - item.bbox[1])
    return math.hypot(*item.velocity) / height


def _named(item: DetectedObject) -> str:
    number = "" if item.track_id is None else f" #{item.track_id}"
    return f"{item.object_class}{number}"


def _track_ids(*objects: DetectedObject) -> tuple[int, ...]:
    return tuple(item.track_id for item in objects if item.track_id is not None)
