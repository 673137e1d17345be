"""The margin of the property editor: line numbers, and a sign where the doctor has something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from console.severity_words import severity_look
from console.theme.theme import ThemeManager
from console.theme.tokens import Space

if TYPE_CHECKING:
    from console.widgets.property_editor import PropertyEditor
    from pipeline.kafka.doctor import Severity

SIGN: Final = 14


class PropertyGutter(QWidget):
    """Painted beside the text; shows the worst finding of each line."""

    def __init__(self, editor: PropertyEditor, theme: ThemeManager) -> None:
        super().__init__(editor)
        self._editor = editor
        self._theme = theme
        self._signs: dict[int, Severity] = {}
        theme.changed.connect(self.update)

    def set_signs(self, signs: dict[int, Severity]) -> None:
        """Show a sign at lines; 1 is the first."""
        self._signs = signs
        self.update()

    def sizeHint(self) -> QSize:
        digits = max(2, len(str(self._editor.blockCount())))
        return QSize(
            digits * self._editor.fontMetrics().horizontalAdvance("9") + SIGN + 3 * Space.XS, 0
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setFont(self._editor.font())
            for number, top, height in self._editor.lines_in_sight():
                self._paint_line(painter, number, top, height)

    def _paint_line(self, painter: QPainter, number: int, top: float, height: float) -> None:
        is_here = number == self._editor.textCursor().blockNumber() + 1
        painter.setPen(self._theme.color("text" if is_here else "text_faint"))
        rect = QRectF(0, top, self.width() - Space.XS, height)
        # On the line of the text beside it, which begins at the top of its own.
        painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, str(number))
        severity = self._signs.get(number)
        if severity is not None:
            look = severity_look(severity)
            icon = self._theme.icons.icon(look.icon, look.token)
            at = QRectF(Space.XS, top + (height - SIGN) / 2, SIGN, SIGN)
            icon.paint(painter, at.toRect())
