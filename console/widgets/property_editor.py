"""An editor of librdkafka properties that underlines what the settings doctor finds."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QMimeData, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolTip

from console.property_words import property_words
from console.severity_words import severity_look, severity_word
from console.theme.fonts import mono_font
from console.theme.theme import ThemeManager
from console.theme.tokens import TypeSize
from console.widgets.property_completer import PropertyCompleter, known, section_at
from console.widgets.property_gutter import PropertyGutter
from console.widgets.property_highlighter import PropertyHighlighter
from console.window_texts import sentence, shown
from pipeline.kafka.doctor import sectioned

if TYPE_CHECKING:
    from pipeline.kafka.doctor.desk import Placed

_KEYS_OF_LIST: Final = frozenset(
    {
        Qt.Key.Key_Enter,
        Qt.Key.Key_Return,
        Qt.Key.Key_Escape,
        Qt.Key.Key_Tab,
        Qt.Key.Key_Backtab,
    }
)
TIP_WIDTH: Final = 420


class PropertyEditor(QPlainTextEdit):
    """Shows the draft's text; whoever owns it says what the doctor found.

    Attributes:
        edited: carries the whole text after every change by its user.
        line_left: the cursor is on another line now, or the keyboard elsewhere.
        pointed_at: carries the name of the property at the cursor, or chosen in the list.
    """

    edited = Signal(str)
    line_left = Signal()
    pointed_at = Signal(str)

    def __init__(self, theme: ThemeManager) -> None:
        super().__init__()
        self._theme = theme
        self._findings: tuple[Placed, ...] = ()
        self._line = 1
        self._is_replacing = False
        self.setFont(mono_font(TypeSize.LARGE))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setAccessibleName(self.tr("librdkafka properties"))
        self._highlighter = PropertyHighlighter(self.document(), theme)
        self._gutter = PropertyGutter(self, theme)
        self._completer = PropertyCompleter(self)
        self._completer.chosen.connect(self._insert)
        self._completer.pointed_at.connect(self.pointed_at)
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._on_update)
        self.cursorPositionChanged.connect(self._on_cursor)
        self.textChanged.connect(self._on_text)
        theme.changed.connect(self._underline)
        self._make_room()

    # ------------------------------------------------------------------ text
    def replace_text(self, text: str) -> None:
        """Show another text, as one step that can be undone; the cursor stays where it can."""
        before = self.toPlainText()
        if text == before:
            return
        start, end, new = sectioned.changed_span(before, text)
        cursor = QTextCursor(self.document())
        cursor.setPosition(_utf16(before, start))
        cursor.setPosition(_utf16(before, end), QTextCursor.MoveMode.KeepAnchor)
        self._is_replacing = True
        cursor.insertText(new)
        self._is_replacing = False

    def go_to(self, line: int) -> None:
        """Put the cursor at the end of a line; 1 is the first."""
        cursor = QTextCursor(self.document().findBlockByNumber(line - 1))
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
        self.setTextCursor(cursor)
        self.setFocus()

    @Slot()
    def _on_text(self) -> None:
        if not self._is_replacing:
            self.edited.emit(self.toPlainText())

    @Slot()
    def _on_cursor(self) -> None:
        self._gutter.update()
        line = self.textCursor().blockNumber() + 1
        if line != self._line:
            self._line = line
            if not self._is_replacing:
                self.line_left.emit()
        self.pointed_at.emit(self._name_at(self.textCursor()))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self.line_left.emit()

    @staticmethod
    def _name_at(cursor: QTextCursor) -> str:
        lines = sectioned.read(cursor.block().text()).lines
        return lines[0].name if lines else cursor.block().text().strip()

    # ------------------------------------------------------------------ findings
    def show_findings(self, findings: Sequence[Placed]) -> None:
        """Underline what the findings are about."""
        self._findings = tuple(findings)
        signs = {}
        for placed in reversed(self._findings):  # the worst last, so that it wins
            if placed.line is not None:
                signs[placed.line] = placed.finding.severity_level
        self._gutter.set_signs(signs)
        self._underline()

    @Slot()
    def _underline(self) -> None:
        marks = []
        for placed in reversed(self._findings):
            if placed.line is None:
                continue
            block = self.document().findBlockByNumber(placed.line - 1)
            text = block.text()
            mark = QTextEdit.ExtraSelection()
            wave = QTextCharFormat()
            wave.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            wave.setUnderlineColor(
                self._theme.color(severity_look(placed.finding.severity_level).token)
            )
            cursor = QTextCursor(block)
            lead = len(text) - len(text.lstrip())
            cursor.setPosition(block.position() + lead)
            cursor.setPosition(
                block.position() + _utf16(text, len(text.rstrip())),
                QTextCursor.MoveMode.KeepAnchor,
            )
            mark.cursor = cursor
            mark.format = wave
            marks.append(mark)
        self.setExtraSelections(marks)

    def event(self, event: QEvent) -> bool:
        """Tell about the line under the pointer."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = self.viewport().mapFromGlobal(event.globalPos())
            text = self.tip_at(at)
            if text:
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def tip_at(self, at: QPoint) -> str:
        """Return what is told about a place of the text: its findings, or else its property."""
        cursor = self.cursorForPosition(at)
        line = cursor.blockNumber() + 1
        found = [one.finding for one in self._findings if one.line == line]
        parts = [
            f"<b>{severity_word(one.severity_level)}: {html.escape(shown(one.effect))}</b><br>"
            f"{html.escape(sentence(one.reason))}<br>{html.escape(shown(one.fix))}"
            for one in found
        ]
        prop = known(self._name_at(cursor))
        if not parts and prop is not None:
            about = map(html.escape, (property_words(prop), prop.meaning))
            parts = ["<br>".join([f"<b>{html.escape(prop.name)}</b>", *about])]
        if not parts:
            return ""
        return f"<table width={TIP_WIDTH}><tr><td>{'<br><br>'.join(parts)}</td></tr></table>"

    # ------------------------------------------------------------------ completion
    def keyPressEvent(self, event: QKeyEvent) -> None:
        popup = self._completer.list
        if popup.isVisible() and event.key() in _KEYS_OF_LIST:
            event.ignore()  # the list takes it
            return
        asked = (
            event.key() == Qt.Key.Key_Space
            and event.modifiers() == Qt.KeyboardModifier.ControlModifier
        )
        if not asked:
            super().keyPressEvent(event)
        typed = event.text()
        if asked or (typed.isprintable() and typed.strip()):
            self._offer(is_asked=asked)
        elif event.key() == Qt.Key.Key_Backspace and popup.isVisible():
            self._offer(is_asked=False)
        elif popup.isVisible():
            popup.hide()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:  # noqa: N802 - Qt's name
        """Files are the window's, which opens them; their addresses would be no property."""
        return not source.hasUrls() and super().canInsertFromMimeData(source)

    def _offer(self, *, is_asked: bool) -> None:
        cursor = self.textCursor()
        text = cursor.block().text()
        before = text[: cursor.positionInBlock()]
        popup = self._completer.list
        if before.lstrip()[:1] in ("#", ";", "["):
            popup.hide()
            return
        name, equals, value = before.partition("=")
        if equals:
            words = self._completer.value_words(name.strip())
            typed = value.strip()
        else:
            section = section_at(self.toPlainText(), cursor.blockNumber() + 1)
            words = tuple(self._completer.names(section))
            typed = before.strip()
        if not (typed or is_asked) or not self._completer.offer(words, typed):
            popup.hide()
            return
        rect = self.cursorRect()
        rect.setWidth(popup.sizeHintForColumn(0) + popup.verticalScrollBar().sizeHint().width())
        rect.moveLeft(rect.left() + self._gutter.width())
        self._completer.complete(rect)
        popup.setCurrentIndex(self._completer.completionModel().index(0, 0))

    @Slot(str)
    def _insert(self, word: str) -> None:
        """Put a chosen word in place of what was typed of it."""
        cursor = self.textCursor()
        text = cursor.block().text()
        before = text[: cursor.positionInBlock()]
        is_value = "=" in before
        start = len(before) - len(before.partition("=")[2].lstrip()) if is_value else 0
        cursor.setPosition(cursor.block().position() + start)
        cursor.setPosition(cursor.block().position() + len(before), QTextCursor.MoveMode.KeepAnchor)
        rest = text[len(before) :]
        cursor.insertText(word if is_value or "=" in rest else f"{word} = ")
        self.setTextCursor(cursor)

    # ------------------------------------------------------------------ gutter
    def lines_in_sight(self) -> Iterator[tuple[int, float, float]]:
        """Yield number, top and height of each line that can be seen; 1 is the first.

        The last block is higher than its line: it has the margin of the document below it.
        """
        block = self.firstVisibleBlock()
        offset = self.contentOffset()
        while block.isValid():
            rect = self.blockBoundingGeometry(block).translated(offset)
            if rect.top() > self.viewport().height():
                return
            line = block.layout().lineAt(0)
            yield block.blockNumber() + 1, rect.top() + line.y(), line.height()
            block = block.next()

    @Slot()
    def _make_room(self) -> None:
        self.setViewportMargins(self._gutter.sizeHint().width(), 0, 0, 0)
        self._place_gutter()

    def _place_gutter(self) -> None:
        area = self.contentsRect()
        width = self._gutter.sizeHint().width()
        self._gutter.setGeometry(QRect(area.left(), area.top(), width, area.height()))

    @Slot(QRect, int)
    def _on_update(self, rect: QRect, scrolled: int) -> None:
        if scrolled:
            self._gutter.scroll(0, scrolled)
        else:
            self._gutter.update(0, rect.y(), self._gutter.width(), rect.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_gutter()


def _utf16(text: str, characters: int) -> int:
    """Return a position as Qt counts it: characters beyond the BMP are two there."""
    return len(text[:characters].encode("utf-16-le", "surrogatepass")) // 2
