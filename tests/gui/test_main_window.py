"""The window as a whole: keys, pages, bars, notices and the drawer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QScrollArea,
    QTabBar,
    QToolButton,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console.about import AboutDialog
from console.context import ConsoleContext
from console.main_window import MainWindow
from console.page_list import PAGES
from console.pages.kafka import KafkaPage
from console.pages.live import LivePage
from console.pages.logs import LogsPage
from console.pages.pipeline import PipelinePage
from console.widgets.camera_dialog import CameraDialog
from console.widgets.camera_tile import CameraTile
from console.widgets.camera_wall import CameraWall
from console.widgets.elided_label import ElidedLabel
from console.widgets.log_pane import LogPane
from console.widgets.notice_bar import NoticeBar
from console.widgets.worker_card import WorkerCard
from console.widgets.worker_details import WorkerDetails
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.telemetry import DAMAGED_LABEL
from pipeline.texts import verbatim
from tests.support.windows import dialog, press

WAIT_MS = 30_000


MakeWindow = Callable[[], MainWindow]


def test_a_damaged_alarm_database_is_said_in_the_window(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext
) -> None:
    context.hub.workers[WorkerName.AGGREGATOR].label(DAMAGED_LABEL, "alarms.db.damaged-1")
    qtbot.waitUntil(
        lambda: any(
            "It is kept as alarms.db.damaged-1" in label.text()
            for notice in window.findChildren(NoticeBar)
            for label in notice.findChildren(QLabel)
        )
    )


@pytest.mark.parametrize("number", range(1, len(PAGES) + 1))
def test_ctrl_and_a_number_opens_the_page(qtbot: QtBot, window: MainWindow, number: int) -> None:
    key = PAGES[number - 1].key
    qtbot.keyClick(window, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.ControlModifier)
    assert window.page_key == key
    assert window.rail.button(key).isChecked()
    page = window.pages.page(key)
    assert page.isVisible()
    texts = [label.text() for label in page.findChildren(QLabel) if label.isVisible()]
    assert texts or key == "live"


def test_the_keys_of_a_page_lead_into_it_and_not_to_any_button(
    qtbot: QtBot, window: MainWindow
) -> None:
    begins: dict[str, type[QWidget]] = {
        "live": CameraTile,
        "pipeline": QTabBar,
        "kafka": QTabBar,
        "logs": LogPane,
        "cameras": QTreeWidget,
        "settings": QListWidget,
    }
    for number, spec in enumerate(PAGES, start=1):
        if spec.key in begins:
            key = Qt.Key(Qt.Key.Key_0 + number)
            qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
            assert isinstance(window.focusWidget(), begins[spec.key]), spec.key


def test_a_click_on_the_rail_opens_the_page(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.mouseClick(window.rail.button("kafka"), Qt.MouseButton.LeftButton)
    assert isinstance(window.pages.page(window.page_key), KafkaPage)
    qtbot.mouseClick(window.rail.button("live"), Qt.MouseButton.LeftButton)
    assert isinstance(window.pages.page(window.page_key), LivePage)


def test_a_topic_a_worker_and_a_log_lead_to_their_pages(window: MainWindow) -> None:
    window.track.topic_opened.emit("assessment-tasks")
    assert isinstance(window.pages.page(window.page_key), KafkaPage)
    window.drawer.page_asked.emit(WorkerName.SCHEDULER)
    page = window.pages.page(window.page_key)
    assert isinstance(page, PipelinePage)
    assert any(
        "Scheduler" in child.accessibleName()
        for child in page.findChildren(QWidget)
        if child.isVisible()
    )
    window.track.log_asked.emit(WorkerName.SCHEDULER)
    assert isinstance(window.pages.page(window.page_key), LogsPage)


def test_ctrl_f_puts_the_cursor_into_the_filter(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("logs")
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert isinstance(window.focusWidget(), QLineEdit)


def test_keys_of_the_page_in_front_are_heard_wherever_the_focus_is(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _: str(tmp_path))
    lamp = window.top_bar.broker_lamp
    window.show_page("cameras")
    window.show_page("live")
    lamp.setFocus()
    (wall,) = window.pages.page("live").findChildren(CameraWall)
    with qtbot.waitSignal(wall.snapshot_saved):
        qtbot.keyClick(lamp, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(lamp, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert not window.findChildren(CameraDialog)  # that of a page behind
    window.show_page("cameras")
    qtbot.keyClick(lamp, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert dialog(qtbot, CameraDialog).isVisible()


def test_f1_shows_help_that_names_the_keys(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    shown = dialog(qtbot, QDialog)
    assert "Shift+F5" in shown.findChildren(QLabel)[0].text()
    qtbot.keyClick(shown, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not [w for w in QApplication.topLevelWidgets() if w is shown])


@pytest.mark.parametrize(("page", "word"), [("logs", "F3"), ("kafka", "lag"), ("live", "camera")])
def test_help_begins_with_the_page_in_front(
    qtbot: QtBot, window: MainWindow, page: str, word: str
) -> None:
    window.show_page(page)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    shown = dialog(qtbot, QDialog)
    first = shown.findChildren(QLabel)[0].text().partition("</p>")[0]
    assert first.lower().startswith(f"<p>{page}")
    assert word in first
    qtbot.keyClick(shown, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(QDialog))


def test_the_version_leads_to_versions_and_licences(qtbot: QtBot, window: MainWindow) -> None:
    version = next(
        button
        for button in window.status_bar.findChildren(QToolButton)
        if button.accessibleName() == "Versions and licences"
    )
    qtbot.mouseClick(version, Qt.MouseButton.LeftButton)
    about = dialog(qtbot, AboutDialog)
    (table,) = about.findChildren(QTreeWidget)
    qtbot.waitUntil(lambda: table.topLevelItemCount() > 0, timeout=WAIT_MS)
    items = [table.topLevelItem(row) for row in range(table.topLevelItemCount())]
    licences = {item.text(0): item.text(2) for item in items if item is not None}
    assert licences["msgspec"] not in {"", "–"}
    assert "LGPL" in licences["PySide6_Essentials"]
    press(qtbot, about, "Copy all")
    assert "msgspec" in QGuiApplication.clipboard().text()
    qtbot.keyClick(about, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(AboutDialog))


def test_f11_shows_the_wall_alone_and_esc_brings_everything_back(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.show_page("kafka")
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    assert window.page_key == "live"
    assert not window.top_bar.isVisible()
    assert not window.track.isVisible()
    assert not window.rail.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    assert window.top_bar.isVisible()
    assert window.track.isVisible()


def test_size_page_and_folding_are_remembered(
    qtbot: QtBot, make_window: MakeWindow, signalbox_home: Path
) -> None:
    first = make_window()
    first.show_page("kafka")
    first.resize(1440, 700)
    qtbot.waitUntil(lambda: first.track.has_room)
    qtbot.keyClick(first, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert first.track.is_folded
    first.resize(first.minimumWidth(), 700)  # the screen of tests is 800 pixels high
    with qtbot.waitSignal(first.shutdown.finished):
        first.close()
    second = make_window()
    assert second.page_key == "kafka"
    assert second.track.is_folded
    assert second.height() == 700
    assert list(signalbox_home.rglob("window.ini"))


def test_on_a_small_screen_the_track_diagram_folds_by_itself(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.resize(1440, 700)
    qtbot.waitUntil(lambda: window.track.height() > 100)
    whole = window.track.height()
    window.resize(900, 560)
    qtbot.waitUntil(lambda: window.track.height() < whole / 3)
    assert (window.width(), window.height()) == (900, 560)
    assert not window.track.is_folded
    (fold,) = [each for each in window.findChildren(QToolButton) if "too narrow" in each.toolTip()]
    assert not fold.isEnabled()
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    said = "The window is too narrow for the whole track diagram"
    (words,) = [each for each in window.findChildren(ElidedLabel) if each.text() == said]
    qtbot.waitUntil(lambda: words.lines() == [said])
    assert not window.track.is_folded
    window.resize(1440, 700)
    qtbot.waitUntil(fold.isEnabled)
    qtbot.waitUntil(lambda: window.track.height() == whole)


def test_a_notice_stays_until_it_is_dismissed(qtbot: QtBot, window: MainWindow) -> None:
    window.add_notice("warning", "The last run ended abruptly.", "stack of the crash")
    (notice,) = window.findChildren(NoticeBar)
    press(qtbot, notice, "Copy details")
    assert QGuiApplication.clipboard().text() == "stack of the crash"
    dismiss = notice.findChildren(QToolButton)[-1]
    qtbot.mouseClick(dismiss, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.findChildren(NoticeBar) == [])


def test_a_worker_that_stays_stopped_is_told_until_it_starts_again(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext
) -> None:
    def tell(state: WorkerState, reason: str = "") -> None:
        change = StateChange(
            WorkerName.SCHEDULER, WorkerState.STARTING, state, verbatim(reason), 1.0
        )
        context.controller.state_changed.emit(change)

    tell(WorkerState.FAILED, "The key was refused. Enter another one.")
    tell(WorkerState.FAILED, "The key was refused. Enter another one.")
    qtbot.waitUntil(lambda: len(window.findChildren(NoticeBar)) == 1)
    words = [label.text() for label in window.findChildren(NoticeBar)[0].findChildren(QLabel)]
    assert "Scheduler stays stopped. The key was refused. Enter another one." in words
    tell(WorkerState.STARTING)
    qtbot.waitUntil(lambda: window.findChildren(NoticeBar) == [])


def test_one_reason_is_told_once_whoever_stays_stopped_for_it(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext
) -> None:
    def tell(name: WorkerName, state: WorkerState, reason: str = "") -> None:
        change = StateChange(name, WorkerState.STARTING, state, verbatim(reason), 1.0)
        context.controller.state_changed.emit(change)

    def told() -> list[str]:
        labels = [one.findChildren(QLabel) for one in window.findChildren(NoticeBar)]
        return [label.text() for each in labels for label in each if label.text()]

    tell(WorkerName.SCHEDULER, WorkerState.FAILED, "acks = 1.")
    tell(WorkerName.GENERATOR, WorkerState.FAILED, "acks = 1.")
    qtbot.waitUntil(lambda: told() == ["Generator, Scheduler stay stopped. acks = 1."])
    tell(WorkerName.GENERATOR, WorkerState.STARTING)
    qtbot.waitUntil(lambda: told() == ["Scheduler stays stopped. acks = 1."])
    tell(WorkerName.SCHEDULER, WorkerState.FAILED, "No key.")
    qtbot.waitUntil(lambda: told() == ["Scheduler stays stopped. No key."])


def test_lamps_tell_what_is_not_there_yet_and_lead_to_their_pages(
    qtbot: QtBot, window: MainWindow
) -> None:
    bar = window.top_bar
    assert bar.broker_lamp.text() == "Embedded broker: closed"
    assert bar.provider_lamp.text() == "Model: not loaded"
    assert bar.assessor_lamp.text() == "Assessor: none"
    assert {lamp.level for lamp in (bar.broker_lamp, bar.provider_lamp)} == {"off"}
    qtbot.mouseClick(bar.broker_lamp, Qt.MouseButton.LeftButton)
    assert window.page_key == "kafka"


def test_the_theme_menu_asks_for_the_theme(qtbot: QtBot, window: MainWindow) -> None:
    actions = [each for each in window.status_bar.findChildren(QAction) if each.text() == "Light"]
    with qtbot.waitSignal(window.status_bar.theme_chosen) as chosen:
        actions[0].trigger()
    assert chosen.args == ["light"]


def test_everything_to_press_around_the_pages_has_a_name(window: MainWindow) -> None:
    from PySide6.QtGui import QAccessible

    parts = (window.top_bar, window.rail, window.status_bar)
    nameless = [
        child
        for part in parts
        for child in part.findChildren(QWidget)
        if child.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not QAccessible.queryAccessibleInterface(child).text(QAccessible.Text.Name)
    ]
    assert nameless == []


def shown_in_drawer(window: MainWindow) -> str:
    worker = window.drawer.worker if window.drawer.isVisible() else None
    return worker.value if worker is not None else ""


def test_a_click_on_a_card_opens_its_drawer_and_esc_closes_it(
    qtbot: QtBot, window: MainWindow
) -> None:
    detection, generator = window.track.findChildren(WorkerCard)[:2]
    qtbot.mouseClick(detection, Qt.MouseButton.LeftButton)
    assert shown_in_drawer(window) == "detection"
    texts = [label.text() for label in window.drawer.findChildren(QLabel)]
    assert {"Last error", "History", "Its settings"} <= set(texts)
    (scroll,) = window.drawer.findChildren(QScrollArea)
    (details,) = scroll.findChildren(WorkerDetails)
    assert details.minimumSizeHint().width() <= scroll.viewport().width(), "cut off"
    generator.setFocus()
    qtbot.keyClick(generator, Qt.Key.Key_Return)
    assert shown_in_drawer(window) == "generator"
    qtbot.keyClick(window.drawer, Qt.Key.Key_Escape)
    assert not window.drawer.isVisible()
    qtbot.mouseClick(generator, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(generator, Qt.MouseButton.LeftButton)
    assert not window.drawer.isVisible()
    qtbot.mouseClick(generator, Qt.MouseButton.LeftButton)
    press(qtbot, window.drawer, "Open the page")
    assert window.page_key == "pipeline"
    assert not window.drawer.isVisible()


@pytest.mark.qt_log_ignore("does not support", extend=True)
def test_a_tile_leads_to_the_settings_of_its_camera(qtbot: QtBot, window: MainWindow) -> None:
    """Who sees a dark camera gets to its address in two clicks."""
    tile = window.findChildren(CameraTile)[1]
    place = tile.rect().center()
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(tile, QContextMenuEvent(reason, place, tile.mapToGlobal(place)))
    (menu,) = tile.findChildren(QMenu)
    qtbot.waitUntil(menu.isVisible)
    edit = next(action for action in menu.actions() if action.text().startswith("Edit"))
    place = menu.actionGeometry(edit).center()
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=place)
    asked = dialog(qtbot, CameraDialog)
    assert window.page_key == "cameras"
    assert tile.camera_id in [field.text() for field in asked.findChildren(QLineEdit)]
    qtbot.keyClick(asked, Qt.Key.Key_Escape)
