"""A worker that does not stop: named with what to do, and left behind at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QMessageBox,
)
from pytestqt.qtbot import QtBot

from console import i18n
from console.context import ConsoleContext
from console.main_window import MainWindow
from console.widgets.notice_bar import NoticeBar
from console.widgets.worker_card import WorkerCard
from pipeline.states import WorkerName, WorkerState
from pipeline.worker import WorkerContext
from tests.support.log_guard import ExpectLog
from tests.support.windows import dialog, press

WAIT_MS = 30_000


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


def start_generator(qtbot: QtBot, context: ConsoleContext) -> None:
    """Start a worker that will not stop, and wait until it runs."""
    context.controller.start(WorkerName.GENERATOR)
    qtbot.waitUntil(
        lambda: context.controller.states()[WorkerName.GENERATOR] is WorkerState.RUNNING,
        timeout=WAIT_MS,
    )


@pytest.mark.integration
def test_a_worker_that_does_not_stop_is_named_with_what_to_do(
    qtbot: QtBot,
    let_go: threading.Event,
    context: ConsoleContext,
    window: MainWindow,
    expect_log: ExpectLog,
) -> None:
    expect_log("generator has not stopped within")
    start_generator(qtbot, context)
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
    start_generator(qtbot, context)
    window.close()
    press(qtbot, dialog(qtbot, QMessageBox), "Stop and quit")
    qtbot.waitUntil(
        lambda: "does not stop" in dialog(qtbot, QMessageBox).windowTitle(), timeout=WAIT_MS
    )
    assert not window.findChildren(NoticeBar), "said once is enough"
    with qtbot.waitSignal(window.shutdown.finished):
        press(qtbot, dialog(qtbot, QMessageBox), "Quit without it")
    assert context.controller.stuck_workers == {WorkerName.GENERATOR}
    let_go.set()
    qtbot.waitUntil(lambda: not context.controller.running, timeout=WAIT_MS)
