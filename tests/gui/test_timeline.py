"""The timeline on the Logs page: what happens in the window is in it, and leads to the log lines."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QPlainTextEdit, QPushButton, QTabBar
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.logs import LogsPage
from console.widgets.log_pane import LogPane
from console.widgets.minute_dialog import MinuteDialog
from console.widgets.timeline_view import TimelineView
from console.widgets.value_table import ValueTable
from pipeline.aggregation.database import database_path
from pipeline.messages import utc_now
from pipeline.paths import log_folder
from pipeline.settings import demo_settings
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.telemetry import DAMAGED_LABEL, CameraEvent
from pipeline.texts import verbatim
from pipeline.timeline.events import Event, What
from pipeline.timeline.store import TimelineWriter, timeline_path
from tests.support.alarms import alarm, store_alarms
from tests.support.console_parts import console_context
from tests.support.windows import shown


@pytest.fixture
def context(qtbot: QtBot, signalbox_home: Path) -> Iterator[ConsoleContext]:
    store_alarms(
        database_path(demo_settings().aggregator),
        alarm("clash", "high", ago=timedelta(minutes=20)),
    )
    with contextlib.closing(TimelineWriter(timeline_path())) as writer:
        writer.note(Event(utc_now() - timedelta(days=3), What.CAMERA_LOST, "cam-2", "no answer"))
    with console_context(qtbot, demo_settings()) as made:
        yield made


@pytest.fixture
def page(qtbot: QtBot, context: ConsoleContext) -> LogsPage:
    made = shown(qtbot, LogsPage(context), 1100, 600)
    tabs = made.findChildren(QTabBar)[0]
    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(1).center())
    return made


def table(page: LogsPage) -> ValueTable:
    return page.findChildren(TimelineView)[0].findChildren(ValueTable)[0]


def rows(page: LogsPage) -> list[tuple[str, str, str]]:
    """What is shown, without the times: whom it is about, what happened, details."""
    shown = table(page)
    items = [shown.topLevelItem(index) for index in range(shown.topLevelItemCount())]
    return [(item.text(2), item.text(3), item.text(4)) for item in items if item is not None]


def choose(qtbot: QtBot, page: LogsPage, name: str, text: str) -> None:
    box = next(b for b in page.findChildren(QComboBox) if b.accessibleName() == name)
    box.setFocus()
    while box.currentText() != text:
        before = box.currentIndex()
        qtbot.keyClick(box, Qt.Key.Key_Down)
        assert box.currentIndex() > before, f"there is no {text}"


def click(qtbot: QtBot, page: LogsPage, row: int) -> None:
    shown = table(page)
    item = shown.topLevelItem(row)
    assert item is not None
    qtbot.mouseClick(
        shown.viewport(), Qt.MouseButton.LeftButton, pos=shown.visualItemRect(item).center()
    )


RAISED = ("Market & 3rd", "Raised", "Vehicle–pedestrian conflict (high)")
LOST = ("Ferry approach", "Lost", "no answer")


def test_it_shows_what_happened_and_a_longer_time_shows_more(qtbot: QtBot, page: LogsPage) -> None:
    qtbot.waitUntil(lambda: rows(page) == [RAISED])
    choose(qtbot, page, "Time", "last 7 days")
    qtbot.waitUntil(lambda: rows(page) == [RAISED, LOST])
    choose(qtbot, page, "About", "what went wrong")
    qtbot.waitUntil(lambda: rows(page) == [LOST])
    choose(qtbot, page, "About", "Camera")
    qtbot.waitUntil(lambda: rows(page) == [LOST])
    choose(qtbot, page, "About", "Operator")
    qtbot.waitUntil(lambda: rows(page) == [])
    qtbot.waitUntil(
        lambda: any(
            label.text() == "Nothing happened" and label.isVisible()
            for label in page.findChildren(QLabel)
        )
    )


def test_what_happens_now_comes_by_itself(
    qtbot: QtBot, page: LogsPage, context: ConsoleContext
) -> None:
    qtbot.waitUntil(lambda: rows(page) == [RAISED])
    context.controller.asked.emit("stop", WorkerName.SCHEDULER)
    change = StateChange(
        WorkerName.SCHEDULER, WorkerState.RUNNING, WorkerState.FAILED, verbatim("no key"), 0.0
    )
    context.controller.state_changed.emit(change)
    qtbot.waitUntil(
        lambda: (
            rows(page)[:2]
            == [
                ("Scheduler", "Failed, stays stopped", "no key"),
                ("Scheduler", "Stop asked for", ""),
            ]
        ),
        timeout=8000,
    )


def test_a_lost_camera_is_noted_by_the_window(
    qtbot: QtBot, page: LogsPage, context: ConsoleContext
) -> None:
    # Over before anybody looked.
    context.hub.camera_events += [
        CameraEvent("cam-3", "lost", verbatim("no answer"), utc_now(), 5.0),
        CameraEvent("cam-3", "returned", verbatim("no answer"), utc_now(), 6.0),
    ]
    qtbot.waitUntil(lambda: ("Depot gate", "Lost", "no answer") in rows(page), timeout=12_000)


def test_a_database_that_was_set_aside_is_noted(
    qtbot: QtBot, page: LogsPage, context: ConsoleContext
) -> None:
    context.hub.workers[WorkerName.AGGREGATOR].label(DAMAGED_LABEL, "alarms.db.damaged-1")
    qtbot.waitUntil(
        lambda: ("Aggregator", "Damaged database set aside", "alarms.db.damaged-1") in rows(page),
        timeout=8000,
    )


def test_a_row_leads_to_the_log_lines_of_its_time(
    qtbot: QtBot, page: LogsPage, context: ConsoleContext
) -> None:
    now = datetime.now().astimezone()
    for minutes in range(40, 0, -1):
        context.log_ring.append(
            now - timedelta(minutes=minutes), "INFO", "detection", f"{minutes} minutes ago"
        )
    qtbot.waitUntil(lambda: rows(page) == [RAISED])
    click(qtbot, page, 0)
    pane = page.findChildren(LogPane)[0]
    lines = next(
        b for b in page.findChildren(QPushButton) if b.text() == "Log lines of that minute"
    )
    qtbot.mouseClick(lines, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(pane.isVisible)
    # The ring's lines come to the pane once it is in sight.
    qtbot.waitUntil(lambda: "minutes ago" in pane.selected_text())
    assert pane.selected_text().endswith((" 20 minutes ago", " 19 minutes ago"))


def test_what_is_older_than_this_run_comes_from_the_files(qtbot: QtBot, page: LogsPage) -> None:
    then = (utc_now() - timedelta(days=3)).astimezone()
    folder = log_folder() / "streaming"
    folder.mkdir(parents=True)
    (folder / "detection.log").write_text(
        f"{then - timedelta(minutes=5):%Y-%m-%d %H:%M:%S}.000 | INFO     | x - too early\n"
        f"{then:%Y-%m-%d %H:%M:%S}.000 | WARNING  | x - camera lost\n  and its second line\n"
    )
    (folder / "kafka.log").write_text(
        f"{then - timedelta(seconds=9):%Y-%m-%d %H:%M:%S}.000 | INFO     | x - just before\n"
    )
    choose(qtbot, page, "Time", "last 7 days")
    qtbot.waitUntil(lambda: rows(page) == [RAISED, LOST])
    click(qtbot, page, 1)
    qtbot.keyClick(table(page), Qt.Key.Key_Return)
    (dialog,) = page.findChildren(MinuteDialog)
    text = dialog.findChildren(QPlainTextEdit)[0]
    qtbot.waitUntil(lambda: "camera lost" in text.toPlainText())
    shown = text.toPlainText()
    assert "too early" not in shown
    assert shown.index("just before") < shown.index("camera lost") < shown.index("second line")
    dialog.close()


def test_an_alarm_is_shown_on_request(qtbot: QtBot, page: LogsPage) -> None:
    qtbot.waitUntil(lambda: rows(page) == [RAISED])
    click(qtbot, page, 0)
    button = next(b for b in page.findChildren(QPushButton) if b.text() == "Show the alarm")
    with qtbot.waitSignal(page.alarm_opened) as opened:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert opened.args == ["clash"]
