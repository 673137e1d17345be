"""A line of text that is cut off where room ends and never pushes its neighbours about."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from console.plain_text import plain_tooltip
from console.theme.fonts import ui_font
from console.theme.theme import ThemeManager
from console.theme.tokens import TypeSize


class ElidedLabel(QWidget):
    """One line of text in tabular figures; the whole text is in the tooltip when it is cut off."""

    def __init__(
        self,
        theme: ThemeManager,
        *,
        size: int = TypeSize.BODY,
        token: str = "text",
        strong: bool = False,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._token = token
        self._align = align
        self._text = ""
        self.setFont(ui_font(size, strong=strong, tabular=True))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def text(self) -> str:
        """Return the whole text."""
        return self._text

    def set_text(self, text: str, token: str | None = None) -> None:
        """Show another text, perhaps in another colour."""
        if text == self._text and token in {None, self._token}:
            return
        self._text = text
        if token is not None:
            self._token = token
        self.setAccessibleName(text)
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self._text), metrics.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, QFontMetrics(self.font()).height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:  # ended also where painting fails
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.setPen(self._theme.color(self._token))
        painter.drawText(self.rect(), self._align | Qt.AlignmentFlag.AlignVCenter, self._shown())

    def _shown(self) -> str:
        metrics = QFontMetrics(self.font())
        return metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())

    def event(self, event: QEvent) -> bool:
        is_cut_off = event.type() is QEvent.Type.ToolTip and self._shown() != self._text
        if is_cut_off and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain_tooltip(self._text), self)
            return True
        return super().event(event)
