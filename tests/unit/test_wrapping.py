"""Lines of a text: words stay whole, Chinese is broken between its characters."""

from __future__ import annotations

from console.wrapping import wrapped


def test_words_stay_whole_and_lines_keep_to_the_width() -> None:
    text = wrapped("batches are bounded by consume(num_messages=N, timeout=T)", 30)
    assert text.split("\n") == ["batches are bounded by", "consume(num_messages=N,", "timeout=T)"]


def test_chinese_takes_twice_the_room_and_its_marks_begin_no_line() -> None:
    assert wrapped("没有对应项，批次大小", 10).split("\n") == ["没有对应项，", "批次大小"]


def test_a_word_that_is_too_long_is_broken() -> None:
    assert max(len(line) for line in wrapped("x" * 100, 40).split("\n")) == 40


def test_lines_that_are_there_stay() -> None:
    assert wrapped("one\n\ntwo", 40) == "one\n\ntwo"
