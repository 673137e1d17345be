"""The user logs off while all workers run: they end in order in the few seconds there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtGui import QSessionManager
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.app import SESSION_END_MS, SESSION_HURRY_MS, Console, Launch
from console.supervision.session_thread import SessionState
from console.window_state import keep_in_files
from pipeline.logs import Logs
from pipeline.settings import demo_settings
from pipeline.states import START_ORDER, WorkerName, WorkerState
from pipeline.supervisor import StateChange

pytestmark = pytest.mark.integration

DETECTION, GENERATOR, SCHEDULER, AGGREGATOR = WorkerName
START_MS = 60_000


@pytest.fixture
def console(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Console]:
    """The program with all workers at work and alarms coming in."""
    # A machine that tests share may be slow. Only the time is another, not what is done.
    monkeypatch.setattr("console.app.SESSION_END_MS", 60_000)
    keep_in_files()
    with Logs(demo_settings().logs, tmp_path, terminal=False) as logs:
        made = Console(qapp, Launch(demo_settings(), start_all=True), logs)
        made.show()
        try:
            qtbot.waitUntil(lambda: is_alive(made), timeout=START_MS)
            yield made
        finally:
            made.quit()
            assert made.close()
            made.context.theme.deleteLater()
            made.window.deleteLater()
            made.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def is_alive(console: Console) -> bool:
    controller = console.context.controller
    states = {controller.status(name).state for name in WorkerName}
    return states == {WorkerState.RUNNING} and counter(console, AGGREGATOR, "in") > 0


def counter(console: Console, worker: WorkerName, name: str) -> float:
    return console.context.hub.workers[worker].snapshot().counters.get(name, 0)


def end_session(qapp: QApplication, console: Console) -> SessionState:
    """Tell what Qt tells at the end of a session; return how the pipeline is right after.

    The process may be gone then.
    """
    after: list[SessionState] = []

    def tell() -> None:
        qapp.commitDataRequest.emit(qapp.findChild(QSessionManager))
        after.append(console.context.controller.session_state)

    QTimer.singleShot(0, tell)
    assert qapp.exec() == 0
    return after[0]


def test_all_is_read_and_stopped_before_the_session_goes_on(
    qapp: QApplication, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.app.SESSION_HURRY_MS", 50_000)
    controller = console.context.controller
    stopped: list[WorkerName] = []

    def note(change: StateChange) -> None:
        if change.new is WorkerState.STOPPED:
            stopped.append(change.worker)

    controller.state_changed.connect(note)
    assert end_session(qapp, console) is SessionState.CLOSED
    assert stopped == list(reversed(START_ORDER))
    assert counter(console, GENERATOR, "in") >= counter(console, DETECTION, "out") > 0
    assert counter(console, SCHEDULER, "in") >= counter(console, GENERATOR, "out") > 0
    assert counter(console, AGGREGATOR, "in") >= counter(console, SCHEDULER, "out") > 0


def test_short_of_time_all_stop_without_what_is_unread(
    qapp: QApplication, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.app.SESSION_HURRY_MS", 0)
    controller = console.context.controller
    assert end_session(qapp, console) is SessionState.CLOSED
    assert {controller.status(name).state for name in WorkerName} == {WorkerState.STOPPED}


def test_it_is_done_within_the_time_that_windows_gives() -> None:
    assert SESSION_HURRY_MS < SESSION_END_MS < 5000
