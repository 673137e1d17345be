"""The question before the program ends beside a worker at work: once, and only what was answered."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.main_window import MainWindow
from pipeline.states import WorkerName, WorkerState
from pipeline.worker import WorkerContext
from tests.support.windows import dialog, press


class Idle:
    """A worker that does nothing until it is told to stop."""

    name = WorkerName.GENERATOR

    def run(self, context: WorkerContext) -> None:
        context.ready()
        context.stop.wait()


@pytest.fixture
def at_work(
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    context: ConsoleContext,
    window: MainWindow,
) -> MainWindow:
    """Give a window while a worker runs."""
    monkeypatch.setattr("pipeline.session.make_worker", lambda _name: Idle())
    context.controller.start(WorkerName.GENERATOR)
    qtbot.waitUntil(
        lambda: context.controller.states()[WorkerName.GENERATOR] is WorkerState.RUNNING
    )
    return window


def questions() -> list[QMessageBox]:
    return [
        each
        for each in QApplication.topLevelWidgets()
        if isinstance(each, QMessageBox) and each.isVisible()
    ]


def choose(context: ConsoleContext, on_close: str) -> None:
    """Settle in the settings what closing does."""
    settings = context.settings
    looks = settings.console.model_copy(update={"on_close": on_close})
    context.controller.apply_settings(settings.model_copy(update={"console": looks}))


def test_without_a_tray_it_never_goes_into_one(
    qtbot: QtBot, at_work: MainWindow, context: ConsoleContext
) -> None:
    """Settled on a desktop that has a tray; here the window would be gone for good."""
    choose(context, "tray")
    at_work.shutdown.has_tray = False
    gone: list[bool] = []
    at_work.shutdown.tray_wanted.connect(lambda: gone.append(True))
    at_work.close()
    box = dialog(qtbot, QMessageBox)
    assert not gone
    assert at_work.isVisible()
    assert "Keep in tray" not in [each.text() for each in box.findChildren(QPushButton)]
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not questions())
    assert context.controller.running


def test_closing_again_asks_no_second_time(qtbot: QtBot, at_work: MainWindow) -> None:
    at_work.close()
    at_work.close()
    assert len(questions()) == 1
    qtbot.keyClick(questions()[0], Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not questions())
    at_work.close()
    assert len(questions()) == 1, "but after an answer it does"
    qtbot.keyClick(questions()[0], Qt.Key.Key_Escape)


@pytest.mark.parametrize("always", [False, True])
def test_an_answer_holds_from_now_on_only_if_that_was_ticked(
    qtbot: QtBot, at_work: MainWindow, always: bool
) -> None:
    kept: list[str] = []
    at_work.shutdown.remembered.connect(kept.append)
    at_work.close()
    box = dialog(qtbot, QMessageBox)
    if always:
        qtbot.keyClick(box.findChildren(QCheckBox)[0], Qt.Key.Key_Space)
    with qtbot.waitSignal(at_work.shutdown.finished):
        press(qtbot, box, "Stop and quit")
    assert kept == (["quit"] if always else [])


def test_with_quit_settled_nothing_is_asked(
    qtbot: QtBot, at_work: MainWindow, context: ConsoleContext
) -> None:
    choose(context, "quit")
    with qtbot.waitSignal(at_work.shutdown.finished):
        at_work.close()
    assert not questions()
    assert not context.controller.running
