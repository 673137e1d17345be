"""The window as a whole: keys, pages, bars, notices, export, and the way out."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QScrollArea,
    QToolButton,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console import i18n
from console.about import AboutDialog
from console.context import ConsoleContext
from console.main_window import MainWindow
from console.page_list import PAGES
from console.pages.kafka import KafkaPage
from console.pages.live import LivePage
from console.pages.logs import LogsPage
from console.pages.pipeline import PipelinePage
from console.supervision.session_thread import SessionState
from console.widgets.export_dialog import ExportDialog
from console.widgets.notice_bar import NoticeBar
from console.widgets.worker_card import WorkerCard
from console.widgets.worker_details import WorkerDetails
from pipeline.settings import demo_settings
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.telemetry import DAMAGED_LABEL
from pipeline.texts import verbatim
from pipeline.worker import WorkerContext
from tests.support.console_parts import console_context
from tests.support.log_guard import ExpectLog
from tests.support.windows import dialog, press, shown_window

WAIT_MS = 30_000


@pytest.fixture
def context(qtbot: QtBot) -> Iterator[ConsoleContext]:
    settings = demo_settings()
    with console_context(
        qtbot, settings.model_copy(update={"cameras": settings.cameras[:1]})
    ) as made:
        yield made


MakeWindow = Callable[[], MainWindow]


@pytest.fixture
def make_window(qtbot: QtBot, context: ConsoleContext) -> Iterator[MakeWindow]:
    """Makes windows as the program does; they are gone at the end."""
    with ExitStack() as made:
        yield lambda: made.enter_context(shown_window(qtbot, context))


@pytest.fixture
def window(make_window: MakeWindow) -> MainWindow:
    """The window of the program."""
    return make_window()


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


def start_all(qtbot: QtBot, window: MainWindow, context: ConsoleContext) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(
        lambda: set(context.controller.states().values()) == {WorkerState.RUNNING},
        timeout=WAIT_MS,
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
    first.resize(first.minimumWidth(), 700)  # the screen of tests is 800 pixels high
    first.show_page("kafka")
    qtbot.keyClick(first, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert first.track.is_folded
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
    window.resize(1440, 700)
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


class Stubborn:
    """A worker that does not stop when it is asked to; there is no real one to test with."""

    name = WorkerName.GENERATOR

    def __init__(self, let_go: threading.Event) -> None:
        self._let_go = let_go

    def run(self, context: WorkerContext) -> None:
        context.ready()
        self._let_go.wait()


@pytest.fixture
def let_go(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Makes workers that only stop when this is set; the window has little patience."""
    event = threading.Event()
    monkeypatch.setattr("console.controller.STOP_TIMEOUT_S", 0.3)
    monkeypatch.setattr("pipeline.session.make_worker", lambda _name: Stubborn(event))
    yield event
    event.set()


@pytest.mark.integration
def test_a_worker_that_does_not_stop_is_named_with_what_to_do(
    qtbot: QtBot,
    let_go: threading.Event,
    context: ConsoleContext,
    window: MainWindow,
    expect_log: ExpectLog,
) -> None:
    expect_log("generator has not stopped within")
    context.controller.start(WorkerName.GENERATOR)
    qtbot.waitUntil(
        lambda: context.controller.states()[WorkerName.GENERATOR] is WorkerState.RUNNING,
        timeout=WAIT_MS,
    )
    qtbot.keyClick(window, Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: bool(window.findChildren(NoticeBar)), timeout=WAIT_MS)
    (notice,) = window.findChildren(NoticeBar)
    assert "has not stopped within" in notice.accessibleName()
    assert "quit and start" in notice.accessibleName()
    i18n.install("zh_CN")
    window.retranslate()
    qtbot.waitUntil(lambda: "10 秒" in window.findChildren(NoticeBar)[-1].accessibleName())
    i18n.install("en")
    window.retranslate()
    qtbot.waitUntil(lambda: len(window.findChildren(NoticeBar)) == 1)
    (notice,) = window.findChildren(NoticeBar)
    card = next(
        one for one in window.findChildren(WorkerCard) if "Generator" in one.accessibleName()
    )
    qtbot.waitUntil(lambda: "Does not stop" in card.accessibleName())
    press(qtbot, notice, "Copy details")
    assert "let_go" in QGuiApplication.clipboard().text()
    let_go.set()
    qtbot.waitUntil(lambda: not window.findChildren(NoticeBar), timeout=WAIT_MS)


def test_a_worker_that_does_not_stop_can_be_left_behind(
    qtbot: QtBot,
    let_go: threading.Event,
    context: ConsoleContext,
    window: MainWindow,
    expect_log: ExpectLog,
) -> None:
    expect_log("generator has not stopped within")
    context.controller.start(WorkerName.GENERATOR)
    qtbot.waitUntil(
        lambda: context.controller.states()[WorkerName.GENERATOR] is WorkerState.RUNNING,
        timeout=WAIT_MS,
    )
    window.close()
    press(qtbot, dialog(qtbot, QMessageBox), "Stop and quit")
    qtbot.waitUntil(
        lambda: "does not stop" in dialog(qtbot, QMessageBox).windowTitle(), timeout=WAIT_MS
    )
    with qtbot.waitSignal(window.shutdown.finished):
        press(qtbot, dialog(qtbot, QMessageBox), "Quit without it")
    assert context.controller.stuck_workers == {WorkerName.GENERATOR}
    let_go.set()
    qtbot.waitUntil(lambda: not context.controller.running, timeout=WAIT_MS)


@pytest.mark.integration
class TestWithTheRealPipeline:
    def test_f5_starts_everything_and_shift_f5_stops_it(
        self, qtbot: QtBot, window: MainWindow, context: ConsoleContext
    ) -> None:
        bar = window.top_bar
        assert bar.start_button.isEnabled()
        assert not bar.stop_button.isEnabled()
        start_all(qtbot, window, context)
        qtbot.waitUntil(lambda: bar.provider_lamp.level == "ok", timeout=WAIT_MS)
        qtbot.waitUntil(lambda: "nanodet" in bar.provider_lamp.text(), timeout=WAIT_MS)
        qtbot.waitUntil(lambda: "offline rules" in bar.assessor_lamp.text(), timeout=WAIT_MS)
        assert "127.0.0.1" in bar.broker_lamp.text()
        assert not bar.start_button.isEnabled()
        qtbot.waitUntil(
            lambda: (
                "All workers running"
                in [child.accessibleName() for child in window.status_bar.findChildren(QWidget)]
            ),
            timeout=WAIT_MS,
        )
        qtbot.keyClick(window, Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
        assert bar.stop_button.text() == "Stop now"
        press(qtbot, bar, "Stop now")
        qtbot.waitUntil(lambda: not context.controller.running, timeout=WAIT_MS)
        qtbot.waitUntil(lambda: bar.stop_button.text() == "Stop all", timeout=WAIT_MS)
        assert bar.start_button.isEnabled()

    def test_closing_asks_while_workers_run(
        self, qtbot: QtBot, window: MainWindow, context: ConsoleContext
    ) -> None:
        start_all(qtbot, window, context)
        window.close()
        question = dialog(qtbot, QMessageBox)
        press(qtbot, question, "Cancel")
        qtbot.waitUntil(lambda: not window.findChildren(QMessageBox))
        assert window.isVisible()
        assert context.controller.running == set(WorkerName)
        window.close()
        with qtbot.waitSignal(window.shutdown.finished, timeout=WAIT_MS):
            press(qtbot, dialog(qtbot, QMessageBox), "Stop and quit")
        assert context.controller.running == frozenset()
        assert context.controller.session_state is SessionState.CLOSED

    def test_export_logs_writes_what_support_needs(
        self, qtbot: QtBot, window: MainWindow, context: ConsoleContext, tmp_path: Path
    ) -> None:
        start_all(qtbot, window, context)
        qtbot.waitUntil(lambda: context.lag() is not None and context.lag().broker_ok)  # type: ignore[union-attr]
        output = tmp_path / "for support.zip"
        window.pages.show_log(WorkerName.SCHEDULER)
        qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
        what = dialog(qtbot, ExportDialog)
        span, lines = what.findChildren(QComboBox)
        qtbot.keyClick(span, Qt.Key.Key_Down)
        qtbot.keyClick(lines, Qt.Key.Key_Down)
        press(qtbot, what, "Choose a file")
        ask = dialog(qtbot, QFileDialog)
        name = ask.findChildren(QLineEdit)[0]
        name.setText(str(output))
        qtbot.keyClick(name, Qt.Key.Key_Return)
        told = dialog(qtbot, QMessageBox)
        assert "for support.zip" in told.text()
        press(qtbot, told, "Close")
        with zipfile.ZipFile(output) as bundle:
            workers = json.loads(bundle.read("workers.json"))
            lag = json.loads(bundle.read("lag.json"))
            gap = json.loads(bundle.read("console.json"))
            logs = json.loads(bundle.read("about.json"))["logs"]
            cluster = json.loads(bundle.read("kafka.json"))
            timeline = json.loads(bundle.read("timeline.json"))
        assert "127.0.0.1" in next(iter(cluster["brokers"].values()))
        assert "assessment-tasks" in cluster["topics"]
        assert "detection: running" in [each["what"] for each in timeline]
        assert [each["at"] for each in timeline] == sorted(each["at"] for each in timeline)
        assert logs["workers"] == ["scheduler"]
        assert logs["minLevel"] == "INFO"
        assert logs["since"]
        assert {worker["state"] for worker in workers.values()} == {"running"}
        assert lag["newest"]["brokerOk"]
        assert gap["uiGapP99Ms"] > 0

    def test_an_export_that_cannot_be_written_says_why(
        self, qtbot: QtBot, window: MainWindow, tmp_path: Path, expect_log: ExpectLog
    ) -> None:
        expect_log("the export to .* failed")
        blocked = tmp_path / "a file, not a folder"
        blocked.write_text("x")
        window.exporter.export(blocked / "x.zip")
        told = dialog(qtbot, QMessageBox)
        assert "could not be written" in told.text()
        press(qtbot, told, "Close")


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
    assert {"Last trouble", "History", "Its settings"} <= set(texts)
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
