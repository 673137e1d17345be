"""What a lag means: a table of readings and verdicts, and the age of unread messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kafka.lag_rules import (
    LagSample,
    LagStatus,
    OffsetTimes,
    judge,
    time_to_clear_s,
    worst,
)

OK, WARN, STALL, UNKNOWN = LagStatus.OK, LagStatus.WARN, LagStatus.STALL, LagStatus.UNKNOWN


@pytest.mark.parametrize(
    ("why", "positions", "lags", "age_s", "verdict"),
    [
        ("no reading yet", [], [], None, UNKNOWN),
        ("nothing unread", [7] * 10, [0] * 10, 0.0, OK),
        ("a little unread is work under way", [7] * 10, [15] * 10, 3.0, OK),
        ("a little unread for long is not", [7] * 10, [15] * 10, 60.0, STALL),
        ("one message that nobody reads", [7] * 10, [1] * 10, 31.0, STALL),
        ("a little, old, but moving", list(range(10)), [15] * 10, 60.0, WARN),
        ("much unread, seen too shortly", [7] * 3, [500] * 3, 1.0, UNKNOWN),
        ("reads nothing of much", [7] * 10, [100 + n for n in range(10)], 9.0, STALL),
        ("reads nothing although nothing comes", [7] * 10, [500] * 10, 90.0, STALL),
        ("reads, but more comes", list(range(10)), [100 + n for n in range(10)], 9.0, WARN),
        ("reads as fast as it comes, behind", list(range(10)), [100] * 10, 9.0, WARN),
        ("catches up", list(range(0, 100, 10)), [500 - 10 * n for n in range(10)], 9.0, OK),
        ("fell once in the window", list(range(10)), [100, 110, 105, *[120] * 7], 9.0, OK),
        ("was at the end in the window", list(range(10)), [*[300] * 8, 2, 300], 1.0, OK),
        ("went back, never came forward", [9, *[3] * 9], [100] * 10, 9.0, STALL),
    ],
)
def test_verdict(
    why: str, positions: list[int], lags: list[int], age_s: float | None, verdict: LagStatus
) -> None:
    """Each row of the table says why."""
    samples = [
        LagSample(float(second), position, lag)
        for second, (position, lag) in enumerate(zip(positions, lags, strict=True))
    ]
    assert judge(samples, age_s) is verdict, why


def test_worst_of_a_group() -> None:
    """A group is as bad as its worst partition; without partitions nothing is known."""
    assert worst([OK, STALL, WARN]) is STALL
    assert worst([OK, UNKNOWN]) is OK
    assert worst([]) is UNKNOWN


def test_age_is_interpolated() -> None:
    """A message that came between two readings has an age between theirs."""
    times = OffsetTimes()
    times.note(0, 0.0)
    times.note(100, 10.0)
    assert times.age_s(50, 10.0) == pytest.approx(5.0)
    assert times.age_s(100, 10.0) == 0.0


def test_age_grows_while_nobody_reads() -> None:
    """A reader that stopped is not shown with the age of its last reading."""
    times = OffsetTimes()
    for second in range(20):
        times.note(min(second, 5) * 10, float(second))
    assert times.age_s(0, 19.0) == pytest.approx(19.0)
    assert times.age_s(0, 100.0) == pytest.approx(100.0)


def test_age_after_a_flat_stretch() -> None:
    """A message after a long silence is as old as itself, not as the silence."""
    times = OffsetTimes()
    for second in range(100):
        times.note(10, float(second))
    times.note(11, 100.0)
    age = times.age_s(10, 103.0)
    assert age is not None
    assert age <= 4.0


def test_age_is_unknown_before_the_first_reading() -> None:
    """What was there already may be any age."""
    times = OffsetTimes()
    assert times.age_s(0, 0.0) is None
    times.note(100, 0.0)
    assert times.age_s(50, 10.0) is None


def test_a_topic_made_anew_starts_anew() -> None:
    """An end that falls makes the times before it worthless."""
    times = OffsetTimes()
    for number in range(4):  # so many that looking among them, too, would find the wrong place
        times.note(500 + 100 * number, number / 4)
    times.note(3, 2.0)
    times.note(5, 3.0)
    assert times.age_s(5, 9.0) == 0.0
    assert times.age_s(4, 4.0) == pytest.approx(1.5)


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=50), st.integers(0, 3000), st.floats(0, 100)
)
def test_age_is_never_negative(increments: list[int], position: int, later_s: float) -> None:
    """Whatever the ends did, an age is a time that has passed."""
    times = OffsetTimes()
    end = 0
    for second, increment in enumerate(increments):
        end += increment
        times.note(end, float(second))
    age = times.age_s(position, len(increments) + later_s)
    assert age is None or age >= 0.0


@pytest.mark.parametrize(
    ("messages", "end_rate", "commit_rate", "seconds"),
    [
        (0, 10.0, 0.0, 0.0),
        (100, 0.0, 10.0, 10.0),
        (100, 5.0, 10.0, 20.0),
        (100, 10.0, 10.0, None),
        (100, 11.0, 10.0, None),
        (1, 0.0, 0.0, None),
    ],
)
def test_time_to_clear(
    messages: int, end_rate: float, commit_rate: float, seconds: float | None
) -> None:
    """What is unread clears by what the reader gains on what comes."""
    assert time_to_clear_s(messages, end_rate, commit_rate) == seconds
