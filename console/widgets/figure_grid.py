"""Four figures, two by two, painted in one go so that changing numbers move nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from console.theme.fonts import ui_font
from console.theme.theme import ThemeManager
from console.theme.tokens import Space, TypeSize
from console.widgets.card_figures import Figure

COLUMNS = 2
ROW_HEIGHT = 20


class FigureGrid(QWidget):
    """Paints figures as ``label value``; each has its own tooltip."""

    def __init__(self, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._figures: tuple[Figure, ...] = ()
        self._label_font = ui_font(TypeSize.BODY)
        self._value_font = ui_font(TypeSize.BODY, strong=True, tabular=True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def set_figures(self, figures: tuple[Figure, ...]) -> None:
        """Show other figures."""
        if figures == self._figures:
            return
        self._figures = figures
        self.setAccessibleName(", ".join(f"{each.label} {each.value}" for each in figures))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(180, 2 * ROW_HEIGHT)

    def _cell(self, index: int) -> QRect:
        # The first column is a little wider: its labels are the longer ones.
        left = round(self.width() * 0.54)
        x, width = (0, left) if index % COLUMNS == 0 else (left, self.width() - left)
        return QRect(x, index // COLUMNS * ROW_HEIGHT, width, ROW_HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:  # ended also where painting fails
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        tokens = self._theme.color("text_muted"), self._theme.color("text_strong")
        middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for index, figure in enumerate(self._figures):
            cell = self._cell(index)
            painter.setFont(self._label_font)
            painter.setPen(tokens[0])
            painter.drawText(cell, middle, figure.label)
            offset = QFontMetrics(self._label_font).horizontalAdvance(figure.label) + Space.XS
            painter.setFont(self._value_font)
            painter.setPen(tokens[1])
            painter.drawText(cell.adjusted(offset, 0, 0, 0), middle, figure.value)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._hint(event.pos()), self)
            return True
        return super().event(event)

    def _hint(self, position: QPoint) -> str:
        for index, figure in enumerate(self._figures):
            if self._cell(index).contains(position):
                return figure.hint
        return ""
