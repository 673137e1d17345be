"""The mark of Signalbox: two signal arms on a dark plate; for the window and the top bar."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

from console.theme.tokens import DARK

SIZES = (16, 24, 32, 48, 64, 128, 256)


def paint_mark(painter: QPainter, rect: QRectF, first: QColor, second: QColor) -> None:
    """Paint the two arms into `rect`."""
    painter.setPen(Qt.PenStyle.NoPen)
    arm = rect.width() * 0.36
    radius = arm * 0.22
    for color, left in ((first, rect.left()), (second, rect.right() - arm)):
        painter.setBrush(color)
        painter.drawRoundedRect(QRectF(left, rect.top(), arm, rect.height()), radius, radius)


def window_icon() -> QIcon:
    """Return the icon of the window and the task bar."""
    icon = QIcon()
    for size in SIZES:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(DARK.surface))
        painter.drawRoundedRect(QRectF(0, 0, size, size), size * 0.2, size * 0.2)
        inner = QRectF(size * 0.28, size * 0.24, size * 0.44, size * 0.52)
        paint_mark(painter, inner, QColor(DARK.ok), QColor(DARK.warning))
        painter.end()
        icon.addPixmap(pixmap)
    return icon
