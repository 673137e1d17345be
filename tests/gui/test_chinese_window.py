"""Nothing English is left in a Chinese window, also where everything is wrong that can be.

Each page and dialog is opened with faulty contents, by the real parts, and read as a person would.
"""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox, QDialog, QLineEdit, QPlainTextEdit, QPushButton, QTabWidget
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.crash import AbruptEnd
from console.crash_report import CrashReport
from console.first_start.dialog import FirstStart
from console.help import HelpDialog
from console.main_window import MainWindow
from console.models.kafka_desk import KafkaDesk
from console.page_list import PAGES
from console.pages.settings import SettingsPage
from console.pipeline_words import figure_word, setting_word
from console.supervision.worker_settings import worker_settings
from console.widgets.camera_dialog import CameraDialog
from console.widgets.camera_import import CameraImport
from console.widgets.camera_test import CameraTest
from console.widgets.connection_dialog import ConnectionDialog
from console.widgets.export_dialog import ExportDialog
from console.widgets.java_dialog import JavaDialog
from console.widgets.key_dialog import KeyDialog
from console.widgets.maintenance_dialog import MaintenanceDialog
from console.widgets.model_test import ModelTest
from console.widgets.notice_test import NoticeTest
from console.widgets.prompt_dialog import PromptDialog
from console.widgets.property_editor import PropertyEditor
from console.widgets.schedule_editor import ScheduleEditor
from console.widgets.setting_field import SettingField
from console.widgets.timeline_view import TimelineView
from pipeline.cameras_csv import COLUMNS
from pipeline.detection.sources import SourceError, open_source
from pipeline.kafka.access import KafkaAccess
from pipeline.messages import utc_now
from pipeline.settings import KafkaSettings, Settings
from pipeline.settings_cameras import CameraSettings
from pipeline.settings_scheduler import LlmSettings
from pipeline.states import WorkerName
from pipeline.support_selection import LogSelection
from pipeline.telemetry import CameraEvent
from pipeline.texts import say, words_of
from pipeline.timeline.events import Event, What
from pipeline.timeline.store import TimelineWriter, timeline_path
from tests.support.chinese import HAN, all_slips, chinese, cramped, slips, visible_texts
from tools.make_translations import PIPELINE

pytestmark = pytest.mark.usefixtures("chinese")
__all__ = ["chinese"]

WAIT_MS = 60_000
STARTED = datetime(2026, 1, 5, 8, 31, tzinfo=UTC)
CAMERAS = (
    CameraSettings(id="gate", name="大门", source="rtsp://127.0.0.1:9/1"),
    CameraSettings(id="bridge", name="Bridge north", source="/nowhere/bridge.mp4"),
)
OWN = frozenset(
    ["gate", "bridge", "north", "detection", "results", "assessment", "tasks", "risk", "alerts"]
)
COLUMN_WORDS = frozenset(word for column in COLUMNS for word in column.split("_"))
LIBRDKAFKA = frozenset(
    [
        "no",
        "pair",
        "none",
        "gzip",
        "snappy",
        "lz",
        "zstd",
        "zstandard",
        "comon",
        "common",
        "rdkafka",
        "client",
        "identifier",
        "serializingproducer",
    ]
)
"""Values, wrong ones too, and what librdkafka says of its properties itself."""

BROKEN_PROPERTIES = (
    "client.id=signalbox\ncompression.type=zstandard\nlinger.ms=soon\nfetch.min.byte=1\n"
    "[comon]\nno pair\nsasl.password = hunter22\n"
)
JAVA = (
    "bootstrap.servers=kafka-1:9092\nmax.poll.records=100\nlinger.ms=20\nkey.serializer=S\n"
    "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n"
)
LIST = (
    "name,source,detections_per_second\nNorth,rtsp://user:secret@10.0.0.7/1,2\n"
    "Bridge,rtsp://10.0.0.8/1,often\nA,,\nB,demo,1,2\n"
)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def settings() -> Settings:
    return Settings(cameras=CAMERAS)


def lose_cameras(context: ConsoleContext) -> None:
    """Have the cameras dark, for what the real sources say."""
    for camera in CAMERAS:
        view = context.hub.camera(camera.id, camera.name)
        with pytest.raises(SourceError) as caught:
            open_source(camera)
        cause = words_of(caught.value)
        view.state, view.detail = "reconnecting", cause
        view.since = datetime.now(UTC) - timedelta(seconds=75)
        view.next_try_s = time.monotonic() + 30
        context.hub.camera_events.append(CameraEvent(camera.id, "lost", cause, utc_now(), 5.0))
        trouble = say("{name}: {cause}", name=camera.name, cause=cause)
        context.hub.workers[WorkerName.DETECTION].degrade(f"camera {camera.id}", trouble)


def note_the_past() -> None:
    """Write an event of each kind into the timeline."""
    reason = say("the disk is full")
    with contextlib.closing(TimelineWriter(timeline_path())) as writer:
        for what in What:
            who = "detection" if "worker" in what.value else "gate"
            writer.note(Event(utc_now(), what, who, reason if "worker" in what.value else ""))


@contextlib.contextmanager
def opened(qtbot: QtBot, dialog: QDialog) -> Iterator[QDialog]:
    dialog.show()
    qtbot.waitUntil(dialog.isVisible)
    yield dialog
    assert cramped(dialog) == []
    dialog.close()
    with contextlib.suppress(RuntimeError):  # some delete themselves
        dialog.deleteLater()


# ---------------------------------------------------------------------- the measure itself
@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Nothing works here", "English"),
        ("检测 failed because of this", "English"),
        ("检测：已停止", ""),
        ("停止 检测", "space"),
        ("检测: 已停止", "half-width"),
        ("无法读取（No such file or directory）", ""),
        ("Azure OpenAI", ""),
        ("rtsp://127.0.0.1:9/1 无法打开", ""),
    ],
)
def test_slips_are_found(text: str, wrong: str) -> None:
    assert [wrong in found for found in slips(text)] == ([True] if wrong else [])


# ---------------------------------------------------------------------- names
def figures_of_the_pipeline() -> set[str]:
    """Return the names of counters, gauges and labels that the workers' sources hold."""
    told = re.compile(r'telemetry\.(?:count|gauge|label)\(\s*"([a-z_]+)"')
    return {
        name for path in PIPELINE.rglob("*.py") for name in told.findall(path.read_text("utf-8"))
    }


def test_every_figure_and_setting_of_a_worker_has_a_name() -> None:
    figures = figures_of_the_pipeline()
    assert {"frames_read", "unsaved_alarms", "provider_reason"} <= figures
    names = [figure_word(name) for name in sorted(figures)]
    names += [
        setting_word(name)
        for worker in WorkerName
        for name, _ in worker_settings(worker, Settings())
    ]
    assert [name for name in names if not HAN.search(name)] == []


# ---------------------------------------------------------------------- pages
@pytest.mark.parametrize("key", [spec.key for spec in PAGES])
def test_pages_with_dark_cameras_and_degraded_workers(
    qtbot: QtBot, context: ConsoleContext, window: MainWindow, key: str
) -> None:
    lose_cameras(context)
    telemetry = context.hub.workers[WorkerName.SCHEDULER]
    telemetry.label("assessor", say("offline rules ({version})", version="rules-2"))
    for name in ("fired_dense-group", "alarms_closed", "unsaved", "in_maintenance", "reminders"):
        telemetry.count(name)
    window.show_page(key)
    qtbot.waitUntil(window.pages.page(key).isVisible)
    with qtbot.waitSignal(context.ticker.figures):
        pass
    assert all_slips(window, OWN) == {}
    for tabs in window.pages.page(key).findChildren(QTabWidget):
        for index in range(tabs.count()):
            tabs.setCurrentIndex(index)
            QCoreApplication.processEvents()
            assert all_slips(window, OWN) == {}


def test_the_timeline(qtbot: QtBot, context: ConsoleContext, window: MainWindow) -> None:
    del context
    note_the_past()
    window.show_page("logs")
    page = window.pages.page("logs")
    page.show_timeline()  # type: ignore[attr-defined]
    (view,) = page.findChildren(TimelineView)
    qtbot.waitUntil(lambda: len(view.events()) >= len(What), timeout=WAIT_MS)
    assert all_slips(window, OWN) == {}


def test_every_field_of_the_settings_with_something_wrong_in_it(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.show_page("settings")
    page = window.pages.page("settings")
    assert isinstance(page, SettingsPage)
    qtbot.waitUntil(page.isVisible)
    told = 0
    for field in page.findChildren(SettingField):
        if field.row.findChildren(QComboBox):
            continue
        for wrong in ("", "?", "-5", "1e99", "a b\tc", "ftp://", "x" * 600):
            field.show(wrong)
            if field.row.problem:
                told += 1
                assert slips(field.row.problem) == []
        page.revert()
    assert told > 40
    assert all_slips(page, OWN) == {}


def test_what_the_settings_try_fails(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    """A model that is none, a webhook and a mail server that are not there."""
    window.show_page("settings")
    page = window.pages.page("settings")
    fields = {field.place: field for field in page.findChildren(SettingField)}
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    port = closed_port()
    fields["detection", "model"].show(str(broken))
    fields["aggregator", "alarms", "webhook", "url"].show(f"http://127.0.0.1:{port}/")
    fields["aggregator", "alarms", "mail", "sender"].show("a@b")
    fields["aggregator", "alarms", "mail", "recipients"].show("c@d")
    fields["aggregator", "alarms", "mail", "host"].show("127.0.0.1")
    fields["aggregator", "alarms", "mail", "port"].show(str(port))
    (trial,) = page.findChildren(ModelTest)
    with qtbot.waitSignal(trial.failed, timeout=WAIT_MS):
        trial.asked.emit()
    for notice in page.findChildren(NoticeTest):
        send = notice.findChildren(QPushButton)[0]
        notice.asked.emit()
        qtbot.waitUntil(send.isEnabled, timeout=WAIT_MS)
    assert all_slips(page, OWN) == {}


def test_properties_that_the_doctor_finds_fault_with(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("kafka")
    page = window.pages.page("kafka")
    tabs = page.findChildren(QTabWidget)[0]
    tabs.setCurrentIndex(2)
    (editor,) = page.findChildren(PropertyEditor)
    (desk,) = page.findChildren(KafkaDesk)
    with qtbot.waitSignal(
        desk.examined, timeout=WAIT_MS, check_params_cb=lambda: len(desk.findings) > 3
    ):
        editor.setPlainText(BROKEN_PROPERTIES)
    QCoreApplication.processEvents()
    assert all_slips(window, OWN | LIBRDKAFKA) == {}


# ---------------------------------------------------------------------- dialogs
def test_dialogs_about_cameras(
    qtbot: QtBot, context: ConsoleContext, window: MainWindow, tmp_path: Path
) -> None:
    with opened(qtbot, CameraDialog(context, CAMERAS[0], "", window)) as dialog:
        (test,) = dialog.findChildren(CameraTest)
        test.start(CAMERAS[0])
        qtbot.waitUntil(lambda: bool(test.words), timeout=WAIT_MS)
        for line in dialog.findChildren(QLineEdit):
            line.setText("?!")
            line.setModified(True)
        (schedule,) = dialog.findChildren(ScheduleEditor)
        schedule.findChildren(QPushButton)[0].click()
        assert all_slips(dialog, OWN) == {}
    broken = tmp_path / "list.csv"
    for text in (LIST, "name,source,qqqq\nA,demo,1\n", "a,b\n"):
        broken.write_text(text, encoding="utf-8")
        with opened(qtbot, CameraImport(context, "", window)) as dialog:
            assert isinstance(dialog, CameraImport)
            before = all_texts(dialog)
            dialog.read(broken)
            wait_for_other_texts(qtbot, dialog, before)
            assert all_slips(dialog, OWN | COLUMN_WORDS | {"qqqq"}) == {}


def all_texts(dialog: QDialog) -> list[str]:
    return sorted(visible_texts(dialog))


def wait_for_other_texts(qtbot: QtBot, dialog: QDialog, before: list[str]) -> None:
    qtbot.waitUntil(lambda: all_texts(dialog) != before)


def test_dialogs_about_kafka(qtbot: QtBot, context: ConsoleContext, window: MainWindow) -> None:
    kafka = KafkaSettings(mode="cluster", bootstrap_servers=f"127.0.0.1:{closed_port()}")
    dialog = ConnectionDialog(KafkaAccess(kafka, None), context.theme, window)
    with opened(qtbot, dialog):
        qtbot.waitUntil(
            lambda: all(button.isEnabled() for button in dialog.findChildren(QPushButton)),
            timeout=WAIT_MS,
        )
        assert all_slips(dialog, OWN) == {}
    window.show_page("kafka")
    (desk,) = window.pages.page("kafka").findChildren(KafkaDesk)
    java = JavaDialog(desk, context.theme, window)
    with opened(qtbot, java):
        before = all_texts(java)
        java.findChildren(QPlainTextEdit)[0].setPlainText(JAVA)
        wait_for_other_texts(qtbot, java, before)
        assert all_slips(java, OWN | LIBRDKAFKA) == {}


def test_dialogs_about_language_models(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    llm = LlmSettings(base_url=f"http://127.0.0.1:{closed_port()}/v1", model="m")
    with opened(qtbot, KeyDialog(llm, None, window)) as dialog:
        for line in dialog.findChildren(QLineEdit):
            line.setText("? ?")
        for button in dialog.findChildren(QPushButton):
            if button.isEnabled() and "检查" in button.text():
                button.click()
        QCoreApplication.processEvents()
        assert all_slips(dialog, OWN) == {}
    with opened(qtbot, PromptDialog(llm, tmp_path, window)) as dialog:
        template, preview = dialog.findChildren(QPlainTextEdit)[:2]
        qtbot.waitUntil(lambda: bool(template.toPlainText() and preview.toPlainText()))
        for text in (
            "",
            "version: a\n[system]\n$5\n[user]\nx",
            "version: a\n[system]\n$x\n[user]\nx",
        ):
            template.setPlainText(text)
            QCoreApplication.processEvents()
            assert all_slips(dialog, OWN) == {}


def test_small_dialogs(qtbot: QtBot, context: ConsoleContext, window: MainWindow) -> None:
    for dialog in (
        HelpDialog(window, "live"),
        CrashReport(AbruptEnd(STARTED, ""), window),
        CrashReport(AbruptEnd(STARTED, 'File "a.py", line 1'), window),
        ExportDialog(LogSelection(), window),
        MaintenanceDialog(context, window),
    ):
        with opened(qtbot, dialog):
            assert all_slips(dialog, OWN) == {}


def test_the_questions_of_the_first_start(
    qtbot: QtBot, context: ConsoleContext, window: MainWindow
) -> None:
    for number in range(3):
        for choice in range(3 if number == 0 else 2):
            questions = FirstStart(context, window)
            for _ in range(number):
                questions.go_on()
            questions.step.choose(choice)
            with opened(qtbot, questions):
                for line in questions.step.findChildren(QLineEdit):
                    line.setText("? ?")
                questions.go_on()
                QCoreApplication.processEvents()
                assert all_slips(questions, OWN) == {}
