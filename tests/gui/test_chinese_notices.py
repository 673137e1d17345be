"""Notices and questions of a Chinese window: what stays stopped, hangs, breaks, cannot be written."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.main_window import MainWindow
from console.supervision.session_thread import SessionState
from console.update_question import update_words
from console.widgets.notice_bar import NoticeBar
from pipeline.settings import Settings
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.support_selection import LogSelection
from pipeline.texts import say
from pipeline.updates import Update
from tests.support.chinese import HAN, all_slips, chinese, cramped, slips
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.usefixtures("chinese")
__all__ = ["chinese"]

WAIT_MS = 30_000
FULL = OSError(errno.ENOSPC, "No space left on device", "/data/alarms.db")


@pytest.fixture
def settings() -> Settings:
    return Settings()


def box(qtbot: QtBot) -> QMessageBox:
    def found() -> bool:
        return isinstance(QApplication.activeModalWidget(), QMessageBox)

    qtbot.waitUntil(found, timeout=WAIT_MS)
    widget = QApplication.activeModalWidget()
    assert isinstance(widget, QMessageBox)
    return widget


def test_workers_that_stay_stopped_or_do_not_stop(
    qtbot: QtBot, context: ConsoleContext, window: MainWindow
) -> None:
    reason = say("The alarm database cannot be used: {error}.", error=FULL)
    for name in (WorkerName.AGGREGATOR, WorkerName.SCHEDULER):
        change = StateChange(name, WorkerState.RUNNING, WorkerState.FAILED, reason, 0.0)
        context.controller.state_changed.emit(change)
    context.controller.stuck.emit(WorkerName.DETECTION)
    qtbot.waitUntil(lambda: len(window.findChildren(NoticeBar)) == 2)
    for notice in window.findChildren(NoticeBar):
        assert all_slips(notice) == {}
        assert cramped(notice) == []


def test_an_export_that_cannot_be_written(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, expect_log: ExpectLog
) -> None:
    expect_log("the export to")
    file = tmp_path / "file"
    file.write_text("in the way")
    window.exporter.export(file / "logs.zip", LogSelection())
    told = box(qtbot)
    assert HAN.search(told.text())
    assert all_slips(told) == {}
    told.close()


@pytest.mark.integration
def test_the_question_at_the_end(qtbot: QtBot, context: ConsoleContext, window: MainWindow) -> None:
    controller = context.controller
    controller.open()
    qtbot.waitUntil(lambda: controller.session_state is SessionState.OPEN, timeout=WAIT_MS)
    controller.start(WorkerName.GENERATOR)
    qtbot.waitUntil(lambda: bool(controller.running), timeout=WAIT_MS)
    window.shutdown.has_tray = True
    window.shutdown.ask_to_quit()
    asked = box(qtbot)
    assert all_slips(asked) == {}
    assert cramped(asked) == []
    asked.close()
    controller.stop_all()


def test_a_newer_version() -> None:
    for is_newer in (True, False):
        assert slips(update_words(Update("9.0", "https://example.org", is_newer))) == []
