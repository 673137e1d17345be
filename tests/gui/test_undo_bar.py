"""What was done is offered to be taken back: once, and as long as it is offered."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from console.widgets import undo_bar
from console.widgets.undo_bar import UndoBar
from tests.support.windows import shown

CONTROL = Qt.KeyboardModifier.ControlModifier


def bar_in_a_page(qtbot: QtBot) -> tuple[UndoBar, QWidget]:
    page = QWidget()
    bar = UndoBar()
    bar.listen(page)
    column = QVBoxLayout(page)
    column.addWidget(bar)
    column.addWidget(QPushButton("something else"))
    return bar, shown(qtbot, page, 400, 200)


def test_it_is_taken_back_once_however_often_it_is_asked(qtbot: QtBot) -> None:
    bar, page = bar_in_a_page(qtbot)
    taken: list[str] = []
    bar.offer("Gate was removed.", lambda: taken.append("gate"))
    qtbot.keyClick(page, Qt.Key.Key_Z, CONTROL)
    qtbot.keyClick(page, Qt.Key.Key_Z, CONTROL)
    assert taken == ["gate"]
    assert not bar.isVisible()


def test_the_last_of_two_is_what_is_taken_back(qtbot: QtBot) -> None:
    bar, page = bar_in_a_page(qtbot)
    taken: list[str] = []
    bar.offer("Gate was removed.", lambda: taken.append("gate"))
    bar.offer("Bridge was removed.", lambda: taken.append("bridge"))
    button = next(b for b in bar.findChildren(QPushButton) if b.isVisible())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.keyClick(page, Qt.Key.Key_Z, CONTROL)
    assert taken == ["bridge"]


def test_what_is_not_offered_any_more_is_not_done_by_the_key(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quarter of an hour later nobody knows what Ctrl+Z would take back."""
    monkeypatch.setattr(undo_bar, "SHOWN_MS", 50)
    bar, page = bar_in_a_page(qtbot)
    taken: list[str] = []
    bar.offer("Gate was removed.", lambda: taken.append("gate"))
    qtbot.waitUntil(lambda: not bar.isVisible())
    qtbot.keyClick(page, Qt.Key.Key_Z, CONTROL)
    assert taken == []


def test_news_that_cannot_be_taken_back_end_the_offer(qtbot: QtBot) -> None:
    bar, page = bar_in_a_page(qtbot)
    taken: list[str] = []
    bar.offer("Gate was removed.", lambda: taken.append("gate"))
    bar.tell("The settings cannot be saved.")
    assert not any(b.isVisible() for b in bar.findChildren(QPushButton))
    qtbot.keyClick(page, Qt.Key.Key_Z, CONTROL)
    assert taken == []
