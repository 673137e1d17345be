"""The rules: which fires at which numbers, how bad it is, and that it says why."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.messages import (
    RISK_LEVELS,
    AssessmentTask,
    DetectedObject,
    GroupMetadata,
    RiskAssessmentResult,
    RiskLevel,
    decode,
    encode,
)
from pipeline.scheduling.assessor import Outcome
from pipeline.scheduling.results import made as result_of
from pipeline.scheduling.rules.assessor import RulesAssessor
from pipeline.scheduling.rules.rules import assess
from pipeline.settings_scheduler import RulesSettings
from tests.support import messages as made

SETTINGS = RulesSettings()
CONFLICT = "vehicle-pedestrian-conflict"
NEAR = "pedestrian-near-vehicle"
CROWD = "dense-group"


@dataclass(frozen=True)
class Case:
    """A car and a person: their gap, how fast it shrinks, and what must come of it."""

    why: str
    distance: float
    closing_speed: float
    expected: RiskLevel
    kinds: tuple[str, ...]
    car_speed: float = 0.0


# conflict_distance 0.25, near_distance 0.6, TTC 3.0 s medium and 1.5 s high.
CASES = [
    Case("1.0 s to contact and almost touching", 0.2, 0.2, "high", (CONFLICT,)),
    Case("1.5 s exactly is critical still", 0.15, 0.1, "high", (CONFLICT,)),
    Case("2.0 s: to be watched", 0.2, 0.1, "medium", (CONFLICT,)),
    Case("1.0 s, but not near enough to be critical", 0.5, 0.5, "medium", (CONFLICT,)),
    Case("3.0 s exactly is watched still", 0.3, 0.1, "medium", (CONFLICT,)),
    Case("4.0 s: time enough", 0.4, 0.1, "none", ()),
    Case("closing fast, but far away", 0.7, 2.0, "none", ()),
    Case("drawing apart", 0.2, -0.5, "none", ()),
    Case("the gap's change is the detector's jitter", 0.0, 0.04, "none", ()),
    Case("touching and closing", 0.0, 0.2, "high", (CONFLICT,)),
    Case("beside a moving car", 0.2, 0.0, "low", (NEAR,), car_speed=0.5),
    Case("beside a standing car", 0.2, 0.0, "none", (), car_speed=0.1),
    Case("a step away from a moving car", 0.3, 0.0, "none", (), car_speed=0.5),
    Case(
        "closing in on a moving car: the worse one first", 0.2, 0.2, "high", (CONFLICT, NEAR), 0.5
    ),
]


def task(case: Case, *others: DetectedObject) -> AssessmentTask:
    height = made.CAR_BOX[3] - made.CAR_BOX[1]
    return made.task(
        objects=(made.car(velocity=(case.car_speed * height, 0.0)), made.person(), *others),
        metadata=GroupMetadata(pairs=(made.pair(case.distance, case.closing_speed),)),
    )


def crowd(people: int, crowding: float) -> AssessmentTask:
    return made.task(
        objects=tuple(made.person(number) for number in range(people)),
        metadata=GroupMetadata(crowding=crowding),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_vehicle_and_person(case: Case) -> None:
    verdicts = assess(task(case), SETTINGS)
    assert verdicts[0].risk_level == case.expected
    assert tuple(kind for verdict in verdicts for kind in verdict.risk_types) == case.kinds


@pytest.mark.parametrize(
    ("people", "crowding", "expected"),
    [
        (5, 2.0, "none"),
        (6, 0.59, "none"),
        (6, 0.6, "low"),
        (11, 0.8, "low"),
        (12, 0.8, "medium"),
    ],
)
def test_a_crowd_needs_people_and_density(
    people: int, crowding: float, expected: RiskLevel
) -> None:
    verdict = assess(crowd(people, crowding), SETTINGS)[0]
    assert verdict.risk_level == expected
    assert verdict.risk_types == ((CROWD,) if expected != "none" else ())


def test_a_person_on_a_bicycle_is_a_cyclist() -> None:
    x1, y1, x2, y2 = made.PERSON_BOX
    bicycle = DetectedObject(
        object_class="bicycle", confidence=0.7, bbox=(x1 - 10, y1 + 50, x2 + 10, y2 + 10)
    )
    case = Case("", 0.2, 0.2, "high", ())
    assert assess(task(case, bicycle), SETTINGS)[0].risk_types == ("vehicle-cyclist-conflict",)


def test_a_bicycle_elsewhere_makes_nobody_a_cyclist() -> None:
    bicycle = DetectedObject(object_class="bicycle", confidence=0.7, bbox=(900, 100, 960, 160))
    case = Case("", 0.2, 0.2, "high", ())
    assert assess(task(case, bicycle), SETTINGS)[0].risk_types == (CONFLICT,)


def test_the_pair_with_the_least_time_decides() -> None:
    slow = replace(made.pair(0.2, 0.1), person_index=1)
    fast = replace(made.pair(0.2, 0.4), person_index=2)
    verdict = assess(
        made.task(
            objects=(made.car(7, velocity=None), made.person(8), made.person(9)),
            metadata=GroupMetadata(pairs=(slow, fast)),
        ),
        SETTINGS,
    )[0]
    assert verdict.trigger_object_ids == (7, 9)
    assert verdict.danger_object_count == 2


def test_a_verdict_says_which_rule_fired_with_which_numbers() -> None:
    text = assess(task(Case("", 0.2, 0.25, "high", ())), SETTINGS)[0].description
    for part in ("time-to-collision", "car #7", "person #8", "0.20", "0.25/s", "0.8 s", "1.5 s"):
        assert part in text


# The car is in the person's strip from (5 - 0.25 - 2.25) / 5 = 0.5 s to 1.5 s; the person reaches the
# car's 0.9 + 0.25 = 1.15 m before the crossing.
@pytest.mark.parametrize(
    ("person_y", "expected"),
    [
        (-2.0, "none"),  # there at 0.85 s, as the car: a collision course
        (-2.7, "medium"),  # at 1.55 s, 0.05 s after the car
        (-4.1, "medium"),  # 1.45 s after it
        (-4.1 - 0.049, "medium"),
        (-4.2, "none"),  # more than 3 s ahead
        (1.6, "medium"),  # gone 0.45 s ago, 0.95 s before the car
        (3.0, "low"),  # 2.35 s before it
        (4.0, "none"),  # 3.35 s before it
    ],
)
def test_post_encroachment_time(person_y: float, expected: RiskLevel) -> None:
    verdict = assess(made.crossing(person_y), SETTINGS)[0]
    assert verdict.risk_level == expected
    assert verdict.risk_types == ((CONFLICT,) if expected != "none" else ())


def test_post_encroachment_time_says_its_numbers_and_who_comes_first() -> None:
    after, before = (assess(made.crossing(y), SETTINGS)[0].description for y in (-2.7, 3.0))
    assert after.startswith(
        "Rule predicted post-encroachment-time: if car #7 at 5.0 m/s and person #8 at 1.0 m/s"
    )
    for part in ("cross in 1.6 s, 0.1 s after", "watched below 3.0 s", "serious below 1.5 s"):
        assert part in after
    assert "if person #8 at 1.0 m/s and car #7 at 5.0 m/s" in before


def test_post_encroachment_time_goes_by_the_settings() -> None:
    strict = RulesSettings(
        post_encroachment_low_s=0.9, post_encroachment_medium_s=0.01, post_encroachment_ahead_s=9.0
    )
    assert assess(made.crossing(-2.7), strict)[0].risk_level == "low"
    assert assess(made.crossing(3.0), strict)[0].risk_level == "none"
    far = RulesSettings(post_encroachment_ahead_s=9.0)
    assert assess(made.crossing(-5.0), far)[0].risk_level == "low"


def test_without_the_ground_there_is_no_post_encroachment_time() -> None:
    """In the picture paths cross that do not cross on the road."""
    measured = made.crossing(-2.7)
    seen = tuple(
        replace(item, ground_position=None, ground_velocity=None)
        for item in measured.detected_objects
    )
    assert assess(measured, SETTINGS)[0].risk_level == "medium"
    assert assess(replace(measured, detected_objects=seen), SETTINGS)[0].risk_level == "none"


def test_a_train_has_no_usual_size() -> None:
    assert assess(made.crossing(-2.7, object_class="train"), SETTINGS)[0].risk_level == "none"


def test_no_rule_fired_says_so_with_the_nearest_pair() -> None:
    text = assess(task(Case("", 0.9, 0.0, "none", ())), SETTINGS)[0].description
    assert text == "No rule fired for 2 objects; nearest pair 0.90 person heights apart."


def test_thresholds_come_from_the_settings() -> None:
    strict = RulesSettings(time_to_collision_medium_s=10.0, time_to_collision_high_s=5.0)
    case = Case("", 0.2, 0.05, "none", ())
    assert assess(task(case), SETTINGS)[0].risk_level == "none"
    assert assess(task(case), strict)[0].risk_level == "high"


def test_confidence_falls_with_the_detectors_and_rises_with_the_margin() -> None:
    def confidence(closing_speed: float, detector: float) -> float:
        sample = task(Case("", 0.2, closing_speed, "none", ()))
        objects = tuple(replace(item, confidence=detector) for item in sample.detected_objects)
        return assess(replace(sample, detected_objects=objects), SETTINGS)[0].confidence

    assert confidence(0.2, 0.9) > confidence(0.2, 0.5)
    assert confidence(0.4, 0.9) > confidence(0.1, 0.9)
    assert confidence(0.2, 0.9) == confidence(0.2, 0.9)


@given(st.floats(0, 2), st.floats(-2, 2), st.floats(0, 2), st.floats(0.01, 1))
def test_drawing_nearer_is_never_judged_less_bad(
    distance: float, closing: float, car_speed: float, step: float
) -> None:
    def rank(gap: float) -> int:
        level = assess(task(Case("", gap, closing, "none", (), car_speed)), SETTINGS)[0].risk_level
        return RISK_LEVELS.index(level)

    assert rank(max(0.0, distance - step)) >= rank(distance)


async def _outcome(task: AssessmentTask) -> Outcome:
    return await RulesAssessor(SETTINGS).assess(task)


@given(made.tasks)
def test_any_consistent_task_gets_a_valid_result(task: AssessmentTask) -> None:
    count = len(task.detected_objects)
    pairs = tuple(
        pair
        for pair in task.group_metadata.pairs
        if pair.vehicle_index < count and pair.person_index < count
    )
    task = replace(task, group_metadata=replace(task.group_metadata, pairs=pairs))
    coroutine = _outcome(task)
    # Rules wait for nothing, so the first step is the last.
    with pytest.raises(StopIteration) as finished:
        coroutine.send(None)
    outcome: Outcome = finished.value.value
    result = result_of(task, outcome)
    assert decode(encode(result), RiskAssessmentResult) == result
    assert result.results
    assert result.metadata.assessor == "rules"
    assert result.metadata.llm_model == "rules-2"
    ranks = [RISK_LEVELS.index(item.risk_level) for item in result.results]
    assert ranks == sorted(ranks, reverse=True)
