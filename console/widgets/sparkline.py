"""A small line that tells how a figure went lately."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

LEAST_TOP = 10.0
"""One or two messages under way are no mountain."""


def paint_sparkline(
    painter: QPainter, rect: QRectF, values: Sequence[float], capacity: int, color: QColor
) -> None:
    """Paint `values`, oldest first, right-aligned in `rect`.

    Args:
        painter: with antialiasing on.
        rect: where; its bottom is zero, its top the largest value, or `LEAST_TOP`.
        values: at most `capacity` are painted, the newest ones.
        capacity: how many values fill the width.
        color: of the line; the area below it is the same, faint.
    """
    shown = values[-capacity:]
    if len(shown) < 2:
        return
    highest = max(LEAST_TOP, *shown)
    step = rect.width() / (capacity - 1)
    start_x = rect.right() - step * (len(shown) - 1)
    points = [
        QPointF(start_x + index * step, rect.bottom() - value / highest * rect.height())
        for index, value in enumerate(shown)
    ]
    curve = QPainterPath(points[0])
    for point in points[1:]:
        curve.lineTo(point)
    area = QPainterPath(curve)
    area.lineTo(rect.right(), rect.bottom())
    area.lineTo(start_x, rect.bottom())
    area.closeSubpath()
    faint = QColor(color)
    faint.setAlphaF(0.16)
    painter.fillPath(area, faint)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color, 1.2))
    painter.drawPath(curve)
