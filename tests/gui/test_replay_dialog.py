"""Assessing again from the window: thresholds typed, a model asked only after a question, a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QScrollArea,
)
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.widgets.replay_dialog import ReplayDialog
from console.widgets.value_table import ValueTable
from pipeline.aggregation.database import database_path
from pipeline.aggregation.store import AlarmReader
from pipeline.settings import demo_settings
from pipeline.settings_scheduler import LlmSettings
from tests.support.alarms import alarm, store_alarms, store_judged
from tests.support.console_parts import console_context
from tests.support.llm_server import LlmServer, llm_server

COUNT = 3


@pytest.fixture
def server() -> Iterator[LlmServer]:
    with llm_server() as made:
        yield made


@pytest.fixture
def context(qtbot: QtBot, signalbox_home: Path, server: LlmServer) -> Iterator[ConsoleContext]:
    settings = demo_settings()
    llm = LlmSettings(base_url=server.base_url, model="m")
    scheduler = settings.scheduler.model_copy(update={"llm": llm})
    settings = settings.model_copy(update={"scheduler": scheduler})
    path = database_path(settings.aggregator)
    store_judged(path, COUNT)
    store_alarms(path, alarm("older"))
    with console_context(qtbot, settings) as made:
        yield made


@pytest.fixture
def dialog(qtbot: QtBot, context: ConsoleContext) -> Iterator[ReplayDialog]:
    with AlarmReader(database_path(context.settings.aggregator)) as reader:
        entries = reader.newest()
    parent = QLabel()
    qtbot.addWidget(parent)
    made = ReplayDialog(context, entries, parent)
    made.show()
    qtbot.waitExposed(made)
    yield made
    del parent  # which is its owner


def press(qtbot: QtBot, dialog: ReplayDialog, text: str) -> None:
    button = next(b for b in dialog.findChildren(QPushButton) if b.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def says(dialog: ReplayDialog, words: str) -> bool:
    return any(words in label.text() for label in dialog.findChildren(QLabel))


def write(qtbot: QtBot, dialog: ReplayDialog, name: str, text: str) -> None:
    field = next(f for f in dialog.findChildren(QLineEdit) if f.accessibleName() == name)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)


def choose_model(qtbot: QtBot, dialog: ReplayDialog) -> None:
    box = next(b for b in dialog.findChildren(QComboBox) if b.accessibleName() == "Who judges")
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == "Language model"


def verdicts(dialog: ReplayDialog) -> list[tuple[str, str]]:
    table = dialog.findChildren(ValueTable)[0]
    items = [table.topLevelItem(index) for index in range(table.topLevelItemCount())]
    return [(item.text(2), item.text(3)) for item in items if item is not None]


def test_the_rules_as_they_are_say_the_same(qtbot: QtBot, dialog: ReplayDialog) -> None:
    assert says(dialog, "Assesses the listed alarms (4)")
    press(qtbot, dialog, "Assess")
    qtbot.waitUntil(lambda: says(dialog, "3 assessed: 3 as then, 0 different, 0 not possible."))
    assert says(dialog, "Of 1 it is not stored what was asked.")
    assert all(then == now for then, now in verdicts(dialog))


def test_other_thresholds_say_something_else_and_it_is_saved(
    qtbot: QtBot, dialog: ReplayDialog, tmp_path: Path
) -> None:
    write(qtbot, dialog, "Near distance", "-1")
    assert says(dialog, "Must be 0 or more.")
    assert not next(b for b in dialog.findChildren(QPushButton) if b.text() == "Assess").isEnabled()
    for name, text in (
        ("Near distance", "0"),
        ("Conflict distance", "0"),
        ("Contact in (s): medium", "0.001"),
        ("Contact in (s): high", "0.001"),
    ):
        write(qtbot, dialog, name, text)
    press(qtbot, dialog, "Assess")
    qtbot.waitUntil(lambda: says(dialog, "3 assessed: 0 as then, 3 different"))
    assert [now for _, now in verdicts(dialog)] == ["none"] * COUNT
    press(qtbot, dialog, "Save as a table…")
    file = dialog.findChildren(QFileDialog)[0]
    file.findChildren(QLineEdit)[0].setText(str(tmp_path / "table.csv"))
    box = file.findChildren(QDialogButtonBox)[0]
    accepts = QDialogButtonBox.ButtonRole.AcceptRole
    confirm = next(one for one in box.buttons() if box.buttonRole(one) is accepts)
    qtbot.mouseClick(confirm, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: says(dialog, "Saved: "))
    with (tmp_path / "table.csv").open(encoding="utf-8-sig", newline="") as table:
        assert [row["level_now"] for row in csv.DictReader(table)] == ["none"] * COUNT


def test_nothing_of_the_form_is_cut_where_a_value_is_not_the_default(
    qtbot: QtBot, dialog: ReplayDialog
) -> None:
    choose_model(qtbot, dialog)
    (scroll,) = dialog.findChildren(QScrollArea)
    form = scroll.widget()
    assert form is not None
    assert any(link.isVisibleTo(form) for link in form.findChildren(QPushButton))
    assert form.minimumSizeHint().width() <= scroll.viewport().width()


def test_a_model_is_asked_only_after_a_question(
    qtbot: QtBot, dialog: ReplayDialog, server: LlmServer
) -> None:
    choose_model(qtbot, dialog)
    press(qtbot, dialog, "Assess")
    (question,) = dialog.findChildren(QMessageBox)
    assert "Up to 4 requests with pictures go to m at" in question.text()
    cancel = question.button(QMessageBox.StandardButton.Cancel)
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert server.seen == []
    qtbot.waitUntil(lambda: not dialog.findChildren(QMessageBox))
    press(qtbot, dialog, "Assess")
    (question,) = dialog.findChildren(QMessageBox)
    send = next(b for b in question.findChildren(QPushButton) if b.text() == "Send")
    qtbot.mouseClick(send, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: says(dialog, "3 assessed: "), timeout=15_000)
    assert len(server.seen) == COUNT
    assert {now for _, now in verdicts(dialog)} == {server.verdict["riskLevel"]}


def test_what_two_runs_say_stands_side_by_side(qtbot: QtBot, dialog: ReplayDialog) -> None:
    (table,) = dialog.findChildren(ValueTable)
    press(qtbot, dialog, "Assess")
    qtbot.waitUntil(lambda: says(dialog, "3 assessed: 3 as then"))
    assert table.isColumnHidden(5), "there is no run before the first"
    first = [now for _, now in verdicts(dialog)]
    for name in ("Near distance", "Conflict distance"):
        write(qtbot, dialog, name, "0")
    for name in ("Contact in (s): medium", "Contact in (s): high"):
        write(qtbot, dialog, name, "0.001")
    press(qtbot, dialog, "Assess")
    qtbot.waitUntil(lambda: says(dialog, "3 assessed: 0 as then, 3 different"))
    assert not table.isColumnHidden(5)
    items = [table.topLevelItem(index) for index in range(table.topLevelItemCount())]
    assert [item.text(5) for item in items if item is not None] == first
    assert table.header().visualIndex(5) < table.header().visualIndex(3), "before stands first"


def test_only_what_concerns_the_judge_is_asked_for(qtbot: QtBot, dialog: ReplayDialog) -> None:
    def field(name: str) -> QLineEdit:
        return next(f for f in dialog.findChildren(QLineEdit) if f.accessibleName() == name)

    assert field("Near distance").isVisible()
    assert not field("Prompt file").isVisible()
    choose_model(qtbot, dialog)
    assert not field("Near distance").isVisible()
    assert field("Prompt file").isVisible()
    buttons = [b.text() for b in dialog.findChildren(QPushButton) if b.isVisible()]
    assert "Cancel" not in buttons, "nothing is under way"


def test_it_can_be_cancelled(qtbot: QtBot, dialog: ReplayDialog, server: LlmServer) -> None:
    server.latency_s = 60.0
    choose_model(qtbot, dialog)
    press(qtbot, dialog, "Assess")
    (question,) = dialog.findChildren(QMessageBox)
    send = next(b for b in question.findChildren(QPushButton) if b.text() == "Send")
    qtbot.mouseClick(send, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(server.seen) > 0, timeout=15_000)
    press(qtbot, dialog, "Cancel")
    qtbot.waitUntil(lambda: says(dialog, "Cancelled. 0 assessed"), timeout=15_000)
