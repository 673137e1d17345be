"""How latencies are spread: bars over a logarithmic scale of milliseconds."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from console import formatting
from console.theme.fonts import ui_font
from console.theme.theme import ThemeManager
from console.theme.tokens import TypeSize

BARS: Final = 32
AXIS_HEIGHT: Final = 16
SMALLEST_MS: Final = 0.01


def spread(latencies_ms: Sequence[float]) -> tuple[tuple[float, float], list[int]]:
    """Return the range in ms and the number of samples in each of `BARS` equal logarithmic steps.

    Args:
        latencies_ms: sorted, not empty.
    """
    low = max(SMALLEST_MS, latencies_ms[0])
    high = max(low * 2, latencies_ms[-1])
    step = math.log(high / low) / BARS
    ends = [low * math.exp(step * (number + 1)) for number in range(BARS - 1)]
    cuts = [0, *(bisect_left(latencies_ms, end) for end in ends), len(latencies_ms)]
    return (low, high), [after - before for before, after in itertools.pairwise(cuts)]


class LatencyHistogram(QWidget):
    """Paints the newest latencies of one worker."""

    def __init__(self, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._latencies: tuple[float, ...] = ()
        self._font = ui_font(TypeSize.CAPTION, tabular=True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(self.tr("Latency histogram"))
        theme.changed.connect(self.update)

    def set_latencies(self, latencies_ms: tuple[float, ...]) -> None:
        """Show other samples, sorted, in ms."""
        if latencies_ms != self._latencies:
            self._latencies = latencies_ms
            self.update()

    def accessible_value(self) -> str:
        """Return from where to where the samples reach."""
        if not self._latencies:
            return self.tr("Nothing measured yet")
        low, high = self._latencies[0], self._latencies[-1]
        return f"{formatting.milliseconds(low)} – {formatting.milliseconds(high)}"

    def sizeHint(self) -> QSize:
        return QSize(320, 96)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 64)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:  # ended also where painting fails
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.setFont(self._font)
        painter.setPen(self._theme.color("text_muted"))
        if not self._latencies:
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("Nothing measured yet")
            )
            return
        (low, high), counts = spread(self._latencies)
        plot = QRectF(self.rect()).adjusted(0, 0, 0, -AXIS_HEIGHT)
        self._paint_bars(painter, plot, counts)
        axis = QRectF(0, plot.bottom(), self.width(), AXIS_HEIGHT)
        painter.setPen(self._theme.color("text_muted"))
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        middle = math.sqrt(low * high)
        painter.drawText(axis, left | Qt.AlignmentFlag.AlignBottom, formatting.milliseconds(low))
        painter.drawText(
            axis,
            Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom,
            formatting.milliseconds(middle),
        )
        painter.drawText(axis, right | Qt.AlignmentFlag.AlignBottom, formatting.milliseconds(high))

    def _paint_bars(self, painter: QPainter, plot: QRectF, counts: list[int]) -> None:
        highest = max(counts)
        width = plot.width() / len(counts)
        fill = QColor(self._theme.color("info"))
        for number, count in enumerate(counts):
            if count == 0:
                continue
            height = max(2.0, count / highest * (plot.height() - 2))
            bar = QRectF(number * width, plot.bottom() - height, max(1.0, width - 2), height)
            painter.fillRect(bar, fill)
        painter.fillRect(QRectF(0, plot.bottom() - 1, plot.width(), 1), self._theme.color("border"))
