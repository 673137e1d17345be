"""Four figures, two by two, painted in one go so that changing numbers move nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from console import joining
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
        self._left = 0
        self._label_font = ui_font(TypeSize.BODY)
        self._value_font = ui_font(TypeSize.BODY, strong=True, tabular=True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def set_figures(self, figures: tuple[Figure, ...]) -> None:
        """Show other figures."""
        if figures == self._figures:
            return
        self._figures = figures
        self._divide()
        self.setAccessibleName(joining.in_a_line(f"{each.label} {each.value}" for each in figures))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(180, 2 * ROW_HEIGHT)

    def _divide(self) -> None:
        """Place the second column; it moves only where figures would be cut."""
        label, value = QFontMetrics(self._label_font), QFontMetrics(self._value_font)
        # An advance is rounded; what just fits must not be elided for that.
        wants = [
            2 + label.horizontalAdvance(each.label) + Space.XS + value.horizontalAdvance(each.value)
            for each in self._figures
        ]
        first, second = max(wants[::COLUMNS], default=0), max(wants[1::COLUMNS], default=0)
        # The first is a little wider: its labels are the longer ones.
        usual = round(self.width() * 0.54)
        self._left = min(max(usual, first + Space.S), max(self.width() - second, 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._divide()

    def _cell(self, index: int) -> QRect:
        left = self._left
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
            painter.setFont(self._value_font)
            painter.setPen(tokens[1])
            painter.drawText(self._value_cell(index), middle, self.shown_value(index))

    def _value_cell(self, index: int) -> QRect:
        label = QFontMetrics(self._label_font).horizontalAdvance(self._figures[index].label)
        return self._cell(index).adjusted(label + Space.XS, 0, 0, 0)

    def shown_value(self, index: int) -> str:
        """Return a value as it is painted: cut off where its cell ends."""
        return QFontMetrics(self._value_font).elidedText(
            self._figures[index].value,
            Qt.TextElideMode.ElideRight,
            self._value_cell(index).width(),
        )

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.hint_at(event.pos()), self)
            return True
        return super().event(event)

    def hint_at(self, position: QPoint) -> str:
        """Return the tooltip of the figure at `position`."""
        for index, figure in enumerate(self._figures):
            if self._cell(index).contains(position):
                return f"{figure.hint}\n{figure.exact}" if figure.exact else figure.hint
        return ""
