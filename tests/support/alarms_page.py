"""The page of alarms for tests: its store, and what a person sees and presses on it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console.pages.alarms import AlarmsPage
from console.widgets.alarm_table import AlarmTable


def ids(page: AlarmsPage) -> list[str]:
    return [entry.alarm.alarm_id for entry in page.findChildren(AlarmTable)[0].entries()]


def named(page: QWidget, kind: type[QWidget], name: str) -> QWidget:
    return next(one for one in page.findChildren(kind) if one.accessibleName() == name)


def button(page: QWidget, text: str) -> QPushButton:
    return next(
        one for one in page.findChildren(QPushButton) if one.text() == text and one.isVisible()
    )


def shown_texts(page: QWidget) -> list[str]:
    return [label.text() for label in page.findChildren(QLabel) if label.isVisible()]


def choose(
    qtbot: QtBot,
    page: QWidget,
    filter_name: str,
    text: str,
    key: Qt.Key = Qt.Key.Key_Down,
) -> None:
    """Choose in a box by going down, or up, as one does with the keyboard."""
    box = named(page, QComboBox, filter_name)
    assert isinstance(box, QComboBox)
    box.setFocus()
    for _ in range(box.count()):
        if box.currentText() == text:
            return
        qtbot.keyClick(box, key)
    assert box.currentText() == text


def click_row(qtbot: QtBot, page: AlarmsPage, row: int) -> None:
    table = page.findChildren(AlarmTable)[0]
    item = table.topLevelItem(row)
    assert item is not None
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualItemRect(item).center()
    )
