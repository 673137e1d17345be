"""Dead letters in the window: seen with their reason, sent back after a question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from console import i18n
from console.context import ConsoleContext
from console.pages.kafka import KafkaPage
from console.supervision.session_thread import SessionState
from console.widgets import dead_letter_dialog
from console.widgets.dead_letter_dialog import DeadLetterDialog
from console.widgets.value_table import ValueTable
from pipeline.kafka.dead_letter_box import DeadLetterBox
from pipeline.settings import Settings
from pipeline.states import WorkerName
from tests.support.console_parts import console_context
from tests.support.log_guard import ExpectLog
from tests.support.stages import feed
from tests.support.windows import shown

pytestmark = pytest.mark.integration

WAIT_MS = 30_000


@pytest.fixture
def context(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ConsoleContext]:
    monkeypatch.setenv("SIGNALBOX_HOME", str(tmp_path))
    i18n.install("en")  # its plural forms
    with console_context(qtbot, Settings()) as made:
        yield made


@pytest.fixture
def page(qtbot: QtBot, context: ConsoleContext) -> KafkaPage:
    return shown(qtbot, KafkaPage(context), 1200, 700)


def _open(qtbot: QtBot, context: ConsoleContext, page: KafkaPage) -> DeadLetterDialog:
    if context.controller.session_state is not SessionState.OPEN:
        context.controller.open()
        qtbot.waitUntil(
            lambda: context.controller.session_state is SessionState.OPEN, timeout=WAIT_MS
        )
    page.refresh()
    _click(qtbot, page, "Dead letters…")
    (dialog,) = page.findChildren(DeadLetterDialog)
    qtbot.waitUntil(lambda: "Reading" not in _words(dialog), timeout=WAIT_MS)
    return dialog


def _click(qtbot: QtBot, parent: KafkaPage | DeadLetterDialog | QMessageBox, text: str) -> None:
    (button,) = [
        each
        for each in parent.findChildren(QPushButton)
        if each.text() == text and each.isVisible()
    ]
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def _words(dialog: DeadLetterDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


def _question(qtbot: QtBot) -> QMessageBox:
    def find() -> QMessageBox | None:
        widget = QApplication.activeModalWidget()
        return widget if isinstance(widget, QMessageBox) else None

    qtbot.waitUntil(lambda: find() is not None, timeout=WAIT_MS)
    found = find()
    assert found is not None
    return found


def test_without_dead_letters_it_says_what_they_are(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    dialog = _open(qtbot, context, page)
    assert "There are no dead letters" in _words(dialog)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)


def test_a_message_is_read_and_sent_back(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage, expect_log: ExpectLog
) -> None:
    """Chosen by keys, sent after a question, it fails again and is seen as that."""
    expect_log("goes to the dead letters")
    context.controller.open()
    qtbot.waitUntil(lambda: context.controller.session_state is SessionState.OPEN, timeout=WAIT_MS)
    assert context.session is not None
    feed(context.session.kafka, "detection-results", [("cam-1", b"no JSON at all")])
    context.controller.start(WorkerName.GENERATOR)

    def dead() -> int:
        return context.figures.lag.dlq.get("detection-results", 0) if context.figures.lag else 0

    qtbot.waitUntil(lambda: dead() == 1, timeout=WAIT_MS)
    dialog = _open(qtbot, context, page)
    assert "1 message could not be processed and was put aside. Mend the cause" in _words(dialog)
    (table,) = dialog.findChildren(ValueTable)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    (details,) = dialog.findChildren(QPlainTextEdit)
    assert "no JSON at all" in details.toPlainText()

    _click(qtbot, dialog, "Send back…")
    _click(qtbot, _question(qtbot), "Send back")

    qtbot.waitUntil(lambda: dead() == 2, timeout=WAIT_MS)
    qtbot.waitUntil(table.isEnabled, timeout=WAIT_MS)
    assert not table.selectedItems(), "other messages stand in these rows now"
    assert not details.toPlainText()
    assert dialog.focusWidget() is table
    assert _words(dialog).startswith("1 message was sent back.\n")
    _click(qtbot, dialog, "Read again")
    qtbot.waitUntil(table.isEnabled, timeout=WAIT_MS)
    assert table.topLevelItemCount() == 2
    states = {item.text(3) for i in range(2) if (item := table.topLevelItem(i)) is not None}
    assert states == {"sent back", "failed again"}
    assert "was sent back" not in _words(dialog)
    dialog.close()


def test_after_a_refusal_what_went_is_not_offered_again(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage, expect_log: ExpectLog
) -> None:
    """Another console has sent one of two back meanwhile: the other goes, and both are told."""
    expect_log("goes to the dead letters")
    context.controller.open()
    qtbot.waitUntil(lambda: context.controller.session_state is SessionState.OPEN, timeout=WAIT_MS)
    assert context.session is not None
    kafka = context.session.kafka
    feed(kafka, "detection-results", [("cam-1", b"no JSON at all"), ("cam-1", b"nor this")])
    context.controller.start(WorkerName.GENERATOR)

    def dead() -> int:
        return context.figures.lag.dlq.get("detection-results", 0) if context.figures.lag else 0

    qtbot.waitUntil(lambda: dead() == 2, timeout=WAIT_MS)
    context.controller.stop(WorkerName.GENERATOR)
    dialog = _open(qtbot, context, page)
    other = DeadLetterBox(kafka)
    assert other.send_back(other.letters(limit=1)).sent == 1
    (table,) = dialog.findChildren(ValueTable)
    table.selectAll()

    _click(qtbot, dialog, "Send back…")
    _click(qtbot, _question(qtbot), "Send back")

    qtbot.waitUntil(lambda: "1 sent back, 1 not." in _words(dialog), timeout=WAIT_MS)
    assert "All messages listed here were sent back." in _words(dialog)
    table.selectAll()
    states = [item.text(3) for i in range(2) if (item := table.topLevelItem(i)) is not None]
    assert states == ["sent back", "sent back"]
    (send,) = [each for each in dialog.findChildren(QPushButton) if each.text() == "Send back…"]
    assert not send.isEnabled()
    dialog.close()


def test_more_than_are_shown_is_said(
    qtbot: QtBot,
    context: ConsoleContext,
    page: KafkaPage,
    expect_log: ExpectLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expect_log("goes to the dead letters")
    monkeypatch.setattr(dead_letter_dialog, "SHOWN", 1)
    context.controller.open()
    qtbot.waitUntil(lambda: context.controller.session_state is SessionState.OPEN, timeout=WAIT_MS)
    assert context.session is not None
    bad = [("cam-1", b"no JSON at all"), ("cam-1", b"nor this")]
    feed(context.session.kafka, "detection-results", bad)
    context.controller.start(WorkerName.GENERATOR)
    qtbot.waitUntil(
        lambda: bool(context.figures.lag and sum(context.figures.lag.dlq.values()) == 2),
        timeout=WAIT_MS,
    )
    dialog = _open(qtbot, context, page)
    assert "Only the newest 1 are listed and counted here" in _words(dialog)
    dialog.close()
