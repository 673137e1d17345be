"""From readings of offsets to a lag: whatever a broker answers, never negative, never frozen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kafka.lag_link import HISTORY_S, LagRules, LinkBook
from pipeline.kafka.lag_rules import LagStatus
from pipeline.kafka.offsets_read import End
from pipeline.kafka.tips import TipBook

RULES = LagRules(allowed_lag=20)


@pytest.mark.parametrize(
    ("why", "committed", "end", "at_end", "messages"),
    [
        ("reads along", 10, End(0, 10), False, 0),
        ("behind", 4, End(0, 10), False, 6),
        ("no commit: from the oldest kept", None, End(3, 10), False, 7),
        ("no commit, and a group that begins at the end", None, End(3, 10), True, 0),
        ("what it had not read is gone", 2, End(5, 10), False, 5),
        ("an end that may be too low: the commit is believed", 12, End(0, 10, False), False, 0),
        ("a commit of a topic that was deleted", 500, End(0, 10), False, 10),
        ("the same for a group that begins at the end", 500, End(0, 10), True, 0),
        ("an empty topic", None, End(0, 0), False, 0),
    ],
)
def test_one_reading(
    why: str, committed: int | None, end: End, at_end: bool, messages: int
) -> None:
    """Each row says why."""
    book = LinkBook(LagRules(20, begins_at_end=at_end))
    link = book.note({0: committed}, {0: end}, 1.0, 1.0)
    assert link.messages == messages, why
    assert link.partitions[0].committed == committed


READING = st.tuples(
    st.dictionaries(st.integers(0, 3), st.none() | st.integers(0, 1000)),
    st.dictionaries(
        st.integers(0, 3),
        st.tuples(st.integers(0, 500), st.integers(0, 500), st.booleans()).map(
            lambda drawn: End(drawn[0], drawn[0] + drawn[1], drawn[2])
        ),
    ),
)


@given(st.lists(READING, max_size=30))
def test_no_answers_make_a_lag_negative(
    readings: list[tuple[dict[int, int | None], dict[int, End]]],
) -> None:
    """Topics that come, go, grow and shrink."""
    book = LinkBook(RULES)
    for second, (committed, ends) in enumerate(readings):
        link = book.note(committed, ends, float(second), float(second))
        assert link.messages == sum(one.messages for one in link.partitions)
        assert all(one.messages >= 0 for one in link.partitions)
        assert all((one.seconds or 0.0) >= 0.0 for one in link.partitions)
        assert min(link.end_rate, link.commit_rate) >= 0.0
        assert {one.partition for one in link.partitions} == set(ends)


def test_a_topic_made_anew_is_judged_anew() -> None:
    """Its offsets fell; that is no stall, and its lag is that of the new one."""
    book = LinkBook(RULES)
    for second in range(20):
        book.note({0: 1000 + second}, {0: End(0, 1000 + second)}, float(second), 0.0)
    link = book.note({0: None}, {0: End(0, 50)}, 20.0, 0.0)
    assert (link.messages, link.status) == (50, LagStatus.UNKNOWN)
    for second in range(21, 30):
        link = book.note({0: 50}, {0: End(0, 50)}, float(second), 0.0)
    assert (link.messages, link.status) == (0, LagStatus.OK)


def test_partitions_that_come_later_are_counted() -> None:
    """Nobody has committed there yet."""
    book = LinkBook(RULES)
    book.note({0: 10}, {0: End(0, 10)}, 1.0, 1.0)
    link = book.note({0: 10, 1: None}, {0: End(0, 10), 1: End(0, 7)}, 2.0, 2.0)
    assert link.messages == 7


def test_a_reader_that_is_gone_falls_behind_before_our_eyes() -> None:
    """Nothing is frozen when it stops: the end moves, the commit does not."""
    book = LinkBook(RULES)
    link = book.note({0: 0}, {0: End(0, 0)}, 0.0, 0.0)
    for second in range(1, 60):
        link = book.note({0: 0}, {0: End(0, second * 10)}, float(second), float(second))
    assert link.messages == 590
    assert link.status is LagStatus.STALL
    assert link.seconds == pytest.approx(59.0)


def test_the_allowed_lag_counts() -> None:
    """What is allowed is no trouble, as long as it is not old."""
    for allowed, status in ((100, LagStatus.OK), (10, LagStatus.STALL)):
        book = LinkBook(LagRules(allowed))
        link = book.note({0: 0}, {0: End(0, 50)}, 0.0, 0.0)
        for second in range(1, 10):
            link = book.note({0: 0}, {0: End(0, 50)}, float(second), 0.0)
        assert link.status is status


def test_history_is_kept_for_a_quarter_of_an_hour() -> None:
    """For the charts."""
    book = LinkBook(RULES)
    for second in range(2000):
        book.note({0: 0}, {0: End(0, 1)}, float(second), float(second))
    assert len(book.history) == HISTORY_S + 1


def test_tips_are_asked_for_once_they_stand_still() -> None:
    """A moving end is not fetched; one that was found is not fetched again until it moves."""
    book, place = TipBook(), ("t", 0)
    assert book.note_told({place: End(0, 2)}) == []
    assert book.note_told({place: End(0, 5)}) == []
    assert not book.corrected({place: End(0, 5)})[place].is_certain
    assert book.note_told({place: End(0, 5)}) == [place]
    book.note_found(place, 9)
    assert book.corrected({place: End(0, 5)}) == {place: End(0, 9)}
    assert book.note_told({place: End(0, 5)}) == []
    # The next batch of one message: told 10, and that is the truth.
    assert book.note_told({place: End(0, 10)}) == []
    assert book.note_told({place: End(0, 10)}) == [place]


def test_a_tip_never_falls_back_while_its_topic_is_the_same() -> None:
    """And is forgotten when the topic is made anew."""
    book, place = TipBook(), ("t", 0)
    for _ in range(2):
        book.note_told({place: End(0, 5)})
    book.note_found(place, 9)
    book.note_told({place: End(0, 7)})
    assert book.corrected({place: End(0, 7)})[place].latest == 9
    book.note_told({place: End(0, 1)})
    assert book.corrected({place: End(0, 1)})[place].latest == 1


def test_a_topic_made_anew_with_the_same_told_end_is_found_out() -> None:
    """By fetching again: the found end falls."""
    book, place = TipBook(), ("t", 0)
    for _ in range(2):
        book.note_told({place: End(0, 1)})
    book.note_found(place, 30)
    assert book.note_told({place: End(0, 1)}) == []
    book.doubt()
    assert book.note_told({place: End(0, 1)}) == [place]
    assert book.corrected({place: End(0, 1)}) == {place: End(0, 30)}
    book.note_found(place, 12)
    assert book.corrected({place: End(0, 1)}) == {place: End(0, 12)}
    assert book.note_told({place: End(0, 1)}) == []


def test_an_empty_partition_is_not_fetched() -> None:
    """Most dead-letter topics are."""
    book, place = TipBook(), ("t", 0)
    for _ in range(3):
        assert book.note_told({place: End(4, 4)}) == []
    assert book.corrected({place: End(4, 4)})[place].is_certain
