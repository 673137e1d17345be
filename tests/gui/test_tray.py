"""The icon in the tray: what it tells, and closing the window without stopping the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QMessageBox, QPushButton, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from console import i18n
from console.context import ConsoleContext
from console.main_window import MainWindow
from console.models.alarm_desk import AlarmDesk
from console.tray import QUIET_S, Tray
from console.ui_gap import UiGap
from pipeline.settings import Settings
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.telemetry import AlarmHint
from pipeline.texts import verbatim

# The offscreen desktop of tests looks for a tray of X11.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", "does not support", extend=True)

WAIT_MS = 30_000


class Screen:
    """What reached the user: notices, and sounds."""

    def __init__(self) -> None:
        self.notices: list[tuple[str, str]] = []
        self.beeps = 0

    def beep(self) -> None:
        """Count a sound."""
        self.beeps += 1


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """A desktop with a tray; the offscreen one of the tests has none."""
    made = Screen()
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
    monkeypatch.setattr(
        QSystemTrayIcon,
        "showMessage",
        lambda _icon, title, text, *_: made.notices.append((title, text)),
    )
    monkeypatch.setattr(QApplication, "beep", made.beep)
    return made


@pytest.fixture
def window(qtbot: QtBot, context: ConsoleContext, screen: Screen) -> Iterator[MainWindow]:
    del screen  # the tray is looked for when the window is made
    gap = UiGap()
    made = MainWindow(context, gap)
    gap.setParent(made)
    Tray(context, made)
    with qtbot.waitExposed(made):
        made.show()
    made.open_first_page("logs")
    yield made
    made.hide()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def choose(context: ConsoleContext, **choices: str) -> None:
    """Apply settings of the window."""
    settings: Settings = context.settings
    looks = settings.console.model_copy(update=choices)
    context.controller.apply_settings(settings.model_copy(update={"console": looks}))


def raise_alarm(context: ConsoleContext) -> None:
    hint = AlarmHint("a-1", "cam-1", "high", "A car near a person", datetime.now(UTC), is_new=True)
    AlarmDesk.of(context).raised.emit(hint)


def question(qtbot: QtBot) -> QMessageBox:
    found: list[QMessageBox] = []

    def look() -> bool:
        found[:] = [
            each
            for each in QApplication.topLevelWidgets()
            if isinstance(each, QMessageBox) and each.isVisible()
        ]
        return bool(found)

    qtbot.waitUntil(look, timeout=WAIT_MS)
    return found[0]


def press(qtbot: QtBot, box: QMessageBox, words: str) -> None:
    (button,) = (each for each in box.findChildren(QPushButton) if words in each.text())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_an_alarm_is_told_while_the_window_is_away(
    window: MainWindow, context: ConsoleContext, screen: Screen
) -> None:
    window.hide()
    raise_alarm(context)
    assert screen.notices == [("New alarm: high", "Market & 3rd · A car near a person")]
    assert screen.beeps == 0
    assert not window.isVisible()


def test_many_alarms_make_one_notice(
    window: MainWindow,
    context: ConsoleContext,
    screen: Screen,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock: list[float] = [1000.0]
    monkeypatch.setattr("console.tray.time.monotonic", lambda: clock[0])
    window.hide()
    for _ in range(4):
        raise_alarm(context)
    assert len(screen.notices) == 1
    clock[0] += QUIET_S + 1
    raise_alarm(context)
    assert len(screen.notices) == 2
    assert screen.notices[1][0].startswith("4 ")


def test_sound_and_silence_are_settings(
    window: MainWindow, context: ConsoleContext, screen: Screen
) -> None:
    window.hide()
    choose(context, notices="off")
    raise_alarm(context)
    assert (screen.notices, screen.beeps) == ([], 0)


def test_a_failed_worker_is_told_with_its_reason_and_a_sound(
    window: MainWindow, context: ConsoleContext, screen: Screen
) -> None:
    choose(context, notices="sound")
    window.hide()
    change = StateChange(
        WorkerName.SCHEDULER,
        WorkerState.STARTING,
        WorkerState.FAILED,
        verbatim("The key was refused."),
        1.0,
    )
    context.controller.state_changed.emit(change)
    assert screen.notices == [("Scheduler stays stopped", "The key was refused.")]
    assert screen.beeps == 1


def test_a_click_on_a_notice_brings_its_page(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext
) -> None:
    window.hide()
    raise_alarm(context)
    window.findChildren(QSystemTrayIcon)[0].messageClicked.emit()
    qtbot.waitUntil(window.isVisible)
    assert window.page_key == "alarms"


def test_what_the_rules_say_is_told_in_the_language_of_the_window(
    window: MainWindow, context: ConsoleContext, screen: Screen
) -> None:
    window.hide()
    words = (
        "Rule dense-group: 7 people (from 6) close together: crowding 0.68 (from 0.60; 1.00 is "
        "shoulder to shoulder)."
    )
    hint = AlarmHint("a-1", "cam-1", "low", words, datetime.now(UTC), is_new=True)
    before = i18n.current()
    i18n.install("zh_CN")
    try:
        AlarmDesk.of(context).raised.emit(hint)
    finally:
        i18n.install(before)
    ((_, text),) = screen.notices
    assert "Rule" not in text
    assert "0.68" in text


def test_a_right_click_beside_a_notice_opens_the_menu_alone(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext
) -> None:
    window.hide()
    raise_alarm(context)
    icon = window.findChildren(QSystemTrayIcon)[0]
    menu = icon.contextMenu()
    menu.popup(QPoint(10, 10))
    icon.messageClicked.emit()  # as a tray of X11 does at any click while a notice is up
    assert not window.isVisible()
    menu.close()
    icon.messageClicked.emit()
    qtbot.waitUntil(window.isVisible)


def test_the_menu_offers_what_can_be_done(window: MainWindow) -> None:
    menu = window.findChildren(QSystemTrayIcon)[0].contextMenu()
    menu.popup(QPoint(10, 10))
    offered = {action.text(): action.isEnabled() for action in menu.actions() if action.text()}
    menu.close()
    assert offered == {"Open Signalbox": True, "Start all": True, "Stop all": False, "Quit": True}


@pytest.mark.integration
def test_closing_into_the_tray_keeps_the_work_and_is_remembered_on_request(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext, screen: Screen
) -> None:
    answers: list[str] = []
    window.shutdown.remembered.connect(answers.append)
    window.shutdown.remembered.connect(lambda choice: choose(context, on_close=choice))
    started: Callable[[], bool] = lambda: (  # noqa: E731 - waited for twice
        context.controller.states()[WorkerName.AGGREGATOR] is WorkerState.RUNNING
    )
    context.controller.start(WorkerName.AGGREGATOR)
    qtbot.waitUntil(started, timeout=WAIT_MS)
    window.close()
    box = question(qtbot)
    (always,) = box.findChildren(QCheckBox)
    qtbot.keyClick(always, Qt.Key.Key_Space)
    press(qtbot, box, "Keep in tray")
    qtbot.waitUntil(lambda: not window.isVisible())
    assert answers == ["tray"]
    assert started()
    assert "goes on in the tray" in screen.notices[-1][0]

    window.come_to_front()
    window.close()  # nothing is asked any more
    qtbot.waitUntil(lambda: not window.isVisible())
    assert started()
    choose(context, on_close="quit")  # as the settings page does
    window.come_to_front()
    with qtbot.waitSignal(window.shutdown.finished, timeout=WAIT_MS):
        window.close()
    assert context.controller.running == frozenset()
