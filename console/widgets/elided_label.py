"""A line of text that is cut off where room ends and never pushes its neighbours about."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

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
        painter = QPainter(self)
        painter.setPen(self._theme.color(self._token))
        shown = painter.fontMetrics().elidedText(
            self._text, Qt.TextElideMode.ElideRight, self.width()
        )
        self.setToolTip(plain_tooltip(self._text) if shown != self._text else "")
        painter.drawText(self.rect(), self._align | Qt.AlignmentFlag.AlignVCenter, shown)
