"""Situations: one jam is one alarm, what grows worse says so, what is over begins anew."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.aggregation import situations
from pipeline.aggregation.situations import Change, Situations, overlap
from pipeline.messages import RISK_LEVELS, Box, RiskAssessmentResult, RiskLevel
from tests.support import messages as made

ELSEWHERE = (900.0, 500.0, 1000.0, 600.0)
number = iter(range(1_000_000))


def result(level: RiskLevel = "low", at_s: float = 0.0, **changes: Any) -> RiskAssessmentResult:
    return made.result(f"request-{next(number)}", level=level, at_s=at_s, **changes)


def note(current: Situations, item: RiskAssessmentResult) -> Change:
    change = current.note(item)
    assert change is not None
    return change


@pytest.fixture
def current() -> Situations:
    return Situations("low", cooldown_s=30.0)


def test_a_situation_that_goes_on_is_one_alarm(current: Situations) -> None:
    first = note(current, result("medium", 0.0))
    assert first.is_new
    again = note(current, result("medium", 29.0))
    later = note(current, result("medium", 58.0))
    assert not again.is_new
    assert not later.is_new
    assert not later.is_escalation
    assert later.alarm.alarm_id == first.alarm.alarm_id
    assert later.alarm.occurrences == 3
    assert (later.alarm.last_seen - later.alarm.first_seen).total_seconds() == 58.0


def test_no_risk_is_no_alarm_however_low_the_level() -> None:
    assert Situations("none", cooldown_s=30.0).note(result("none")) is None


def test_after_the_cooldown_it_is_a_new_alarm(current: Situations) -> None:
    first = note(current, result(at_s=0.0))
    assert not note(current, result(at_s=30.0)).is_new
    second = note(current, result(at_s=60.1))
    assert second.is_new
    assert second.alarm.alarm_id != first.alarm.alarm_id


@pytest.mark.parametrize(
    ("why", "changes", "is_new"),
    [
        ("another camera", {"camera_id": "cam-2"}, True),
        ("another kind of risk", {"kind": "dense-group"}, True),
        ("another group elsewhere", {"group_index": 5, "bbox": ELSEWHERE}, True),
        ("another group at the same place", {"group_index": 5}, False),
        ("the same group that went elsewhere", {"bbox": ELSEWHERE}, False),
    ],
)
def test_what_belongs_together(
    current: Situations, why: str, changes: dict[str, Any], is_new: bool
) -> None:
    note(current, result())
    assert note(current, result(at_s=1.0, **changes)).is_new is is_new, why


def test_growing_worse_is_said_once_and_tells_of_the_worst_moment(current: Situations) -> None:
    note(current, result("low", 0.0))
    worse = note(current, result("high", 1.0))
    assert worse.is_escalation
    assert not worse.is_new
    calmer = note(current, result("low", 2.0))
    assert not calmer.is_escalation
    assert calmer.alarm.risk_level == "high"
    assert calmer.alarm.description == "high because of the test"
    assert not note(current, result("high", 3.0)).is_escalation


def test_what_is_told_of_an_alarm_is_of_one_moment_and_its_newest_group_goes_on(
    current: Situations,
) -> None:
    first = result("high", 0.0, group_index=1)
    note(current, first)
    calmer = note(current, result("low", 1.0, group_index=5)).alarm
    assert (calmer.request_id, calmer.group_index) == (first.request_id, first.group_index)
    elsewhere = note(current, result("low", 2.0, group_index=5, bbox=ELSEWHERE))
    assert not elsewhere.is_new


@pytest.mark.parametrize(
    ("limit", "raised"),
    [("low", ["low", "medium", "high"]), ("medium", ["medium", "high"]), ("high", ["high"])],
)
def test_below_the_alarm_level_there_is_none(limit: RiskLevel, raised: list[str]) -> None:
    assert [level for level in RISK_LEVELS if Situations(limit, 30.0).note(result(level))] == raised


def test_a_task_that_could_not_be_assessed_raises_nothing(current: Situations) -> None:
    assert current.note(result(error="no key left")) is None


def test_a_verdict_that_comes_late_ends_no_situation(current: Situations) -> None:
    now = note(current, result(at_s=100.0))
    late = note(current, result(at_s=10.0))
    assert late.is_new
    again = note(current, result(at_s=101.0))
    assert again.alarm.alarm_id == now.alarm.alarm_id


def test_a_verdict_from_just_before_belongs_to_it(current: Situations) -> None:
    note(current, result(at_s=10.0))
    change = note(current, result(at_s=5.0))
    assert not change.is_new
    assert change.alarm.first_seen == made.result(at_s=5.0).timestamp
    assert change.alarm.last_seen == made.result(at_s=10.0).timestamp


def test_situations_of_an_earlier_run_go_on(current: Situations) -> None:
    first = note(current, result("medium"))
    restarted = Situations("low", cooldown_s=30.0)
    restarted.restore([first.alarm])
    change = note(restarted, result("medium", 5.0))
    assert not change.is_new
    assert change.alarm.occurrences == 2


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(situations, "MAX_CURRENT", 5)
    current = Situations("low", cooldown_s=30.0)
    for camera in range(20):
        note(current, result(at_s=camera * 0.1, camera_id=f"cam-{camera}"))
        assert len(current) <= 5
    assert not note(current, result(at_s=2.5, camera_id="cam-19")).is_new
    assert note(current, result(at_s=2.5, camera_id="cam-0")).is_new


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1.0),
        ((0, 0, 10, 10), (10, 0, 20, 10), 0.0),
        ((0, 0, 10, 10), (5, 0, 15, 10), 1 / 3),
        ((0, 0, 1e-200, 1e-200), (0, 0, 1e-200, 1e-200), 0.0),
        ((10, 10, 0, 0), (0, 0, 10, 10), 0.0),
    ],
)
def test_overlap(first: Box, second: Box, expected: float) -> None:
    assert overlap(first, second) == pytest.approx(expected)


@given(made.boxes, made.boxes)
def test_overlap_of_any_boxes_raises_nothing(first: Box, second: Box) -> None:
    assert overlap(first, second) == pytest.approx(overlap(second, first), nan_ok=True)


@given(st.lists(made.results, max_size=8))
def test_any_verdicts_raise_valid_alarms_or_none(items: list[RiskAssessmentResult]) -> None:
    current = Situations("low", cooldown_s=30.0)
    for item in items:
        change = current.note(item)
        if change is not None:
            assert change.alarm.camera_id == item.camera_id
            assert change.alarm.first_seen <= item.timestamp <= change.alarm.last_seen
            assert RISK_LEVELS.index(change.alarm.risk_level) >= 1
