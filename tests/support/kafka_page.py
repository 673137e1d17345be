"""The Kafka page for tests: shown, typed into and read as a person does."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.kafka import KafkaPage
from console.widgets.property_completer import PropertyCompleter
from console.widgets.property_editor import PropertyEditor
from tests.support.windows import shown

LAG, CONNECTION, PROPERTIES = range(3)
SECRET = "planted-4711-secret"
WAIT_MS = 20_000
WidgetT = TypeVar("WidgetT", bound=QWidget)


def show_page(qtbot: QtBot, context: ConsoleContext, tab: int = PROPERTIES) -> KafkaPage:
    made = shown(qtbot, KafkaPage(context), 1200, 640)
    open_tab(qtbot, made, tab)
    return made


def open_tab(qtbot: QtBot, page: KafkaPage, tab: int) -> None:
    bar = only(page, QTabWidget).tabBar()
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(tab).center())


def only(page: QWidget, kind: type[WidgetT]) -> WidgetT:
    return page.findChildren(kind)[0]


def editor(page: KafkaPage) -> PropertyEditor:
    return only(page, PropertyEditor)


def buttons(page: QWidget, text: str) -> list[QPushButton]:
    return [b for b in page.findChildren(QPushButton) if b.text() == text and b.isVisible()]


def press(qtbot: QtBot, page: QWidget, text: str) -> None:
    (button,) = buttons(page, text)
    qtbot.waitUntil(button.isEnabled, timeout=WAIT_MS)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def named(page: QWidget, kind: type[WidgetT], name: str) -> WidgetT:
    return next(one for one in page.findChildren(kind) if one.accessibleName() == name)


def write(qtbot: QtBot, page: QWidget, name: str, text: str) -> None:
    field = named(page, QLineEdit, name)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Tab)


def choose(qtbot: QtBot, page: QWidget, name: str, words: str) -> None:
    """Choose by the keyboard."""
    box = named(page, QComboBox, name)
    box.setFocus()
    for _ in range(box.count()):
        if box.currentText() == words:
            return
        qtbot.keyClick(box, Qt.Key.Key_Down)
    box.setFocus()
    for _ in range(box.count()):
        if box.currentText() == words:
            return
        qtbot.keyClick(box, Qt.Key.Key_Up)
    raise AssertionError(words)


def type_lines(qtbot: QtBot, page: KafkaPage, section: str, *lines: str) -> None:
    """Type lines below the heading of a section, without taking what is offered."""
    edit = editor(page)
    heading = edit.toPlainText().split("\n").index(f"[{section}]") + 1
    edit.go_to(heading)
    for line in lines:
        qtbot.keyClick(edit, Qt.Key.Key_Return)
        qtbot.keyClicks(edit, line)
        popup = edit.findChildren(PropertyCompleter)[0].list
        if popup.isVisible():
            qtbot.keyClick(popup, Qt.Key.Key_Escape)
    # The offscreen platform leaves the list active, others never activate it.
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)


def texts(page: QWidget) -> str:
    labels = [one.text() for one in page.findChildren(QLabel) if one.isVisible()]
    return "\n".join(labels)


def everything_shown(page: QWidget) -> str:
    """Return every word of a page, in sight or not, tooltips and what screen readers hear."""
    found = []
    for one in [page, *page.findChildren(QWidget)]:
        found += [one.toolTip(), one.accessibleName(), one.accessibleDescription()]
        for name in ("text", "placeholderText", "toPlainText"):
            read = getattr(one, name, None)
            if read is not None:
                found.append(str(read()))
    return "\n".join(found)


def underlined(page: KafkaPage) -> list[str]:
    return [mark.cursor.selectedText() for mark in editor(page).extraSelections()]


def wait_for(qtbot: QtBot, page: QWidget, words: str) -> None:
    qtbot.waitUntil(lambda: words in texts(page), timeout=WAIT_MS)


def choose_cluster(qtbot: QtBot, page: KafkaPage, servers: str) -> None:
    open_tab(qtbot, page, CONNECTION)
    choose(qtbot, page, "Broker", "Kafka cluster")
    write(qtbot, page, "Bootstrap servers", servers)


def with_login(qtbot: QtBot, page: KafkaPage) -> None:
    choose(qtbot, page, "SASL mechanism", "SCRAM-SHA-512")
    write(qtbot, page, "User", "signalbox")
    write(qtbot, page, "Password", SECRET)
