"""What a screen reader is told, asked of Qt as a screen reader asks; and the way of the Tab key."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QButtonGroup,
    QComboBox,
    QLabel,
    QMenu,
    QScrollBar,
    QSplitterHandle,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console import accessibility
from console.accessibility import ROLES
from console.context import ConsoleContext
from console.main_window import MainWindow
from console.page_list import PAGES
from console.widgets.camera_tile import CameraTile
from console.widgets.lag_chart import LagChart, Series
from console.widgets.latency_histogram import LatencyHistogram
from console.widgets.log_pane import LogPane
from console.widgets.topic_track import TopicTrack
from console.widgets.worker_card import WorkerCard
from pipeline.messages import utc_now
from pipeline.settings import demo_settings
from pipeline.telemetry import Frame, Overlay, OverlayBox
from tests.support.console_parts import console_context

ANONYMOUS = QScrollBar | QSplitterHandle | QMenu | QTabBar
"""Qt's own parts, which tell their role without a name."""


@pytest.fixture
def context(qtbot: QtBot) -> Iterator[ConsoleContext]:
    accessibility.install()
    with console_context(qtbot, demo_settings()) as made:
        yield made


def told(widget: QWidget) -> tuple[QAccessible.Role, str, str]:
    """Return role, name and value as a screen reader gets them."""
    interface = QAccessible.queryAccessibleInterface(widget)
    assert interface is not None
    kinds = QAccessible.Text
    return interface.role(), interface.text(kinds.Name), interface.text(kinds.Value)


@pytest.mark.parametrize("key", [spec.key for spec in PAGES])
def test_whatever_takes_the_keyboard_has_a_name(qtbot: QtBot, window: MainWindow, key: str) -> None:
    window.show_page(key)
    qtbot.waitUntil(window.pages.page(key).isVisible)
    nameless = [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in window.findChildren(QWidget)
        if widget.isVisible()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not isinstance(widget, ANONYMOUS)
        and not isinstance(widget.parent(), QComboBox | QAbstractScrollArea)
        and not told(widget)[1]
    ]
    assert nameless == []


def _proxy(widget: QWidget) -> QWidget | None:
    return widget.focusProxy()


def _is_reached_by_arrows(widget: QWidget) -> bool:
    """Of buttons of which one is on, Tab reaches that one."""
    if not isinstance(widget, QAbstractButton) or widget.isChecked():
        return False
    group = _group(widget)
    return widget.autoExclusive() or (group is not None and group.exclusive())


def _group(button: QAbstractButton) -> QButtonGroup | None:
    return button.group()


@pytest.mark.parametrize("key", [spec.key for spec in PAGES])
def test_tab_reaches_everything_and_comes_round(qtbot: QtBot, window: MainWindow, key: str) -> None:
    """In both directions; nothing swallows the key, and no hidden thing gets it."""
    window.show_page(key)
    qtbot.waitUntil(window.pages.page(key).isVisible)
    wanted = {
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisible()
        and widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
        and not isinstance(widget, ANONYMOUS)
        and not isinstance(widget.parent(), QComboBox)
        and _proxy(widget) is None
        and not _is_reached_by_arrows(widget)
    }
    for tab, modifier in (
        (Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier),
    ):
        reached: set[QWidget] = set()
        window.top_bar.start_button.setFocus()
        for _ in range(len(wanted) + 80):
            focus = QApplication.focusWidget() or window
            qtbot.keyClick(focus, tab, modifier)
            now = QApplication.focusWidget()
            assert now is not None
            assert now.isVisible()
            if now in reached and wanted <= reached:
                break
            reached.add(now)
        missed = {f"{type(each).__name__} “{told(each)[1]}”" for each in wanted - reached}
        assert missed == set()


def test_a_camera_tile_tells_what_is_seen(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext
) -> None:
    tile = window.findChildren(CameraTile)[0]
    role, name, value = told(tile)
    assert role is QAccessible.Role.Graphic
    assert name == f"Camera 1: {context.settings.cameras[0].name}"
    assert value.startswith("Stopped")
    assert "F5" in value
    view = context.hub.camera(tile.camera_id, name)
    view.frame = Frame(np.zeros((90, 160, 4), np.uint8), time.monotonic(), 1)
    view.overlay = Overlay((160, 90), (OverlayBox("person", (1, 1, 9, 9), 0.9, 1),), ())
    view.state, view.shown_fps = "live", 14.9
    context.hub.post_verdict(tile.camera_id, 1, "high", "dense-group")
    assert told(tile)[2].startswith("14.9 fps, 1 object")
    assert "group 1 · HIGH" in told(tile)[2]
    context.hub.post_verdict(tile.camera_id, 1, "not_assessed", "")
    assert told(tile)[2].endswith("group 1 · NOT ASSESSED")


def test_cards_and_tracks_tell_their_state(window: MainWindow) -> None:
    role, name, _ = told(window.findChildren(WorkerCard)[0])
    assert (role, name) == (QAccessible.Role.Grouping, "Detection: Stopped")
    role, name, _ = told(window.findChildren(TopicTrack)[0])
    assert role is QAccessible.Role.Button
    assert name.startswith("detection-results")


def test_the_log_pane_reads_out_the_row_of_the_keyboard(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext
) -> None:
    context.log_ring.append(utc_now(), "INFO", "kafka", "first")
    context.log_ring.append(utc_now(), "ERROR", "scheduler", "second")
    window.show_page("logs")
    pane = window.pages.page("logs").findChildren(LogPane)[0]
    qtbot.waitUntil(lambda: pane.row_count >= 2)
    role, name, value = told(pane)
    assert (role, name) == (QAccessible.Role.List, "Log lines")
    assert value.endswith("ERROR scheduler second")
    pane.setFocus()
    qtbot.keyClick(pane, Qt.Key.Key_Home)
    qtbot.keyClick(pane, Qt.Key.Key_Up)
    qtbot.keyClick(pane, Qt.Key.Key_Up)
    qtbot.keyClick(pane, Qt.Key.Key_Up)
    assert told(pane)[2].endswith("INFO kafka first")


def test_charts_tell_their_figures(qtbot: QtBot, context: ConsoleContext) -> None:
    histogram = LatencyHistogram(context.theme)
    qtbot.addWidget(histogram)
    assert told(histogram) == (
        QAccessible.Role.Chart,
        "Latency histogram",
        "Nothing measured yet",
    )
    histogram.set_latencies((4.0, 20.0, 3000.0))
    assert told(histogram)[2] == "4.0 ms – 3.0 s"
    chart = LagChart(context.theme)
    qtbot.addWidget(chart)
    chart.show_series([Series("detection-results", [(time.time(), 1234)])])
    role, name, value = told(chart)
    assert (role, name) == (QAccessible.Role.Chart, "Lag of the last 15 minutes")
    assert value == "detection-results: 1,234"


def test_every_widget_that_has_a_role_exists(window: MainWindow) -> None:
    """A class that was renamed would silently lose its role."""
    for key in (spec.key for spec in PAGES):
        window.pages.page(key)

    def names(kind: type[QWidget]) -> set[str]:
        below: list[type[QWidget]] = kind.__subclasses__()
        return {kind.__name__}.union(*(names(each) for each in below))

    assert set(ROLES) <= names(QWidget)


def test_levels_are_told_in_words_beside_their_colours(window: MainWindow) -> None:
    """Each lamp of the window stands beside a text that says the same."""
    from console.widgets.status_lamp import StatusLamp

    lamps = [lamp for lamp in window.findChildren(StatusLamp) if lamp.isVisible()]
    assert lamps
    for lamp in lamps:
        parent = lamp.parentWidget()
        assert parent is not None
        beside = [
            told(each)[1] or (each.text() if isinstance(each, QLabel) else "")
            for each in parent.findChildren(QWidget)
            if each is not lamp and each.isVisible()
        ]
        assert any(beside), parent


class _Shown(QObject):
    """Notes each window that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_shown = event.type() is QEvent.Type.Show
        if is_shown and isinstance(watched, QWidget) and watched.isWindow():
            self.windows.append(type(watched).__name__)
        return False


@pytest.mark.parametrize("key", [spec.key for spec in PAGES])
def test_no_part_of_a_page_opens_a_window_for_a_blink(
    qapp: QApplication, window: MainWindow, key: str
) -> None:
    """That would take the keyboard away from what somebody types into."""
    shown = _Shown()
    qapp.installEventFilter(shown)
    window.show_page(key)
    qapp.processEvents()
    qapp.removeEventFilter(shown)
    assert shown.windows == []
    assert window.isActiveWindow()
