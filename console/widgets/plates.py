"""Short texts on a plate, painted once and then copied: names, labels and rates over live pictures.

Setting a text takes some 50 us, and on a busy machine each such call may wait for the interpreter;
a tile with ten labels, fifteen times a second, would spend most of its time on it.
"""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap

CAPACITY: Final = 512
"""Some hundred labels are in sight at once; each changes with the confidence of its box."""


class Plates:
    """Plates of one font.

    Args:
        font: of the texts.
        padding: left and right of the text together, pixels.
        above: over and under the text together, pixels.
        radius: of the corners.
    """

    def __init__(self, font: QFont, padding: float, above: float = 0, radius: float = 0) -> None:
        self._font = font
        self._metrics = QFontMetricsF(font)
        self._padding = padding
        self._above = above
        self._radius = radius
        self._widths: dict[str, float] = {}
        self._cut: dict[tuple[str, int], str] = {}
        self._pixmaps: dict[tuple[str, int, int, float], QPixmap] = {}

    @property
    def height(self) -> float:
        """Of every plate."""
        return self._metrics.height() + self._above

    def width(self, text: str) -> float:
        """Return how wide the plate of `text` is."""
        width = self._widths.get(text)
        if width is None:
            width = self._metrics.horizontalAdvance(text) + self._padding
            _make_room(self._widths)
            self._widths[text] = width
        return width

    def elided(self, text: str, limit: int) -> str:
        """Return `text`, cut where it is wider than `limit` pixels."""
        key = text, limit
        cut = self._cut.get(key)
        if cut is None:
            cut = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, limit)
            _make_room(self._cut)
            self._cut[key] = cut
        return cut

    def draw(self, painter: QPainter, place: QPointF, text: str, fill: QColor, pen: QColor) -> None:
        """Paint the plate of `text` with its upper left corner at `place`."""
        ratio = painter.device().devicePixelRatio()
        key = text, fill.rgba(), pen.rgba(), ratio
        pixmap = self._pixmaps.get(key)
        if pixmap is None:
            _make_room(self._pixmaps)
            pixmap = self._pixmaps[key] = self._painted(text, fill, pen, ratio)
        # On whole pixels, or copying would blur the text.
        painter.drawPixmap(QPointF(round(place.x()), round(place.y())), pixmap)

    def _painted(self, text: str, fill: QColor, pen: QColor, ratio: float) -> QPixmap:
        rect = QRectF(0, 0, self.width(text), self.height)
        pixmap = QPixmap(round(rect.width() * ratio + 0.5), round(rect.height() * ratio + 0.5))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawRoundedRect(rect, self._radius, self._radius)
            painter.setFont(self._font)
            painter.setPen(pen)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
        return pixmap


def _make_room(cache: dict[Any, Any]) -> None:
    if len(cache) >= CAPACITY:
        # The oldest goes: dicts keep the order in which they were filled.
        del cache[next(iter(cache))]
