"""Worker states: which moves there are, and when a failed worker is started again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.states import (
    ALIVE,
    ENDED,
    START_ORDER,
    TRANSITIONS,
    InvalidTransitionError,
    RestartPolicy,
    WorkerName,
    WorkerState,
    check_transition,
)


def test_consumers_start_before_their_producers() -> None:
    assert START_ORDER == (
        WorkerName.AGGREGATOR,
        WorkerName.SCHEDULER,
        WorkerName.GENERATOR,
        WorkerName.DETECTION,
    )


def test_every_state_can_be_left_and_every_living_one_can_be_stopped() -> None:
    assert set(TRANSITIONS) == set(WorkerState)
    assert all(TRANSITIONS.values())
    for state in ALIVE:
        assert WorkerState.STOPPING in TRANSITIONS[state]
    for state in ENDED:
        assert TRANSITIONS[state] == {WorkerState.STARTING}


def test_a_stopped_worker_cannot_be_running_at_once() -> None:
    with pytest.raises(InvalidTransitionError, match="stopped -> running"):
        check_transition(WorkerState.STOPPED, WorkerState.RUNNING)


def test_delay_doubles_until_the_budget_is_spent() -> None:
    policy = RestartPolicy(jitter=0)
    delays = [policy.next_delay_s(now_s=float(second)) for second in range(5)]
    assert delays == [1, 2, 4, 8, None]


def test_failures_outside_the_window_are_forgotten() -> None:
    policy = RestartPolicy(jitter=0)
    for second in range(4):
        policy.next_delay_s(now_s=float(second))
    assert policy.next_delay_s(now_s=400.0) == 1


def test_the_operator_starts_with_a_fresh_budget() -> None:
    policy = RestartPolicy(jitter=0)
    for second in range(5):
        policy.next_delay_s(now_s=float(second))
    policy.reset()
    assert policy.next_delay_s(now_s=6.0) == 1


@given(st.lists(st.floats(min_value=0, max_value=1000), min_size=1, max_size=30))
def test_delays_stay_within_their_bounds(gaps: list[float]) -> None:
    policy = RestartPolicy()
    now_s = 0.0
    for gap in gaps:
        now_s += gap
        delay = policy.next_delay_s(now_s)
        assert delay is None or 0.8 <= delay <= policy.max_delay_s * 1.2


def test_a_broker_that_is_away_is_waited_for_without_end() -> None:
    policy = RestartPolicy(jitter=0)
    delays = [policy.away_delay_s() for _ in range(1000)]
    assert delays[:6] == [1, 2, 4, 8, 15, 15]
    assert set(delays[6:]) == {15}
    # It came, and the worker failed for a reason of its own: that counts as the first time.
    assert policy.next_delay_s(now_s=0.0) == 1
    assert policy.away_delay_s() == 1
