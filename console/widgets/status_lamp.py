"""A lamp: a dot in a status colour; a word always stands beside it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.supervision.wording import Level, level_token
from console.theme.theme import ThemeManager
from console.widgets.painting import paint_dot

DIAMETER = 8


class StatusLamp(QWidget):
    """A dot that shows a `Level`."""

    def __init__(
        self, theme: ThemeManager, level: Level = "off", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._level: Level = level
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.changed.connect(self.update)

    @property
    def level(self) -> Level:
        """What is shown."""
        return self._level

    def set_level(self, level: Level) -> None:
        """Show another level."""
        if level != self._level:
            self._level = level
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(DIAMETER + 2, DIAMETER + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:  # ended also where painting fails
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        center = QPointF(self.width() / 2, self.height() / 2)
        paint_dot(painter, center, DIAMETER / 2, self._theme.color(level_token(self._level)))
