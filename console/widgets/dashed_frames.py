"""Dashed frames over live pictures, copied from small painted pieces.

Qt strokes a dashed pen anew each time: four busy tiles spent a third of the window's own time on it.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

WIDTH: Final = 2
DASH: Final = 6
GAP: Final = 4
"""Of the frame, of its dashes and between them, pixels."""


class DashedFrames:
    """Frames of any size; the pieces of each colour are kept."""

    def __init__(self) -> None:
        self._pieces: dict[tuple[int, float], tuple[QPixmap, QPixmap]] = {}

    def draw(self, painter: QPainter, rect: QRectF, color: QColor) -> None:
        """Paint a frame just inside `rect`, on whole pixels."""
        ratio = painter.device().devicePixelRatio()
        key = color.rgba(), ratio
        pieces = self._pieces.get(key)
        if pieces is None:
            pieces = self._pieces[key] = (
                _piece(DASH + GAP, WIDTH, QRectF(0, 0, DASH, WIDTH), color, ratio),
                _piece(WIDTH, DASH + GAP, QRectF(0, 0, WIDTH, DASH), color, ratio),
            )
        across, down = pieces
        left, top = round(rect.left()), round(rect.top())
        right, bottom = round(rect.right()), round(rect.bottom())
        for side in (top, bottom - WIDTH):
            painter.drawTiledPixmap(QRectF(left, side, right - left, WIDTH), across)
        height = bottom - top - 2 * WIDTH  # the corners are there
        if height > 0:
            for side in (left, right - WIDTH):
                painter.drawTiledPixmap(QRectF(side, top + WIDTH, WIDTH, height), down)


def _piece(width: int, height: int, dash: QRectF, color: QColor, ratio: float) -> QPixmap:
    pixmap = QPixmap(round(width * ratio), round(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        painter.fillRect(dash, color)
    return pixmap
