"""Joining: complete in any order, closed at the deadline, bounded in memory."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pipeline.aggregation.joiner import GroupVerdict, Joined, Joiner
from pipeline.messages import RiskLevel, VerdictLevel, worst_level
from tests.support import messages as made


def verdict(
    request: str = "r", group: int = 0, of: int = 1, level: VerdictLevel = "none"
) -> GroupVerdict:
    return GroupVerdict(
        request_id=request, camera_id="cam-1", group_index=group, group_count=of, risk_level=level
    )


def test_a_request_of_one_group_is_joined_at_once() -> None:
    joiner = Joiner(30.0)
    assert joiner.add(verdict(level="low"), 0.0) == [Joined("r", "cam-1", 1, 1, "low")]
    assert len(joiner) == 0


def test_the_last_group_completes_a_request_with_the_worst_level() -> None:
    joiner = Joiner(30.0)
    assert joiner.add(verdict(group=4, of=3, level="high"), 0.0) == []
    assert joiner.add(verdict(group=9, of=3, level="low"), 1.0) == []
    assert joiner.add(verdict(group=2, of=3), 2.0) == [Joined("r", "cam-1", 3, 3, "high")]


def test_what_the_detection_result_announced_counts_whatever_a_verdict_says() -> None:
    joiner = Joiner(30.0)
    assert joiner.add(verdict(group=0, of=3), 0.0) == []
    assert joiner.announce("r", "cam-1", frozenset({0, 1}), 1.0) == []
    assert joiner.add(verdict(group=1, of=3), 2.0) == [Joined("r", "cam-1", 2, 2, "none")]


def test_the_same_group_twice_counts_once() -> None:
    joiner = Joiner(30.0)
    assert joiner.add(verdict(group=1, of=2), 0.0) == []
    assert joiner.add(verdict(group=1, of=2), 0.0) == []
    assert len(joiner) == 1


def test_what_is_missing_at_the_deadline_is_said_not_waited_for() -> None:
    joiner = Joiner(30.0)
    joiner.add(verdict("early", 0, of=3), 0.0)
    joiner.add(verdict("late", 0, of=2), 10.0)
    assert joiner.expire(29.9) == []
    (closed,) = joiner.expire(30.0)
    assert (closed.request_id, closed.expected, closed.received, closed.missing) == (
        "early",
        3,
        1,
        2,
    )
    assert [joined.request_id for joined in joiner.expire(40.0)] == ["late"]
    assert joiner.expire(1000.0) == []


def test_harmless_is_said_only_where_every_group_was_assessed() -> None:
    joiner = Joiner(30.0)
    joiner.add(verdict("failed", 0, of=2, level="not_assessed"), 0.0)
    (failed,) = joiner.add(verdict("failed", 1, of=2), 0.0)
    assert failed.risk_level == "not_assessed"
    joiner.add(verdict("missing", 0, of=2), 0.0)
    joiner.add(verdict("seen", 0, of=2, level="low"), 0.0)
    joiner.announce("silent", "cam-1", frozenset({0}), 0.0)
    assert {done.request_id: done.risk_level for done in joiner.expire(30.0)} == {
        "missing": "not_assessed",
        "seen": "low",
        "silent": "not_assessed",
    }


def test_a_further_verdict_does_not_move_the_deadline() -> None:
    joiner = Joiner(30.0)
    joiner.add(verdict(group=0, of=3), 0.0)
    joiner.add(verdict(group=1, of=3), 29.0)
    assert [joined.received for joined in joiner.expire(30.0)] == [2]


def test_too_many_open_requests_close_the_oldest() -> None:
    joiner = Joiner(30.0, max_open=2)
    for name in ("a", "b"):
        assert joiner.add(verdict(name, of=2), 0.0) == []
    assert [joined.request_id for joined in joiner.add(verdict("c", of=2), 0.0)] == ["a"]
    assert len(joiner) == 2


def test_what_was_announced_and_never_judged_is_said_by_number() -> None:
    joiner = Joiner(30.0)
    assert joiner.announce("r", "cam-1", frozenset({3, 5, 8}), 0.0) == []
    assert joiner.add(verdict(group=5, of=3, level="low"), 1.0) == []
    (closed,) = joiner.expire(30.0)
    assert closed == Joined("r", "cam-1", 3, 1, "low", (3, 8))


def test_verdicts_that_come_before_their_detection_result_are_joined() -> None:
    joiner = Joiner(30.0)
    assert joiner.add(verdict(group=4, of=2, level="low"), 0.0) == []
    assert joiner.announce("r", "cam-1", frozenset({4, 6}), 1.0) == []
    assert joiner.announce("r", "cam-1", frozenset({4, 6}), 2.0) == []
    assert joiner.add(verdict(group=6, of=2), 3.0) == [Joined("r", "cam-1", 2, 2, "low")]


requests = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=2),
    st.lists(made.levels, min_size=1, max_size=4),
    max_size=12,
)


@given(requests, st.randoms(use_true_random=False))
def test_any_order_joins_every_request_exactly_once(
    wanted: dict[str, list[RiskLevel]], random: Random
) -> None:
    verdicts = [
        verdict(name, index, len(levels), level)
        for name, levels in wanted.items()
        for index, level in enumerate(levels)
    ]
    # Detection results come somewhere among the verdicts, or not at all.
    arrivals: list[GroupVerdict | str] = [*verdicts, *wanted]
    random.shuffle(arrivals)
    joiner = Joiner(30.0)
    joined: list[Joined] = []
    for item in arrivals:
        if isinstance(item, GroupVerdict):
            joined += joiner.add(item, 0.0)
        elif item not in {done.request_id for done in joined}:
            joined += joiner.announce(item, "cam-1", frozenset(range(len(wanted[item]))), 0.0)
    assert sorted(done.request_id for done in joined) == sorted(wanted)
    assert all(done.missing == 0 for done in joined)
    assert {done.request_id: done.risk_level for done in joined} == {
        name: worst_level(levels) for name, levels in wanted.items()
    }
    assert joiner.expire(1e9) == []


@given(
    st.lists(st.tuples(st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 3))),
    st.integers(1, 5),
)
def test_memory_is_bounded_and_no_request_is_forgotten(
    arrivals: list[tuple[str, int]], bound: int
) -> None:
    joiner = Joiner(30.0, max_open=bound)
    closed: list[str] = []
    seen: set[str] = set()
    for name, group in arrivals:
        if name in closed:
            continue  # the store tells late verdicts
        seen.add(name)
        closed += [done.request_id for done in joiner.add(verdict(name, group, of=5), 0.0)]
        assert len(joiner) <= bound
    closed += [done.request_id for done in joiner.expire(30.0)]
    assert sorted(closed) == sorted(seen)
