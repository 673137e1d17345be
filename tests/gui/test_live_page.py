"""How the live page shares its room between wall, alarms and log."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QSplitter
from pytestqt.qtbot import QtBot

from console.main_window import MainWindow
from console.widgets.alarm_list import AlarmList
from console.widgets.log_tail import LogTail

MakeWindow = Callable[[], MainWindow]


def extents(window: MainWindow) -> tuple[int, int]:
    """Return the width of the alarms and the height of the log beside and below the wall."""
    alarms = window.findChildren(AlarmList)[0]
    log = window.findChildren(LogTail)[0]
    return alarms.width(), log.height()


def test_the_wall_has_the_most_of_small_and_of_large_windows(
    qtbot: QtBot, make_window: MakeWindow
) -> None:
    window = make_window()
    window.show_page("live")
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: extents(window)[1] <= 130)
    assert extents(window)[0] == 344
    window.resize(2560, 1440)
    qtbot.waitUntil(lambda: extents(window)[0] > 400)
    assert extents(window)[1] == 172
    window.resize(window.minimumSize())
    qtbot.waitUntil(lambda: extents(window)[0] < 300)


def test_an_edge_that_was_dragged_stays_there(qtbot: QtBot, make_window: MakeWindow) -> None:
    window = make_window()
    window.show_page("live")
    window.resize(1440, 900)
    handle = window.findChildren(LogTail)[0].parentWidget()
    assert isinstance(handle, QSplitter)
    edge = handle.handle(1)
    before = extents(window)[1]
    qtbot.mousePress(edge, Qt.MouseButton.LeftButton, pos=QPoint(300, 0))
    qtbot.mouseMove(edge, QPoint(300, -80))
    qtbot.mouseRelease(edge, Qt.MouseButton.LeftButton, pos=QPoint(300, -80))
    qtbot.waitUntil(lambda: extents(window)[1] > before + 40)
    dragged = extents(window)[1]
    window.resize(1440, 800)
    qtbot.waitUntil(lambda: window.height() == 800)
    assert extents(window)[1] == dragged
    window.show_page("logs")
    again = make_window()
    again.resize(1440, 900)
    again.show_page("live")
    qtbot.waitUntil(lambda: extents(again)[1] == dragged)
