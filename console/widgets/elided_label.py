"""A line of text, or a few, cut off where room ends; never pushes its neighbours about."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import (
    QFontMetrics,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextLayout,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from console.plain_text import plain_tooltip
from console.theme.fonts import ui_font
from console.theme.theme import ThemeManager
from console.theme.tokens import TypeSize


class ElidedLabel(QWidget):
    """Text in tabular figures on one line; the whole is in the tooltip when it is cut off.

    With `lines` above one, it takes as many as it needs and its height follows.
    """

    def __init__(
        self,
        theme: ThemeManager,
        *,
        size: int = TypeSize.BODY,
        token: str = "text",
        strong: bool = False,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        lines: int = 1,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._token = token
        self._align = align
        self._text = ""
        self._lines = lines
        self._shown = [""]
        self.setFont(ui_font(size, strong=strong, tabular=True))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def text(self) -> str:
        """Return the whole text."""
        return self._text

    def lines(self) -> list[str]:
        """Return what is shown, line by line."""
        return list(self._shown)

    def set_text(self, text: str, token: str | None = None) -> None:
        """Show another text, perhaps in another colour."""
        if text == self._text and token in {None, self._token}:
            return
        self._text = text
        if token is not None:
            self._token = token
        self.setAccessibleName(text)
        self._break()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        height = len(self._shown) * metrics.height()
        # Whole pixels are rounded; the text is cut where a fraction of one is missing.
        return QSize(metrics.horizontalAdvance(self._text) + 1, height)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, len(self._shown) * QFontMetrics(self.font()).height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._break()

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:  # ended also where painting fails
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.setPen(self._theme.color(self._token))
        metrics = painter.fontMetrics()
        top = (self.height() - len(self._shown) * metrics.height()) // 2
        for number, text in enumerate(self._shown):
            # On the base line of the font: Chinese comes from another one, whose lines are higher.
            base = top + number * metrics.height() + metrics.ascent()
            painter.drawText(self._left(metrics.horizontalAdvance(text)), base, text)

    def _left(self, width: int) -> int:
        """Return where a line of this width begins."""
        room = self.width() - width
        if self._align & Qt.AlignmentFlag.AlignRight:
            return room
        return room // 2 if self._align & Qt.AlignmentFlag.AlignHCenter else 0

    def _break(self) -> None:
        """Find out where lines end."""
        shown: list[str] = []
        rest = self._text
        while len(shown) < self._lines - 1:
            taken = self._first_line(rest)
            if taken >= len(rest):
                break
            shown.append(rest[:taken].rstrip())
            rest = rest[taken:]
        metrics = QFontMetrics(self.font())
        shown.append(metrics.elidedText(rest, Qt.TextElideMode.ElideRight, self.width()))
        if len(shown) != len(self._shown):
            self.updateGeometry()
        self._shown = shown

    def _first_line(self, text: str) -> int:
        """Return how many characters fit on one line, broken between words."""
        layout = QTextLayout(text, self.font())
        layout.beginLayout()
        line = layout.createLine()
        if line.isValid():
            line.setLineWidth(self.width())
        layout.endLayout()
        return max(1, line.textLength()) if line.isValid() else len(text)

    def event(self, event: QEvent) -> bool:
        is_cut_off = event.type() is QEvent.Type.ToolTip and self._shown[-1].endswith("…")
        if is_cut_off and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain_tooltip(self._text), self)
            return True
        return super().event(event)
