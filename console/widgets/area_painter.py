"""Paints a camera's region, excluded zones, counting lines and zones over its picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from console.models.area_drawing import Kind
from console.theme.fonts import ui_font
from console.theme.tokens import Space, TypeSize
from pipeline.settings_cameras import CameraSettings
from pipeline.telemetry import AreaTotals

ToScreen = Callable[[float, float], QPointF]
"""From shares of the picture to the widget."""

LINE_WIDTH: Final = 2
FILL_ALPHA: Final = 40
OUTSIDE_ALPHA: Final = 110
LABEL_ALPHA: Final = 210
ARROW: Final = 12.0


class AreaPainter:
    """Paints the areas of one camera; made once for each theme.

    Args:
        colors: colours by the names of their tokens.
    """

    def __init__(self, colors: dict[str, QColor]) -> None:
        self._colors = colors
        self._font = ui_font(TypeSize.CAPTION, tabular=True)
        self._metrics = QFontMetricsF(self._font)

    def paint(
        self,
        painter: QPainter,
        picture: QRectF,
        to_screen: ToScreen,
        camera: CameraSettings,
        totals: AreaTotals | None,
    ) -> None:
        """Paint all of them.

        Args:
            painter: paints on the widget.
            picture: where the whole picture lies.
            to_screen: see `ToScreen`.
            camera: whose areas.
            totals: what was counted; None for none.
        """
        if camera.region:
            self.shape(painter, picture, to_screen, "region", "", camera.region)
        for area in camera.excluded:
            self.shape(painter, picture, to_screen, "excluded", area.name, area.points)
        for zone in camera.zones:
            inside = totals.zones.get(zone.name) if totals is not None else None
            text = zone.name if inside is None else f"{zone.name} · {inside}"
            self.shape(painter, picture, to_screen, "zone", text, zone.points)
        for line in camera.lines:
            counts = totals.lines.get(line.name) if totals is not None else None
            text = line.name if counts is None else f"{line.name} · ▸{counts[0]} ◂{counts[1]}"
            self.shape(painter, picture, to_screen, "line", text, line.points)

    def shape(
        self,
        painter: QPainter,
        picture: QRectF,
        to_screen: ToScreen,
        kind: Kind,
        text: str,
        points: Sequence[tuple[float, float]],
    ) -> None:
        """Paint one shape with its words."""
        painter.save()
        painter.setFont(self._font)
        polygon = placed(points, to_screen)
        match kind:
            case "region":
                self._outside(painter, picture, polygon)
            case "excluded":
                self._hatched(painter, polygon, text)
            case "zone":
                self._zone(painter, polygon, text)
            case "line":
                self._line(painter, polygon.at(0), polygon.at(1), text)
            case "ground":
                painter.setPen(QPen(self._colors["overlay_ok"], LINE_WIDTH, Qt.PenStyle.DotLine))
                painter.drawPolygon(polygon)
        painter.restore()

    def _line(self, painter: QPainter, start: QPointF, end: QPointF, text: str) -> None:
        """Paint a counting line with an arrow towards where `in` goes."""
        color = self._colors["overlay_warning"]
        painter.setPen(QPen(color, LINE_WIDTH))
        painter.drawLine(start, end)
        middle = (start + end) / 2
        along = end - start
        length = math.hypot(along.x(), along.y()) or 1.0
        # To the right of who looks along the line; y grows downwards.
        across = QPointF(-along.y() / length, along.x() / length)
        tip = middle + across * ARROW
        side = QPointF(along.x() / length, along.y() / length) * (ARROW / 2)
        painter.setBrush(color)
        painter.drawPolygon(QPolygonF([tip, middle + side, middle - side]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._label(painter, middle - across * (ARROW + 2), text, color)

    def _outside(self, painter: QPainter, picture: QRectF, region: QPolygonF) -> None:
        """Darken what is not looked at."""
        path, hole = QPainterPath(), QPainterPath()
        path.addRect(picture)
        hole.addPolygon(region)
        hole.closeSubpath()
        shade = QColor(self._colors["scrim"])
        shade.setAlpha(OUTSIDE_ALPHA)
        painter.fillPath(path.subtracted(hole), shade)
        painter.setPen(QPen(self._colors["on_scrim"], 1, Qt.PenStyle.DashLine))
        painter.drawPolygon(region)

    def _hatched(self, painter: QPainter, polygon: QPolygonF, text: str) -> None:
        color = QColor(self._colors["overlay_danger"])
        painter.setPen(QPen(color, 1))
        color.setAlpha(LABEL_ALPHA)
        painter.setBrush(QBrush(color, Qt.BrushStyle.BDiagPattern))
        painter.drawPolygon(polygon)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._label(painter, polygon.boundingRect().center(), text, self._colors["overlay_danger"])

    def _zone(self, painter: QPainter, polygon: QPolygonF, text: str) -> None:
        color = QColor(self._colors["overlay_info"])
        painter.setPen(QPen(color, LINE_WIDTH))
        color.setAlpha(FILL_ALPHA)
        painter.setBrush(color)
        painter.drawPolygon(polygon)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._label(painter, polygon.boundingRect().center(), text, self._colors["overlay_info"])

    def _label(self, painter: QPainter, middle: QPointF, text: str, color: QColor) -> None:
        width = self._metrics.horizontalAdvance(text) + Space.S
        plate = QRectF(0, 0, width, self._metrics.height())
        plate.moveCenter(middle)
        scrim = QColor(self._colors["scrim"])
        scrim.setAlpha(LABEL_ALPHA)
        painter.fillRect(plate, scrim)
        painter.setPen(color)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)


def placed(points: Sequence[tuple[float, float]], to_screen: ToScreen) -> QPolygonF:
    """Return points of the picture as a polygon of the widget."""
    return QPolygonF([to_screen(x, y) for x, y in points])
