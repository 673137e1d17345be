"""The window with the real pipeline under it: started, stopped, closed, its logs exported."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QProgressDialog,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.main_window import MainWindow
from console.supervision.session_thread import SessionState
from console.widgets.export_dialog import ExportDialog
from pipeline.settings import Settings, demo_settings
from pipeline.states import WorkerName, WorkerState
from pipeline.support_bundle import ExportCancelledError
from tests.support.log_guard import ExpectLog
from tests.support.windows import dialog, press

pytestmark = pytest.mark.integration

WAIT_MS = 30_000


@pytest.fixture
def settings() -> Settings:
    demo = demo_settings()
    return demo.model_copy(update={"cameras": demo.cameras[:1]})


def start_all(qtbot: QtBot, window: MainWindow, context: ConsoleContext) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(
        lambda: set(context.controller.states().values()) == {WorkerState.RUNNING},
        timeout=WAIT_MS,
    )


def test_f5_starts_everything_and_shift_f5_stops_it(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext
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
    qtbot: QtBot, window: MainWindow, context: ConsoleContext
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
    qtbot: QtBot, window: MainWindow, context: ConsoleContext, tmp_path: Path
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


def test_while_an_export_runs_no_other_one_is_asked_for_and_it_can_be_cancelled(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def endless(*_: object, cancelled: Callable[[], bool], **__: object) -> None:
        begun.set()
        while not cancelled():
            begun.wait(0.01)
        raise ExportCancelledError

    monkeypatch.setattr("pipeline.support_bundle.export", endless)
    window.exporter.export(tmp_path / "b.zip")
    assert begun.wait(20)
    # The progress shows a moment later, and keeps the keys from the window then.
    qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert not window.findChildren(ExportDialog)
    progress = dialog(qtbot, QProgressDialog)
    press(qtbot, progress, "Cancel")
    qtbot.waitUntil(lambda: not window.findChildren(QProgressDialog))
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(dialog(qtbot, ExportDialog), Qt.Key.Key_Escape)


def test_an_export_that_cannot_be_written_says_why(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, expect_log: ExpectLog
) -> None:
    expect_log("the export to .* failed")
    blocked = tmp_path / "a file, not a folder"
    blocked.write_text("x")
    window.exporter.export(blocked / "x.zip")
    told = dialog(qtbot, QMessageBox)
    assert "could not be written" in told.text()
    press(qtbot, told, "Close")
