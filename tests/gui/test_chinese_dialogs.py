"""Nothing English is left in the dialogs of a Chinese window that show what went wrong.

Zones, dead letters, assessing again, daily counts, the minute of a log, About: opened by the real
parts with everything wrong in them that can be, and read as a person would.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDoubleSpinBox,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console.about import AboutDialog
from console.context import ConsoleContext
from console.supervision.session_thread import SessionState
from console.update_question import UpdateQuestion
from console.widgets.area_canvas import AreaCanvas
from console.widgets.area_dialog import AreaDialog
from console.widgets.daily_dialog import DailyDialog
from console.widgets.dead_letter_dialog import REASON_COLUMN, DeadLetterDialog
from console.widgets.minute_dialog import MinuteDialog
from console.widgets.replay_dialog import ReplayDialog
from console.widgets.value_table import ValueTable
from pipeline.aggregation.database import database_path
from pipeline.aggregation.store import AlarmReader
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.messages import encode
from pipeline.settings import Settings
from pipeline.settings_cameras import CameraSettings
from pipeline.settings_scheduler import LlmSettings, SchedulerSettings
from pipeline.states import WorkerName
from tests.support import messages as made
from tests.support.alarms import alarm, store_alarms, store_judged
from tests.support.chinese import HAN, all_slips, chinese, cramped, slips, visible_texts
from tests.support.log_guard import ExpectLog
from tests.support.stages import feed

pytestmark = pytest.mark.usefixtures("chinese")
__all__ = ["chinese"]

WAIT_MS = 60_000
CAMERA = CameraSettings(id="gate", name="大门", source="/nowhere/gate.mp4")
OWN = frozenset(["gate", "generator", "scheduler", "m"])


@pytest.fixture
def settings() -> Settings:
    llm = LlmSettings(base_url="http://127.0.0.1:9/v1", model="m", max_tries=1, timeout_s=2.0)
    return Settings(cameras=(CAMERA,), scheduler=SchedulerSettings(llm=llm))


@pytest.fixture
def parent(qtbot: QtBot) -> Iterator[QWidget]:
    widget = QWidget()
    qtbot.addWidget(widget)
    yield widget
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@contextlib.contextmanager
def opened(qtbot: QtBot, dialog: QDialog) -> Iterator[None]:
    dialog.show()
    qtbot.waitUntil(dialog.isVisible)
    yield
    assert cramped(dialog) == []
    dialog.close()


def button(dialog: QWidget, text: str) -> QPushButton:
    return next(each for each in dialog.findChildren(QPushButton) if each.text() == text)


def question() -> QMessageBox:
    widget = QApplication.activeModalWidget()
    assert isinstance(widget, QMessageBox)
    return widget


def says(dialog: QWidget, words: str) -> bool:
    return any(words in text for text in visible_texts(dialog))


# ---------------------------------------------------------------------- zones
def test_zones_drawn_wrong_on_a_camera_that_is_dark(
    qtbot: QtBot, context: ConsoleContext, parent: QWidget
) -> None:
    dialog = AreaDialog(context, CAMERA, "检测会短暂重启。", parent)
    with opened(qtbot, dialog):
        qtbot.waitUntil(button(dialog, "换一幅画面").isEnabled, timeout=WAIT_MS)
        assert says(dialog, "没有")
        assert all_slips(dialog, OWN) == {}
        (canvas,) = dialog.findChildren(AreaCanvas)
        square = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
        bow = ((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9))
        speck = ((0.5, 0.5), (0.5, 0.5))
        (shapes,) = dialog.findChildren(QListWidget)
        for kind, points in (
            ("region", bow),
            ("excluded", square),
            ("zone", bow),
            ("zone", square),
            ("line", speck),
            ("ground", bow),
        ):
            canvas.drawn.emit(kind, points)
            assert all_slips(dialog, OWN) == {}
            name = dialog.findChildren(QLineEdit)[0]
            for text in ("", "A", "x" * 60):
                name.setText(text)
                name.textEdited.emit(text)
                assert all_slips(dialog, OWN | {"x" * 60}) == {}
            if kind != "ground":
                shapes.setCurrentRow(shapes.count() - 1)
                button(dialog, "删除").click()
        for field in dialog.findChildren(QDoubleSpinBox):
            field.setValue(0.1)
        assert all_slips(dialog, OWN) == {}
        for tool in dialog.findChildren(QPushButton):
            if tool.isCheckable() and tool.isEnabled():
                tool.click()
                assert all_slips(dialog, OWN) == {}


# ---------------------------------------------------------------------- dead letters
def broken_messages() -> list[tuple[str, str, bytes]]:
    group = made.detection().traffic_groups[0]
    task = json.loads(encode(made.task()))
    return [
        ("detection-results", "a", b"no JSON at all"),
        ("detection-results", "b", b"\xff\xfe"),
        (
            "detection-results",
            "c",
            encode(replace(made.detection(), traffic_groups=(group, group))),
        ),
        ("assessment-tasks", "d", json.dumps(task | {"groupIndex": -1}).encode()),
        ("assessment-tasks", "e", json.dumps(task | {"timestamp": "yesterday"}).encode()),
        ("assessment-tasks", "f", b"{}"),
    ]


@pytest.mark.integration
def test_dead_letters(
    qtbot: QtBot, context: ConsoleContext, parent: QWidget, expect_log: ExpectLog
) -> None:
    """Put aside by real workers, over a real broker."""
    expect_log("goes to the dead letters")
    controller = context.controller
    controller.open()
    qtbot.waitUntil(lambda: controller.session_state is SessionState.OPEN, timeout=WAIT_MS)
    assert context.session is not None
    kafka = context.session.kafka
    with opened(qtbot, empty := DeadLetterDialog(kafka, parent)):
        qtbot.waitUntil(lambda: says(empty, "没有"), timeout=WAIT_MS)
        assert all_slips(empty, OWN) == {}
    messages = broken_messages()
    for topic in ("detection-results", "assessment-tasks"):
        feed(kafka, topic, [(key, value) for to, key, value in messages if to == topic])
    controller.start(WorkerName.GENERATOR)
    controller.start(WorkerName.SCHEDULER)
    qtbot.waitUntil(
        lambda: (
            context.figures.lag is not None
            and sum(context.figures.lag.dlq.values()) == len(messages)
        ),
        timeout=WAIT_MS,
    )
    dialog = DeadLetterDialog(kafka, parent)
    with opened(qtbot, dialog):
        (table,) = dialog.findChildren(ValueTable)
        (details,) = dialog.findChildren(QPlainTextEdit)
        qtbot.waitUntil(lambda: table.topLevelItemCount() == len(messages), timeout=WAIT_MS)
        assert all_slips(dialog, OWN) == {}
        for row in range(len(messages)):
            item = table.topLevelItem(row)
            assert item is not None
            table.setCurrentItem(item)
            assert HAN.search(item.text(REASON_COLUMN))
            assert slips(details.toPlainText().splitlines()[1]) == []
        table.selectAll()
        button(dialog, "送回…").click()
        box = question()
        assert all_slips(box, OWN) == {}
        qtbot.keyClick(box, Qt.Key.Key_Escape)
    controller.stop_all()


# ---------------------------------------------------------------------- assessing again
def test_assessing_again(qtbot: QtBot, context: ConsoleContext, parent: QWidget) -> None:
    """By the rules, by a model that is not there, and with thresholds that are none."""
    path = database_path(context.settings.aggregator)
    store_judged(path, 2, camera="gate")
    store_alarms(path, alarm("older", camera="gate", said="车辆与行人过近。"))
    with AlarmReader(path) as reader:
        entries = reader.newest()
    dialog = ReplayDialog(context, entries, parent)
    with opened(qtbot, dialog):
        assert all_slips(dialog, OWN) == {}
        start = button(dialog, "开始评估")
        start.click()
        qtbot.waitUntil(start.isVisible, timeout=WAIT_MS)
        qtbot.waitUntil(lambda: says(dialog, "2 个"), timeout=WAIT_MS)
        assert all_slips(dialog, OWN) == {}
        box = next(field for field in dialog._fields if field.place[-1] == "assessor")
        box.show("llm")
        start.click()
        ask = question()
        assert all_slips(ask, OWN) == {}
        button(ask, "发送").click()
        qtbot.waitUntil(lambda: start.isVisible() and says(dialog, "无法"), timeout=WAIT_MS)
        assert all_slips(dialog, OWN) == {}
        for line in dialog.findChildren(QLineEdit):
            line.setText("?")
        assert all_slips(dialog, OWN) == {}


# ---------------------------------------------------------------------- small ones
def test_daily_counts(qtbot: QtBot, context: ConsoleContext, parent: QWidget) -> None:
    path = database_path(context.settings.aggregator)
    with opened(qtbot, empty := DailyDialog(context, parent)):
        qtbot.waitUntil(lambda: says(empty, "没有"), timeout=WAIT_MS)
        assert all_slips(empty, OWN) == {}
    store_alarms(path, *(alarm(level, level, camera="gate") for level in ("low", "high")))
    today = datetime.now().astimezone().date()
    with contextlib.closing(StoreWriter(path)) as writer, writer.transaction():
        for name in ("line:北:in:car", "line:北:out:bus", "zone:南:entered:person", "not_assessed"):
            writer.add_daily(today - timedelta(days=1), "gate", name, 1234)
    dialog = DailyDialog(context, parent)
    with opened(qtbot, dialog):
        (table,) = dialog.findChildren(ValueTable)
        qtbot.waitUntil(lambda: table.topLevelItemCount() > 4, timeout=WAIT_MS)
        assert all_slips(dialog, OWN) == {}


def test_the_minute_of_a_log(qtbot: QtBot, parent: QWidget, signalbox_home: Path) -> None:
    dialog = MinuteDialog(datetime.now(UTC) - timedelta(days=400), parent)
    with opened(qtbot, dialog):
        (text,) = dialog.findChildren(QPlainTextEdit)
        assert slips(text.toPlainText()) == []
        before = text.toPlainText()
        qtbot.waitUntil(lambda: text.toPlainText() != before, timeout=WAIT_MS)
        assert slips(text.toPlainText()) == []
        assert HAN.search(text.toPlainText())
        assert all_slips(dialog, OWN) == {}


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9/", "https://127.0.0.1:9/latest.json"])
def test_about(qtbot: QtBot, parent: QWidget, url: str) -> None:
    dialog = AboutDialog(parent, url)
    with opened(qtbot, dialog):
        (table,) = dialog.findChildren(ValueTable)
        qtbot.waitUntil(lambda: table.topLevelItemCount() > 0, timeout=WAIT_MS)
        (asking,) = dialog.findChildren(UpdateQuestion)
        if url:
            asking.findChildren(QPushButton)[0].click()
            qtbot.waitUntil(lambda: says(asking, "无法"), timeout=WAIT_MS)
        table.hide()  # names and licences are what the packages call them
        assert all_slips(dialog, OWN) == {}
