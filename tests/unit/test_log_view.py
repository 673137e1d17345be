"""The lines a log pane shows: filtered, in order, bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.models.log_filter import LogFilter, LogFilterError
from console.models.log_view import LogView, one_line
from pipeline.log_ring import LogRing

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BLOCK = 8


def small_ring(capacity: int = 10_000) -> LogRing:
    return LogRing(capacity, block_lines=BLOCK)


def write(ring: LogRing, count: int, level: str = "INFO", worker: str = "kafka") -> None:
    for _ in range(count):
        ring.append(NOW, level, worker, f"message {ring.last_sequence + 1}")


def work_off(view: LogView) -> None:
    while view.is_filtering:
        view.filter_slice(0.0)


def test_new_lines_pass_the_filter_or_not() -> None:
    ring = small_ring()
    view = LogView(ring)
    write(ring, 3)
    write(ring, 2, level="DEBUG")
    assert view.pull() == (3, 0)
    assert list(view.shown) == [1, 2, 3]
    assert view.total == 5


LINES = st.lists(
    st.tuples(
        st.sampled_from(["DEBUG", "INFO", "ERROR", "Level 37"]),
        st.sampled_from(["a", "b"]),
        st.text(st.sampled_from("abAB\n.(İ警"), max_size=6),
    ),
    max_size=40,
)


@given(
    LINES,
    st.sampled_from(["DEBUG", "INFO", "ERROR"]),
    st.sampled_from(["", "a"]),
    st.text(st.sampled_from("abAB.(警"), max_size=2),
    st.integers(0, 40),
)
def test_filtering_in_slices_gives_what_looking_at_each_line_gives(
    lines: list[tuple[str, str, str]], level: str, worker: str, text: str, before: int
) -> None:
    """Whether a line is in a packed block or not, came before the filter or after it."""
    ring = small_ring()
    view = LogView(ring)
    wanted = LogFilter(level, worker, text)
    for each in lines[:before]:
        ring.append(NOW, *each)
    view.set_filter(wanted)
    for each in lines[before:]:
        ring.append(NOW, *each)
        view.pull()
    work_off(view)
    expected = [
        number
        for number, (of_level, of_worker, message) in enumerate(lines, 1)
        if wanted.takes(of_level, of_worker) and text.lower() in message.lower()
    ]
    assert list(view.shown) == expected


def test_lines_that_come_while_a_filter_is_worked_off_stay_in_order() -> None:
    ring = small_ring()
    view = LogView(ring)
    write(ring, 50)
    view.set_filter(LogFilter(text="message"))
    assert view.filter_slice(0.0) > 0
    assert 0 < view.progress < 1
    write(ring, 5)
    view.pull()
    work_off(view)
    assert list(view.shown) == list(range(1, 56))
    assert view.progress == 1


def test_after_a_long_absence_the_newest_lines_come_first() -> None:
    ring = LogRing()
    view = LogView(ring)
    write(ring, 20_000)
    view.pull()
    assert view.is_filtering
    view.filter_slice(0.0)
    assert view.shown[-1] == 20_000
    work_off(view)
    assert len(view.shown) == 20_000


def test_a_pattern_and_a_text_with_special_characters() -> None:
    ring = small_ring()
    view = LogView(ring)
    for message in ("message (1)", "message 1", "Message 2"):
        ring.append(NOW, "INFO", "a", message)
    view.set_filter(LogFilter(text="MESSAGE (1)"))
    work_off(view)
    assert list(view.shown) == [1]
    view.set_filter(LogFilter(text="message [12]$", regex=True))
    work_off(view)
    assert list(view.shown) == [2, 3]


def test_a_wrong_pattern_is_told_and_changes_nothing() -> None:
    ring = small_ring()
    view = LogView(ring)
    write(ring, 2)
    view.pull()
    with pytest.raises(LogFilterError):
        view.set_filter(LogFilter(text="(", regex=True))
    assert len(view.shown) == 2


def test_lines_that_the_ring_drops_go_from_the_view() -> None:
    ring = small_ring(capacity=16)
    view = LogView(ring)
    write(ring, 16)
    view.pull()
    write(ring, 16)
    shown, gone = view.pull()
    assert (shown, gone) == (16, ring.first_sequence - 1)
    assert view.shown[0] == ring.first_sequence
    assert view.total == len(view.shown)
    assert view.line(0) is not None


def test_clearing_hides_what_was_there_from_later_filters_too() -> None:
    ring = small_ring()
    view = LogView(ring)
    write(ring, 20)
    view.pull()
    view.clear()
    write(ring, 3)
    view.pull()
    view.set_filter(LogFilter(text="message"))
    work_off(view)
    assert list(view.shown) == [21, 22, 23]
    assert view.total == 3


def test_errors_are_found_forwards_and_backwards() -> None:
    ring = small_ring()
    view = LogView(ring)
    write(ring, 30)
    write(ring, 1, level="ERROR")
    write(ring, 1, level="DEBUG")
    write(ring, 20)
    write(ring, 1, level="CRITICAL")
    write(ring, 5)
    view.pull()
    assert view.next_error(-1) == 30
    assert view.next_error(30) == 51
    assert view.next_error(51) is None
    assert view.next_error(51, forward=False) == 30
    assert view.next_error(30, forward=False) is None


def test_an_error_that_the_filter_hides_is_passed_over() -> None:
    ring = small_ring()
    view = LogView(ring)
    write(ring, 3, worker="scheduler")
    write(ring, 1, level="ERROR", worker="kafka")
    write(ring, 1, level="ERROR", worker="scheduler")
    view.set_filter(LogFilter(worker="scheduler"))
    work_off(view)
    assert view.next_error(-1) == 3


def test_a_moment_is_found() -> None:
    ring = small_ring()
    view = LogView(ring)
    for minute in range(30):
        ring.append(NOW + timedelta(minutes=minute), "INFO", "a", "text")
    view.pull()
    assert view.row_at_time((NOW + timedelta(minutes=12)).timestamp()) == 12
    assert view.row_at_time((NOW + timedelta(hours=2)).timestamp()) == 30


@given(st.text())
def test_every_message_becomes_one_line_that_can_be_painted(message: str) -> None:
    assert all(c.isprintable() for c in one_line(message))
