"""The lines a log pane shows: filtered, in order, bounded."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.models.log_view import TRIM_LINES, LogFilter, LogFilterError, LogView, one_line
from pipeline.log_ring import LogLine

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def lines(count: int, start: int = 1, level: str = "INFO", worker: str = "kafka") -> list[LogLine]:
    return [
        LogLine(number, NOW, level, worker, f"message {number}")
        for number in range(start, start + count)
    ]


def work_off(view: LogView, slice_lines: int = 7) -> None:
    while view.is_filtering:
        view.filter_slice(slice_lines)


def test_new_lines_pass_the_filter_or_not() -> None:
    view = LogView()
    view.append(lines(3))
    view.append(lines(2, start=4, level="DEBUG"))
    assert [line.sequence for line in view.shown] == [1, 2, 3]
    assert view.total == 5


@given(
    st.lists(
        st.tuples(st.sampled_from(["DEBUG", "INFO", "ERROR"]), st.sampled_from(["a", "b"])),
        max_size=60,
    ),
    st.sampled_from(["DEBUG", "INFO", "ERROR"]),
    st.sampled_from(["", "a"]),
    st.integers(1, 20),
)
def test_filtering_in_slices_gives_what_filtering_at_once_gives(
    kinds: list[tuple[str, str]], level: str, worker: str, slice_lines: int
) -> None:
    view = LogView()
    everything = [
        LogLine(number, NOW, kind, name, "text") for number, (kind, name) in enumerate(kinds, 1)
    ]
    view.append(everything)
    wanted = LogFilter(min_level=level, worker=worker)
    view.set_filter(wanted)
    work_off(view, slice_lines)
    assert view.shown == [line for line in everything if wanted.matcher()(line)]


def test_lines_that_come_while_a_filter_is_worked_off_stay_in_order() -> None:
    view = LogView()
    view.append(lines(50))
    view.set_filter(LogFilter(text="message"))
    view.filter_slice(10)
    view.append(lines(5, start=51))
    work_off(view)
    assert [line.sequence for line in view.shown] == list(range(1, 56))


def test_text_is_found_in_any_case_and_is_no_pattern_unless_asked() -> None:
    plain = LogFilter(text="MESSAGE (1)").matcher()
    assert plain(LogLine(1, NOW, "INFO", "a", "message (1)"))
    assert not plain(LogLine(1, NOW, "INFO", "a", "message 1"))
    pattern = LogFilter(text="message [12]$", regex=True).matcher()
    assert pattern(LogLine(1, NOW, "INFO", "a", "Message 2"))


def test_a_wrong_pattern_is_told_and_changes_nothing() -> None:
    view = LogView()
    view.append(lines(2))
    with pytest.raises(LogFilterError):
        view.set_filter(LogFilter(text="(", regex=True))
    assert len(view.shown) == 2


def test_the_oldest_lines_go_when_there_are_too_many() -> None:
    view = LogView(capacity=100)
    view.append(lines(100))
    _, gone = view.append(lines(TRIM_LINES, start=101))
    assert gone == TRIM_LINES
    assert view.total == 100
    assert view.shown[0].sequence == TRIM_LINES + 1


def test_errors_are_found_forwards_and_backwards() -> None:
    view = LogView()
    view.append(lines(3))
    view.append(lines(1, start=4, level="ERROR"))
    view.append(lines(2, start=5))
    view.append(lines(1, start=7, level="ERROR"))
    assert view.next_error(-1) == 3
    assert view.next_error(3) == 6
    assert view.next_error(6) is None
    assert view.next_error(6, forward=False) == 3


@given(st.text())
def test_every_message_becomes_one_line_that_can_be_painted(message: str) -> None:
    assert all(c.isprintable() for c in one_line(message))
