"""The editor of Kafka's properties: what is typed is examined, explained, mended and applied."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QTextCursor, QTextFormat
from PySide6.QtWidgets import (
    QApplication,
    QPushButton,
    QTabWidget,
)
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.kafka import KafkaPage
from console.widgets.property_completer import PropertyCompleter
from pipeline import settings_file
from tests.support.kafka_page import (
    PROPERTIES,
    WAIT_MS,
    buttons,
    editor,
    only,
    press,
    show_page,
    texts,
    type_lines,
    underlined,
    wait_for,
)

# The offscreen platform says so of every list that pops up.
pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|grabbing)", extend=True)


def test_a_property_that_does_nothing_is_underlined_as_it_is_typed_and_goes_by_one_click(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    type_lines(qtbot, page, "consumer", "max.poll.records = 500")
    qtbot.waitUntil(lambda: underlined(page) == ["max.poll.records = 500"], timeout=WAIT_MS)
    assert "1 warning" in texts(page)
    assert "Warning" in texts(page)
    assert "does nothing" in texts(page)
    assert "share consumers" in texts(page)
    press(qtbot, page, "Fix")
    assert "max.poll.records" not in editor(page).toPlainText()
    qtbot.waitUntil(lambda: not underlined(page), timeout=WAIT_MS)
    wait_for(qtbot, page, "Nothing found")


def test_an_error_blocks_applying_until_it_is_mended(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage, path: Path
) -> None:
    type_lines(qtbot, page, "producer", "acks = 1", "enable.idempotence = true")
    wait_for(qtbot, page, "no worker would start")
    (apply,) = buttons(page, "Apply")
    assert not apply.isEnabled()
    assert "acks = 1" in underlined(page)
    press(qtbot, page, "Fix")
    assert "acks = all" in editor(page).toPlainText()
    press(qtbot, page, "Apply")
    wait_for(qtbot, page, "Applied.")
    assert settings_file.load(path).kafka.producer == {"acks": "all", "enable.idempotence": True}
    assert context.settings.kafka.producer == {"acks": "all", "enable.idempotence": True}


def test_everything_is_fixed_at_once(qtbot: QtBot, page: KafkaPage) -> None:
    type_lines(qtbot, page, "consumer", "max.poll.records = 5", "auto.offset.reset = none")
    type_lines(qtbot, page, "common", "linger.ms = 7")
    wait_for(qtbot, page, "2 warning")
    press(qtbot, page, "Fix all")
    wait_for(qtbot, page, "Nothing found")
    text = editor(page).toPlainText()
    assert "auto.offset.reset = error" in text
    assert text.index("linger.ms = 7") > text.index("[producer]")


def test_a_fix_can_be_undone(qtbot: QtBot, page: KafkaPage) -> None:
    type_lines(qtbot, page, "consumer", "max.poll.records = 500")
    qtbot.waitUntil(lambda: bool(buttons(page, "Fix")), timeout=WAIT_MS)
    press(qtbot, page, "Fix")
    assert "max.poll.records" not in editor(page).toPlainText()
    editor(page).setFocus()
    qtbot.keyClick(editor(page), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert "max.poll.records = 500" in editor(page).toPlainText()
    qtbot.waitUntil(lambda: bool(underlined(page)), timeout=WAIT_MS)


def test_names_and_values_are_offered_and_taken_by_the_keyboard(
    qtbot: QtBot, page: KafkaPage
) -> None:
    edit = editor(page)
    edit.go_to(edit.toPlainText().split("\n").index("[producer]") + 1)
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    qtbot.keyClicks(edit, "compression.ty")
    popup = edit.findChildren(PropertyCompleter)[0].list
    qtbot.waitUntil(popup.isVisible)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert "\ncompression.type = \n" in edit.toPlainText()
    qtbot.keyClicks(edit, "zs")
    qtbot.waitUntil(popup.isVisible)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert "\ncompression.type = zstd\n" in edit.toPlainText()
    assert "default none" in texts(page)  # the property at the cursor is explained


def test_ctrl_space_offers_all_and_only_what_the_section_takes(
    qtbot: QtBot, page: KafkaPage
) -> None:
    edit = editor(page)
    edit.go_to(edit.toPlainText().split("\n").index("[consumer]") + 1)
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    qtbot.keyClick(edit, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    completer = edit.findChildren(PropertyCompleter)[0]
    qtbot.waitUntil(completer.list.isVisible)
    offered = completer.names("consumer")
    assert completer.completionCount() == len(offered)
    assert "fetch.wait.max.ms" in offered
    assert "linger.ms" not in offered
    qtbot.keyClick(completer.list, Qt.Key.Key_Escape)


def test_the_pointer_tells_of_a_finding_or_else_of_the_property(
    qtbot: QtBot, page: KafkaPage
) -> None:
    type_lines(qtbot, page, "producer", "linger.ms = 5ms", "compression.type = lz4")
    qtbot.waitUntil(lambda: bool(underlined(page)), timeout=WAIT_MS)
    edit = editor(page)

    def tip(text: str) -> str:
        cursor = edit.document().find(text)
        cursor.setPosition(cursor.selectionStart() + 1)
        rect: QRect = edit.cursorRect(cursor)
        return edit.tip_at(rect.center() + QPoint(1, 0))

    assert "Error" in tip("linger.ms")
    assert "unit" in tip("linger.ms")
    assert "zstd" in tip("compression.type")


def test_errors_warnings_and_advice_are_underlined_in_their_colours(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    type_lines(qtbot, page, "consumer", "check.crcs = yes", "max.poll.records = 5")
    qtbot.waitUntil(lambda: len(underlined(page)) == 2, timeout=WAIT_MS)
    colors = {
        mark.cursor.selectedText(): mark.format.property(QTextFormat.Property.TextUnderlineColor)
        for mark in editor(page).extraSelections()
    }
    assert colors["check.crcs = yes"] == context.theme.color("danger")
    assert colors["max.poll.records = 5"] == context.theme.color("warning")


def test_revert_shows_what_is_in_use(qtbot: QtBot, page: KafkaPage) -> None:
    before = editor(page).toPlainText()
    type_lines(qtbot, page, "consumer", "check.crcs = true")
    press(qtbot, page, "Revert")
    assert editor(page).toPlainText() == before
    assert not buttons(page, "Revert")[0].isEnabled()


def test_what_is_typed_stays_when_the_page_is_made_anew(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    type_lines(qtbot, page, "consumer", "check.crcs = true")
    again = show_page(qtbot, context)
    again.restore(page.kept())
    assert "check.crcs = true" in editor(again).toPlainText()
    assert only(again, QTabWidget).currentIndex() == PROPERTIES


def test_from_a_fault_to_applied_without_a_mouse(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    edit = editor(page)
    type_lines(qtbot, page, "consumer", "max.poll.records = 500", "check.crcs = true")
    qtbot.waitUntil(lambda: bool(underlined(page)), timeout=WAIT_MS)
    edit.moveCursor(QTextCursor.MoveOperation.End)
    for _ in range(40):
        focus = QApplication.focusWidget()
        if isinstance(focus, QPushButton) and focus.text() == "Fix":
            break
        qtbot.keyClick(focus or edit, Qt.Key.Key_Tab)
    qtbot.keyClick(QApplication.focusWidget() or edit, Qt.Key.Key_Space)
    assert "max.poll.records" not in edit.toPlainText()
    wait_for(qtbot, page, "Nothing found")
    qtbot.keyClick(
        QApplication.focusWidget() or page, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier
    )
    wait_for(qtbot, page, "Applied.")
    assert context.settings.kafka.consumer == {"check.crcs": True}


def test_the_numbers_of_lines_stand_beside_them(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    del context
    type_lines(qtbot, page, "producer", "acks = 1", "linger.ms = 5")
    lines = list(editor(page).lines_in_sight())
    tops = [top for _, top, _ in lines]
    steps = {round(after - before, 3) for before, after in pairwise(tops)}
    assert len(tops) > 3
    # The last one too, below which the document has its margin.
    assert {round(height, 3) for _, _, height in lines} == steps
