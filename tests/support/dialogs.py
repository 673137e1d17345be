"""Every dialog of the window, filled as far as can be without a broker, for tests of all of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QThreadPool
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QPushButton, QTreeWidget
from pytestqt.qtbot import QtBot

from console.about import AboutDialog
from console.alarm_export import Course
from console.context import ConsoleContext
from console.crash import AbruptEnd
from console.crash_report import CrashReport
from console.first_start.dialog import FirstStart
from console.help import HelpDialog
from console.main_window import MainWindow
from console.models.kafka_desk import KafkaDesk
from console.widgets.area_dialog import AreaDialog
from console.widgets.camera_dialog import CameraDialog
from console.widgets.camera_import import CameraImport
from console.widgets.connection_dialog import ConnectionDialog
from console.widgets.course_dialog import CourseDialog
from console.widgets.daily_dialog import DailyDialog
from console.widgets.dead_letter_dialog import DeadLetterDialog
from console.widgets.export_dialog import ExportDialog
from console.widgets.java_dialog import JavaDialog
from console.widgets.key_dialog import KeyDialog
from console.widgets.maintenance_dialog import MaintenanceDialog
from console.widgets.minute_dialog import MinuteDialog
from console.widgets.prompt_dialog import PromptDialog
from console.widgets.replay_dialog import ReplayDialog
from pipeline.aggregation.store import AlarmEntry
from pipeline.kafka.access import KafkaAccess
from pipeline.settings import KafkaSettings
from pipeline.settings_cameras import CameraSettings, ScheduleSettings
from pipeline.settings_scheduler import LlmSettings
from pipeline.support_selection import LogSelection
from tests.support.alarms import alarm

Make = Callable[[ConsoleContext, MainWindow], QDialog]

MOMENT: Final = datetime(2026, 1, 5, 8, 31, 12, tzinfo=timezone(timedelta(hours=8)))
STACKS: Final = 'Fatal Python error: Segmentation fault\n\n  File "a.py", line 212 in _read\n'
CAMERA: Final = CameraSettings(id="gate", name="Gate", source="/nowhere/gate.mp4")
LLM: Final = LlmSettings(base_url="http://127.0.0.1:9/v1", model="sees-pictures")
NOWHERE: Final = KafkaSettings(mode="cluster", bootstrap_servers="127.0.0.1:9")
JAVA: Final = (
    "bootstrap.servers=kafka-1:9092\nmax.poll.records=100\nlinger.ms=20\nkey.serializer=S\n"
    "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n"
)
CSV: Final = (
    "name,source,detections_per_second\nNorth,rtsp://user:secret@10.0.0.7/1,2\n"
    "Bridge,rtsp://10.0.0.8/1,often\nA,,\n"
)


def _camera(context: ConsoleContext, window: MainWindow) -> QDialog:
    night = ScheduleSettings.model_validate({"begin": "22:00", "end": "06:00", "detect": False})
    camera = CAMERA.model_copy(update={"schedule": (night,)})
    return CameraDialog(context, camera, "", window)


def _list(context: ConsoleContext, window: MainWindow) -> QDialog:
    path = Path(tempfile.gettempdir()) / f"cameras-{os.getpid()}.csv"
    path.write_text(CSV, encoding="utf-8")
    dialog = CameraImport(context, "", window)
    dialog.read(path)
    QThreadPool.globalInstance().waitForDone()
    path.unlink()
    return dialog


def _first_start(step: int, choice: int, context: ConsoleContext, window: MainWindow) -> QDialog:
    questions = FirstStart(context, window)
    for _ in range(step):
        questions.go_on()
    questions.step.choose(choice)
    return questions


def _java(context: ConsoleContext, window: MainWindow) -> QDialog:
    window.show_page("kafka")
    (desk,) = window.pages.page("kafka").findChildren(KafkaDesk)
    dialog = JavaDialog(desk, context.theme, window)
    dialog.findChildren(QPlainTextEdit)[0].setPlainText(JAVA)
    return dialog


def _course(_context: ConsoleContext, window: MainWindow) -> QDialog:
    dialog = CourseDialog("…", Course(), window)
    dialog.setMaximum(100)  # else its bar runs to and fro
    dialog.setValue(40)
    return dialog


DIALOGS: Final[dict[str, Make]] = {
    "help": lambda _context, window: HelpDialog(window, "live"),
    "about": lambda _context, window: AboutDialog(window, ""),
    "crash": lambda _context, window: CrashReport(AbruptEnd(MOMENT, STACKS), window),
    "killed": lambda _context, window: CrashReport(AbruptEnd(MOMENT, ""), window),
    "export": lambda _context, window: ExportDialog(LogSelection(), window),
    "camera": _camera,
    "new camera": lambda context, window: CameraDialog(context, None, "", window),
    "areas": lambda context, window: AreaDialog(context, CAMERA, "", window),
    "import": lambda context, window: CameraImport(context, "", window),
    "list": _list,
    "connection": lambda context, window: ConnectionDialog(
        KafkaAccess(NOWHERE, None), context.theme, window
    ),
    "dead letters": lambda _context, window: DeadLetterDialog(KafkaAccess(NOWHERE, None), window),
    "java": _java,
    "key": lambda _context, window: KeyDialog(LLM, None, window),
    "prompt": lambda _context, window: PromptDialog(LLM, Path(tempfile.gettempdir()), window),
    "maintenance": MaintenanceDialog,
    "daily": DailyDialog,
    "replay": lambda context, window: ReplayDialog(
        context, [AlarmEntry(alarm("clash", "high"), "new", "")], window
    ),
    "minute": lambda _context, window: MinuteDialog(MOMENT, window),
    "course": _course,
    **{
        f"first start {step + 1}.{choice + 1}": partial(_first_start, step, choice)
        for step in range(3)
        for choice in range(3 if step == 0 else 2)
    },
}


@contextmanager
def opened(
    qtbot: QtBot, name: str, context: ConsoleContext, window: MainWindow
) -> Iterator[QDialog]:
    """Open a dialog and wait until nothing works for it in the background; it is gone afterwards."""
    dialog = DIALOGS[name](context, window)
    dialog.open()
    qtbot.waitUntil(dialog.isVisible)
    if name in {"areas", "connection", "dead letters"}:  # these ask in a thread of their own
        qtbot.waitUntil(lambda: all(each.isEnabled() for each in _again(dialog)))
    if name == "java":
        (changes,) = dialog.findChildren(QTreeWidget)
        qtbot.waitUntil(lambda: changes.topLevelItemCount() > 0)
    QThreadPool.globalInstance().waitForDone()
    for _ in range(3):
        QCoreApplication.processEvents()
    yield dialog
    with suppress(RuntimeError):  # some delete themselves
        dialog.close()
        dialog.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _again(dialog: QDialog) -> list[QPushButton]:
    texts = (dialog.tr("Test again"), dialog.tr("Read again"), dialog.tr("New picture"))
    return [each for each in dialog.findChildren(QPushButton) if each.text() in texts]
