"""The main window for tests, and finding and pressing things in it as a person does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from console.app import Console
from console.context import ConsoleContext
from console.main_window import MainWindow
from console.ui_gap import UiGap

WAIT_MS = 30_000
WidgetT = TypeVar("WidgetT", bound=QWidget)


@contextmanager
def shown_window(qtbot: QtBot, context: ConsoleContext) -> Iterator[MainWindow]:
    """Give a window, made and shown as the program does; it is gone at the end."""
    gap = UiGap()
    gap.start()
    window = MainWindow(context, gap)
    gap.setParent(window)
    with qtbot.waitExposed(window):
        window.show()
    window.open_first_page()
    with qtbot.waitActive(window):  # shortcuts are the active window's
        window.activateWindow()
    yield window
    window.exporter.wait()
    window.hide()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def close_console(console: Console) -> None:
    """Wait for its threads, which have to end, and have it gone with all of its widgets."""
    assert console.close()
    console.context.theme.deleteLater()
    console.window.deleteLater()
    console.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def shown(qtbot: QtBot, widget: WidgetT, width: int, height: int) -> WidgetT:
    """Show a page or another part alone, in front, so that it takes the keyboard; return it."""
    qtbot.addWidget(widget)
    widget.resize(width, height)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    return widget


def dialog(qtbot: QtBot, kind: type[WidgetT]) -> WidgetT:
    """Wait for a dialog and return it."""
    found: list[WidgetT] = []

    def look() -> bool:
        found[:] = [each for each in QApplication.topLevelWidgets() if isinstance(each, kind)]
        found[:] = [each for each in found if each.isVisible()]
        return bool(found)

    qtbot.waitUntil(look, timeout=WAIT_MS)
    return found[0]


def press(qtbot: QtBot, holder: QWidget, words: str) -> None:
    """Click the button with these words on it."""
    buttons = [each for each in holder.findChildren(QPushButton) if words in each.text()]
    assert len(buttons) == 1, [each.text() for each in holder.findChildren(QPushButton)]
    qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton)


def pick(qtbot: QtBot, holder: QWidget, words: str) -> QAbstractButton:
    """Click the button, radio button or check box whose text begins with these words."""
    buttons = [
        each
        for each in holder.findChildren(QAbstractButton)
        if each.text().startswith(words) and each.isVisible()
    ]
    assert len(buttons) == 1, [each.text() for each in holder.findChildren(QAbstractButton)]
    # Where a radio button is pressed counts: not beside its words.
    spot = buttons[0].rect().center()
    spot.setX(min(spot.x(), 12))
    qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton, pos=spot)
    return buttons[0]
