"""The log pane, used as a person does: reading, scrolling, filtering, copying."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QLineEdit, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.widgets.log_pane import COPY_LIMIT
from console.widgets.log_tail import LogTail
from pipeline.messages import utc_now
from pipeline.settings import Settings

NASTY = "KafkaError{code=_INVALID_ARG} <red>\ud83d\n{0} 警报 \x00 %s"


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def tail(qtbot: QtBot, context: ConsoleContext) -> LogTail:
    made = LogTail(context, "Logs", full=True)
    qtbot.addWidget(made)
    made.resize(900, 240)
    made.show()
    qtbot.waitExposed(made)
    return made


def write(context: ConsoleContext, count: int, level: str = "INFO", worker: str = "kafka") -> None:
    for number in range(count):
        context.log_ring.append(utc_now(), level, worker, f"line {number}")


def test_a_narrow_one_keeps_its_fields_and_leaves_words_away(
    qtbot: QtBot, context: ConsoleContext
) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.resize(900, 200)
    beside = LogTail(context, "Log tail")
    beside.setParent(holder)
    beside.resize(444, 200)
    holder.show()
    level = next(box for box in beside.findChildren(QComboBox) if box.accessibleName() == "Level")
    qtbot.waitUntil(lambda: level.width() >= level.minimumSizeHint().width())

    def words() -> list[str]:
        return [label.text() for label in beside.findChildren(QLabel) if label.isVisible()]

    assert "Log tail" not in words()
    beside.resize(900, 200)
    qtbot.waitUntil(lambda: "Log tail" in words())


def shown(tail: LogTail) -> int:
    return tail.pane.row_count


def test_lines_appear_and_the_newest_is_followed(
    qtbot: QtBot, context: ConsoleContext, tail: LogTail
) -> None:
    write(context, 500)
    qtbot.waitUntil(lambda: shown(tail) == 500)
    bar = tail.pane.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0


def test_where_no_line_is_shown_it_says_why(
    qtbot: QtBot, context: ConsoleContext, tail: LogTail
) -> None:
    assert "as workers start" in tail.pane.empty_text
    write(context, 5)
    qtbot.waitUntil(lambda: shown(tail) == 5)
    tail.show_worker("detection")
    qtbot.waitUntil(lambda: tail.pane.empty_text == "No line passes the filter above.")
    assert shown(tail) == 0


def test_scrolling_up_lets_go_and_end_follows_again(
    qtbot: QtBot, context: ConsoleContext, tail: LogTail
) -> None:
    write(context, 500)
    qtbot.waitUntil(lambda: shown(tail) == 500)
    tail.pane.setFocus()
    qtbot.keyClick(tail.pane, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: not tail.pane.follows)
    write(context, 100)
    qtbot.waitUntil(lambda: shown(tail) == 600)
    bar = tail.pane.verticalScrollBar()
    assert bar.value() == 0
    qtbot.keyClick(tail.pane, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: tail.pane.follows)
    assert bar.value() == bar.maximum()


def test_filters_by_worker_level_and_text(
    qtbot: QtBot, context: ConsoleContext, tail: LogTail
) -> None:
    write(context, 10, "INFO", "detection")
    write(context, 5, "ERROR", "kafka")
    qtbot.waitUntil(lambda: shown(tail) == 15)
    worker, level = tail.findChildren(QComboBox)
    qtbot.keyClicks(worker, "kafka")
    qtbot.waitUntil(lambda: shown(tail) == 5)
    qtbot.keyClick(worker, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: shown(tail) == 15)
    qtbot.keyClick(level, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shown(tail) == 5)
    qtbot.keyClick(level, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: shown(tail) == 15)
    text = tail.findChild(QLineEdit)
    assert isinstance(text, QLineEdit)
    qtbot.keyClicks(text, "LINE 3")
    qtbot.waitUntil(lambda: shown(tail) == 2)


def test_a_wrong_pattern_is_told_beside_the_field(
    qtbot: QtBot, context: ConsoleContext, tail: LogTail
) -> None:
    write(context, 3)
    qtbot.waitUntil(lambda: shown(tail) == 3)
    regex = next(b for b in tail.findChildren(QToolButton) if b.text() == ".*")
    qtbot.mouseClick(regex, Qt.MouseButton.LeftButton)
    text = tail.findChild(QLineEdit)
    assert isinstance(text, QLineEdit)
    qtbot.keyClicks(text, "(")
    qtbot.waitUntil(lambda: text.property("level") == "danger")
    assert shown(tail) == 3


def test_selected_lines_are_copied_in_full(
    qtbot: QtBot, context: ConsoleContext, tail: LogTail
) -> None:
    write(context, 2)
    qtbot.waitUntil(lambda: shown(tail) == 2)
    tail.pane.setFocus()
    qtbot.keyClick(tail.pane, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(tail.pane, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text().splitlines()
    assert [line.rsplit(" ", 2)[-2:] for line in copied] == [["line", "0"], ["line", "1"]]
    assert any(label.text().startswith("2 line") for label in tail.findChildren(QLabel))


def test_f3_goes_to_the_next_error(qtbot: QtBot, context: ConsoleContext, tail: LogTail) -> None:
    write(context, 200)
    write(context, 1, "ERROR")
    write(context, 200)
    qtbot.waitUntil(lambda: shown(tail) == 401)
    tail.pane.setFocus()
    qtbot.keyClick(tail.pane, Qt.Key.Key_F3)
    assert " ERROR " in tail.pane.selected_text()
    assert not tail.pane.follows


def test_any_message_is_drawn_and_copied_harmlessly(
    qtbot: QtBot, context: ConsoleContext, tail: LogTail
) -> None:
    context.log_ring.append(utc_now(), "ERROR", "kafka", NASTY)
    qtbot.waitUntil(lambda: shown(tail) == 1)
    assert not tail.grab().isNull()
    tail.pane.select_all()
    tail.pane.copy()
    assert "KafkaError{code=_INVALID_ARG} <red>" in QGuiApplication.clipboard().text()


def test_clearing_empties_the_view_only(
    qtbot: QtBot, context: ConsoleContext, tail: LogTail
) -> None:
    write(context, 3)
    qtbot.waitUntil(lambda: shown(tail) == 3)
    clear = next(
        b for b in tail.findChildren(QToolButton) if b.accessibleName().startswith("Clear")
    )
    qtbot.mouseClick(clear, Qt.MouseButton.LeftButton)
    assert shown(tail) == 0
    assert len(context.log_ring.since(0)) == 3


def button(tail: LogTail, name: str) -> QToolButton:
    return next(b for b in tail.findChildren(QToolButton) if b.accessibleName().startswith(name))


def test_what_the_filter_leaves_is_saved_as_it_is_shown(
    qtbot: QtBot, context: ConsoleContext, tail: LogTail, tmp_path: Path
) -> None:
    write(context, 5, "INFO", "detection")
    write(context, 2, "ERROR", "kafka")
    _, level = tail.findChildren(QComboBox)
    qtbot.keyClick(level, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shown(tail) == 2)
    qtbot.mouseClick(button(tail, "Save the lines"), Qt.MouseButton.LeftButton)
    dialog = tail.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    target = tmp_path / "lines.txt"
    dialog.fileSelected.emit(str(target))
    dialog.reject()
    qtbot.waitUntil(target.exists)
    text = target.read_text(encoding="utf-8").splitlines()
    assert [each.split(" ", 2)[2] for each in text] == ["ERROR kafka line 0", "ERROR kafka line 1"]
    qtbot.waitUntil(
        lambda: any("2 lines saved" in label.text() for label in tail.findChildren(QLabel))
    )


def test_going_back_ten_minutes(qtbot: QtBot, context: ConsoleContext, tail: LogTail) -> None:
    now = datetime.now().astimezone()
    for minutes in (30, 20, 11, 9, 5, 1):
        moment = now - timedelta(minutes=minutes)
        context.log_ring.append(moment, "INFO", "kafka", f"{minutes} minutes ago")
    qtbot.waitUntil(lambda: shown(tail) == 6)
    menu = button(tail, "Go back").menu()
    assert menu is not None
    menu.actions()[1].trigger()
    assert tail.pane.selected_text().endswith("9 minutes ago")
    assert not tail.pane.follows


def test_no_further_error_is_told(qtbot: QtBot, context: ConsoleContext, tail: LogTail) -> None:
    write(context, 3)
    qtbot.waitUntil(lambda: shown(tail) == 3)
    tail.focus_filter()
    qtbot.keyClick(tail, Qt.Key.Key_F3)
    assert any("No error" in label.text() for label in tail.findChildren(QLabel))


def test_a_hidden_pane_does_nothing_and_catches_up(
    qtbot: QtBot, context: ConsoleContext, tail: LogTail
) -> None:
    write(context, 3)
    qtbot.waitUntil(lambda: shown(tail) == 3)
    tail.hide()
    write(context, 30_000)
    qtbot.wait(120)
    assert shown(tail) == 3
    tail.show()
    qtbot.waitUntil(lambda: shown(tail) == 30_003)


def test_too_many_lines_for_the_clipboard_are_refused_in_words(
    qtbot: QtBot, context: ConsoleContext, tail: LogTail
) -> None:
    write(context, COPY_LIMIT + 1)
    qtbot.waitUntil(lambda: shown(tail) == COPY_LIMIT + 1)
    QGuiApplication.clipboard().setText("before")
    tail.pane.setFocus()
    qtbot.keyClick(tail.pane, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(tail.pane, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "before"
    assert any("Too many" in label.text() for label in tail.findChildren(QLabel))
