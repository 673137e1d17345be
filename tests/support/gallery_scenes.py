"""What the gallery paints beside the pages: dialogs, tabs, the drawer; opened, filled, and closed.

Each scene is what a person would open in that state, with the real program behind it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QListWidget,
    QMessageBox,
    QPlainTextEdit,
    QProgressDialog,
    QPushButton,
    QTabWidget,
    QWidget,
)

from pipeline.states import WorkerName

if TYPE_CHECKING:
    from console.app import Console
    from pipeline.settings_cameras import CameraSettings

Wait = Callable[[Callable[[], bool], float], bool]
Scene = tuple[str, QWidget | QPixmap]

LONG_S: Final = 20.0
BROKEN_PROPERTIES: Final = (
    "client.id=signalbox\ncompression.type=zstandard\nlinger.ms=soon\nfetch.min.byte=1\n"
)
JAVA: Final = (
    "bootstrap.servers=kafka-1:9092,kafka-2:9092\nmax.poll.records=100\nlinger.ms=20\n"
    "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nkey.serializer=StringSerializer\n"
)
CAMERAS: Final = (
    "name,source,detections_per_second\nNorth gate,rtsp://user:secret@10.0.0.7/1,2\n"
    "Market & 3rd,demo,5\n,rtsp://10.0.0.9/1,2\nBridge,rtsp://10.0.0.8/1,often\n"
)
STACKS: Final = (
    "Fatal Python error: Segmentation fault\n\nThread 0x00007f2a (most recent call first):\n"
    '  File "pipeline/detection/capture.py", line 212 in _read\n'
    '  File "pipeline/detection/capture.py", line 148 in run\n'
)


class Scenes:
    """The scenes of one run of the program in one state."""

    def __init__(self, console: Console, state: str, wait: Wait) -> None:
        self._console = console
        self._context = console.context
        self._window = console.window
        self._state = state
        self._wait = wait

    def prepare(self) -> None:
        """Bring about once what scenes show."""
        session = self._context.session
        if self._state == "full" and session is not None:
            from tests.support.stages import feed

            topic = self._context.settings.kafka.topics.detection_results
            feed(session.kafka, topic, [("cam-1", b'{"no": "detection result"}')] * 3)

    def all(self) -> Iterator[Scene]:
        """Yield a name and what to paint, one after the other; each is closed at the next."""
        match self._state:
            case "empty":
                yield from self._first_start()
                yield from self._small_dialogs()
                yield from self._settings()
                yield from self._tabs()
            case "full":
                yield from self._around_the_pages()
                yield from self._dialogs_of_cameras()
                yield from self._dialogs_of_kafka()
                yield from self._dialogs_of_alarms()
                yield from self._on_the_way()
                yield from self._tabs()
            case "language-model":
                yield from self._tabs()
                yield from self._keys()
            case "no-broker":
                yield from self._connection()
            case _:
                yield from self._drawer()

    @contextmanager
    def _shown(
        self, dialog: QDialog, ready: Callable[[], bool] = lambda: True
    ) -> Iterator[QDialog]:
        dialog.show()
        self._wait(ready, LONG_S)
        yield dialog
        dialog.close()
        with suppress(RuntimeError):  # some delete themselves
            dialog.deleteLater()

    # ------------------------------------------------------------------ nothing there yet
    def _first_start(self) -> Iterator[Scene]:
        from console.first_start.dialog import FirstStart

        for number in range(3):
            for choice in range(3 if number == 0 else 2):
                questions = FirstStart(self._context, self._window)
                for _ in range(number):
                    questions.go_on()
                questions.step.choose(choice)
                with self._shown(questions) as dialog:
                    yield f"first-start-{number + 1}-{choice + 1}", dialog

    def _small_dialogs(self) -> Iterator[Scene]:
        from console.about import AboutDialog
        from console.crash import AbruptEnd
        from console.crash_report import CrashReport
        from console.help import HelpDialog
        from console.widgets.camera_dialog import CameraDialog
        from console.widgets.camera_import import CameraImport
        from console.widgets.export_dialog import ExportDialog
        from console.widgets.key_dialog import KeyDialog
        from console.widgets.prompt_dialog import PromptDialog
        from pipeline.settings_scheduler import LlmSettings
        from pipeline.support_selection import LogSelection

        context, window = self._context, self._window
        llm = LlmSettings(base_url="https://llm.example/v1", model="sees-pictures")
        csv = Path(tempfile.gettempdir()) / f"cameras-{os.getpid()}.csv"
        csv.write_text(CAMERAS, encoding="utf-8")
        with_list = CameraImport(context, "", window)
        with_list.read(csv)
        prompt = PromptDialog(llm, csv.parent, window)
        texts = prompt.findChildren(QPlainTextEdit)
        started = datetime(2026, 1, 5, 8, 31).astimezone()
        nothing = lambda: True  # noqa: E731
        for name, dialog, ready in (
            ("help", HelpDialog(window, "live"), nothing),
            ("about", AboutDialog(window, ""), nothing),
            ("crash", CrashReport(AbruptEnd(started, STACKS), window), nothing),
            ("killed", CrashReport(AbruptEnd(started, ""), window), nothing),
            ("export", ExportDialog(LogSelection(), window), nothing),
            ("camera", CameraDialog(context, None, "", window), nothing),
            ("import", CameraImport(context, "", window), nothing),
            ("import-list", with_list, nothing),
            ("key", KeyDialog(llm, None, window), nothing),
            ("prompt", prompt, lambda: all(text.toPlainText() for text in texts)),
        ):
            with self._shown(dialog, ready) as shown:
                yield f"dialog-{name}", shown
        csv.unlink()

    def _settings(self) -> Iterator[Scene]:
        """Every section, with its beginning at the top."""
        self._window.show_page("settings")
        (sections,) = self._window.pages.page("settings").findChildren(QListWidget)[:1]
        for row in range(1, sections.count()):
            sections.setCurrentRow(row)
            yield f"settings-{row:02}", self._window
        sections.setCurrentRow(0)

    def _keys(self) -> Iterator[Scene]:
        """The table of keys in the settings."""
        from console.widgets.keys_section import KeysSection

        self._window.show_page("settings")
        page = self._window.pages.page("settings")
        (section,) = page.findChildren(KeysSection)
        sections = page.findChildren(QListWidget)[0]
        while not section.visibleRegion().boundingRect().height() > section.height() / 2:
            sections.setCurrentRow(sections.currentRow() + 1)
            self._wait(lambda: False, 0.1)
        yield "settings-keys", self._window
        sections.setCurrentRow(0)

    def _tabs(self) -> Iterator[Scene]:
        from console.pages.logs import LogsPage

        for key in ("kafka", "pipeline"):
            self._window.show_page(key)
            tabs = self._window.pages.page(key).findChildren(QTabWidget)[0]
            for index in range(1, tabs.count()):
                tabs.setCurrentIndex(index)
                yield f"{key}-tab-{index}", self._window
            tabs.setCurrentIndex(0)
        logs = self._window.pages.page("logs")
        assert isinstance(logs, LogsPage)
        self._window.show_page("logs")
        logs.show_timeline()
        yield "logs-timeline", self._window
        self._window.pages.show_log(WorkerName.DETECTION)

    # ------------------------------------------------------------------ all there
    def _drawer(self) -> Iterator[Scene]:
        self._window.show_page("live")
        drawer = self._window.drawer
        drawer.toggle(WorkerName.DETECTION)
        yield "drawer", self._window
        drawer.close_up()

    def _around_the_pages(self) -> Iterator[Scene]:
        from console.widgets.camera_wall import CameraWall

        yield from self._drawer()
        self._window.track.set_folded(True)
        yield "folded", self._window
        self._window.track.set_folded(False)
        (wall,) = self._window.pages.page("live").findChildren(CameraWall)
        wall.show_alone("cam-2")
        yield "one-camera", self._window
        wall.show_alone(None)
        # Shortcuts are the active window's, and after a dialog that is none here.
        self._window.activateWindow()
        self._wait(self._window.isActiveWindow, LONG_S)
        QTest.keyClick(self._window, Qt.Key.Key_F11)
        assert self._window.isFullScreen()
        yield "full-screen", self._window
        QTest.keyClick(self._window, Qt.Key.Key_F11)

    def _camera(self) -> CameraSettings:
        from pipeline.settings_areas import AreaSettings, GroundSettings, LineSettings

        return self._context.settings.cameras[0].model_copy(
            update={
                "region": ((0.02, 0.3), (0.98, 0.3), (0.98, 0.98), (0.02, 0.98)),
                "excluded": (
                    AreaSettings(name="Shop", points=((0.8, 0.35), (0.95, 0.35), (0.95, 0.6))),
                ),
                "lines": (LineSettings(name="Crossing", points=((0.1, 0.8), (0.9, 0.75))),),
                "zones": (AreaSettings(name="Track", points=((0.4, 0.4), (0.6, 0.4), (0.6, 0.9))),),
                "ground": GroundSettings(
                    image=((0.3, 0.5), (0.7, 0.5), (0.9, 0.9), (0.1, 0.9)),
                    metres=((0, 20), (8, 20), (8, 0), (0, 0)),
                ),
            }
        )

    def _dialogs_of_cameras(self) -> Iterator[Scene]:
        from console.settings_keeper import consequence_words
        from console.widgets.area_dialog import AreaDialog
        from console.widgets.camera_dialog import CameraDialog
        from console.widgets.camera_test import CameraTest
        from pipeline.settings_cameras import ScheduleSettings

        camera = self._camera()
        now = self._context.settings
        changed = now.model_copy(update={"cameras": (*now.cameras, camera)})
        words = consequence_words(now, changed, WorkerName)
        with self._shown(AreaDialog(self._context, camera, words, self._window)) as areas:
            (listed,) = areas.findChildren(QListWidget)
            self._wait(lambda: False, 1.0)
            yield "dialog-areas", areas
            listed.setCurrentRow(listed.count() - 1)
            yield "dialog-areas-ground", areas
        night = ScheduleSettings(begin=time(22), end=time(6), detections_per_second=1.0)
        plain = self._context.settings.cameras[0].model_copy(
            update={"id": "market", "schedule": (night,)}
        )
        with self._shown(CameraDialog(self._context, plain, words, self._window)) as edit:
            (test,) = edit.findChildren(CameraTest)
            test.start(camera)
            self._wait(lambda: test.image is not None, LONG_S)
            yield "dialog-camera-tested", edit
        with self._shown(CameraDialog(self._context, plain, words, self._window)) as edit:
            (test,) = edit.findChildren(CameraTest)
            test.start(camera.model_copy(update={"source": "rtsp://127.0.0.1:9/1"}))
            self._wait(lambda: bool(test.words), LONG_S)
            yield "dialog-camera-dark", edit

    def _connection(self) -> Iterator[Scene]:
        from console.widgets.connection_dialog import ConnectionDialog
        from pipeline.kafka.access import KafkaAccess

        session = self._context.session
        kafka = self._context.settings.kafka
        access = session.kafka if session is not None else KafkaAccess(kafka, None)
        dialog = ConnectionDialog(access, self._context.theme, self._window)

        def is_done() -> bool:
            again = dialog.findChildren(QPushButton)
            return all(button.isEnabled() for button in again)

        with self._shown(dialog, is_done) as shown:
            yield "dialog-connection", shown

    def _dialogs_of_kafka(self) -> Iterator[Scene]:
        from console.models.kafka_desk import KafkaDesk
        from console.widgets.dead_letter_dialog import DeadLetterDialog
        from console.widgets.java_dialog import JavaDialog
        from console.widgets.property_editor import PropertyEditor
        from console.widgets.value_table import ValueTable

        yield from self._connection()
        session = self._context.session
        assert session is not None
        letters = DeadLetterDialog(session.kafka, self._window)
        (table,) = letters.findChildren(ValueTable)
        with self._shown(letters, lambda: table.topLevelItemCount() > 0) as shown:
            first = table.topLevelItem(0)
            assert first is not None
            table.setCurrentItem(first)
            yield "dialog-dead-letters", shown
        page = self._window.pages.page("kafka")
        self._window.show_page("kafka")
        tabs = page.findChildren(QTabWidget)[0]
        tabs.setCurrentIndex(2)
        (editor,) = page.findChildren(PropertyEditor)
        before = editor.toPlainText()
        editor.selectAll()
        editor.insertPlainText(BROKEN_PROPERTIES)
        self._wait(lambda: False, 1.0)
        yield "kafka-broken-properties", self._window
        editor.selectAll()
        editor.insertPlainText(before)
        tabs.setCurrentIndex(0)
        (desk,) = page.findChildren(KafkaDesk)
        java = JavaDialog(desk, self._context.theme, self._window)
        java.findChildren(QPlainTextEdit)[0].setPlainText(JAVA)
        with self._shown(java) as shown:
            yield "dialog-java", shown

    def _dialogs_of_alarms(self) -> Iterator[Scene]:
        from console.widgets.alarm_table import AlarmTable
        from console.widgets.daily_dialog import DailyDialog
        from console.widgets.maintenance_dialog import MaintenanceDialog
        from console.widgets.minute_dialog import MinuteDialog
        from console.widgets.replay_dialog import ReplayDialog
        from console.widgets.value_table import ValueTable
        from pipeline.settings_alarms import MaintenanceWindow

        self._window.show_page("alarms")
        (table,) = self._window.pages.page("alarms").findChildren(AlarmTable)
        self._wait(lambda: bool(table.entries()), LONG_S)
        replay = ReplayDialog(self._context, table.entries(), self._window)
        with self._shown(replay) as shown:
            yield "dialog-replay", shown
            buttons = replay.findChildren(QPushButton)
            start = next(b for b in buttons if b.property("role") == "primary")
            start.click()
            rows = replay.findChildren(ValueTable)[0]
            self._wait(lambda: rows.topLevelItemCount() > 0 and start.isEnabled(), LONG_S)
            yield "dialog-replay-done", shown
        controller = self._context.controller
        before = controller.settings
        now = datetime.now(UTC).replace(microsecond=0)
        windows = (
            MaintenanceWindow(
                begin=now, end=now + timedelta(hours=2), reason="Cable work at the depot"
            ),
            MaintenanceWindow(camera="cam-1", begin=now, end=now + timedelta(hours=4), weekly=True),
        )
        alarms = before.aggregator.alarms.model_copy(update={"maintenance": windows})
        aggregator = before.aggregator.model_copy(update={"alarms": alarms})
        controller.apply_settings(before.model_copy(update={"aggregator": aggregator}))
        with self._shown(MaintenanceDialog(self._context, self._window)) as shown:
            yield "dialog-maintenance", shown
        controller.apply_settings(before)
        with self._shown(MinuteDialog(datetime.now(UTC), self._window)) as shown:
            yield "dialog-minute", shown
        daily = DailyDialog(self._context, self._window)
        counts = daily.findChildren(ValueTable)[0]
        with self._shown(daily, lambda: counts.topLevelItemCount() > 0) as shown:
            yield "dialog-daily", shown

    def _on_the_way(self) -> Iterator[Scene]:
        """Questions and progress."""
        self._window.show_page("live")
        self._window.shutdown.has_tray = True
        self._window.shutdown.ask_to_quit()
        question = QApplication.activeModalWidget()
        assert question is not None
        yield "dialog-quit", question
        question.close()
        output = Path(tempfile.gettempdir()) / f"logs-{os.getpid()}.zip"
        self._window.exporter.export(output)
        progress = self._window.findChildren(QProgressDialog)[-1]
        progress.show()
        yield "dialog-exporting", progress.grab()  # at once: it is over soon
        self._wait(lambda: isinstance(QApplication.activeModalWidget(), QMessageBox), LONG_S)
        told = QApplication.activeModalWidget()
        assert told is not None
        yield "dialog-exported", told
        told.close()
        output.unlink(missing_ok=True)
