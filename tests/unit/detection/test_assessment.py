"""When a group is due for an assessment, and why."""

from __future__ import annotations

import pytest

from pipeline.detection.assessment import AssessmentPlan, GroupState, Reason

CALM = GroupState(object_count=3, nearest_pair=2.0)


@pytest.mark.parametrize(
    ("elapsed_s", "state", "reason"),
    [
        pytest.param(0.2, CALM, None, id="nothing changed"),
        pytest.param(4.9, CALM, None, id="the interval is not over"),
        pytest.param(5.0, CALM, "interval", id="the interval is over"),
        pytest.param(2.0, GroupState(5, 2.0), "changed", id="two more"),
        pytest.param(2.0, GroupState(4, 2.0), None, id="one more is noise"),
        pytest.param(2.0, GroupState(1, 2.0), "changed", id="two fewer"),
        pytest.param(2.0, GroupState(3, 1.6), "changed", id="nearer"),
        pytest.param(2.0, GroupState(3, 2.9), None, id="farther is no danger"),
        pytest.param(2.0, GroupState(3, None), None, id="the pair is gone"),
        pytest.param(0.9, GroupState(9, 0.1), None, id="too soon after the last"),
    ],
)
def test_reason(elapsed_s: float, state: GroupState, reason: Reason | None) -> None:
    plan = AssessmentPlan(interval_s=5.0)
    assert plan.due({1: CALM}, 10.0, limit=8) == {1: "new"}
    assert plan.due({1: state}, 10.0 + elapsed_s, limit=8).get(1) == reason


def test_a_first_pair_is_a_change() -> None:
    plan = AssessmentPlan(interval_s=5.0)
    plan.due({1: GroupState(3, None)}, 10.0, limit=8)
    assert plan.due({1: CALM}, 12.0, limit=8) == {1: "changed"}


def test_a_crowd_that_flickers_does_not_change() -> None:
    plan = AssessmentPlan(interval_s=60.0)
    plan.due({1: GroupState(15, None)}, 10.0, limit=8)
    assert plan.due({1: GroupState(12, None)}, 12.0, limit=8) == {}
    assert plan.due({1: GroupState(8, None)}, 13.0, limit=8) == {1: "changed"}


def test_slow_approach_adds_up() -> None:
    plan = AssessmentPlan(interval_s=60.0)
    plan.due({1: CALM}, 10.0, limit=8)
    reasons = [plan.due({1: GroupState(3, 2.0 - 0.1 * n)}, 11.0 + n, limit=8) for n in range(1, 5)]
    assert reasons == [{}, {}, {1: "changed"}, {}]


def test_of_too_many_the_nearest_come_first_and_the_others_stay_due() -> None:
    plan = AssessmentPlan(interval_s=5.0)
    groups = {1: GroupState(2, None), 2: GroupState(2, 1.0), 3: GroupState(2, 0.2)}
    assert set(plan.due(groups, 10.0, limit=2)) == {3, 2}
    assert plan.due(groups, 10.2, limit=2) == {1: "new"}
