"""A lamp with words in a pill; a click goes to its page."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QToolTip, QWidget

from console.plain_text import plain_tooltip
from console.supervision.wording import Level, level_token
from console.theme.fonts import ui_font
from console.theme.theme import ThemeManager
from console.theme.tokens import Radius, Space, TypeSize
from console.widgets.painting import paint_dot, paint_focus

HEIGHT = 26
DOT_RADIUS = 4.0
LEFT = 24


class LampButton(QAbstractButton):
    """Says in a lamp and a few words how one thing is that the pipeline runs on."""

    def __init__(self, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._level: Level = "off"
        self.setFont(ui_font(TypeSize.LARGE))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.changed.connect(self.update)

    @property
    def level(self) -> Level:
        """What the lamp shows."""
        return self._level

    def set_status(self, level: Level, text: str, hint: str = "") -> None:
        """Show another status; `hint` says more of it in the tooltip."""
        if (level, text) != (self._level, self.text()):
            self._level = level
            self.setText(text)
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()
        tooltip = plain_tooltip(hint)
        if tooltip != self.toolTip():
            self.setToolTip(tooltip)

    def event(self, event: QEvent) -> bool:
        """Tell the whole status, too, where it is cut."""
        is_cut = self.width() < self.sizeHint().width()
        if is_cut and event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            lines = filter(None, (plain_tooltip(self.text()), self.toolTip()))
            QToolTip.showText(event.globalPos(), "<br>".join(lines), self)
            return True
        return super().event(event)

    def sizeHint(self) -> QSize:
        width = QFontMetrics(self.font()).horizontalAdvance(self.text())
        return QSize(LEFT + width + Space.M, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(LEFT + 60, HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:  # ended also where painting fails
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("hover" if self.underMouse() else "selected"))
        painter.drawRoundedRect(rect, Radius.PILL, Radius.PILL)
        color = self._theme.color(level_token(self._level))
        paint_dot(painter, QPointF(LEFT - 10.0, rect.center().y()), DOT_RADIUS, color)
        painter.setPen(self._theme.color("text_muted"))
        room = self.rect().adjusted(LEFT, 0, -Space.S, 0)
        text = painter.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        if self.hasFocus():
            paint_focus(painter, rect, self._theme.color("focus"), Radius.PILL)
