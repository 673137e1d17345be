"""A picture on which areas and lines are drawn, by mouse and by keyboard."""

from __future__ import annotations

import itertools
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.models.area_drawing import (
    FIXED_POINTS,
    LEAST_POINTS,
    AreaDrawing,
    Kind,
    Point,
    Shape,
    distance,
    encloses,
)
from console.theme.theme import ThemeManager
from console.theme.tokens import COLOR_NAMES
from console.widgets.area_painter import AreaPainter, placed
from console.widgets.tile_geometry import place

HANDLE: Final = 5.0
REACH: Final = 10.0
"""A handle or line is hit within this distance, pixels."""
STEP: Final = 0.01
FINE_STEP: Final = 0.001
KIND_TOKENS: Final[dict[Kind, str]] = {
    "region": "on_scrim",
    "excluded": "overlay_danger",
    "zone": "overlay_info",
    "line": "overlay_warning",
    "ground": "overlay_ok",
}
_ARROWS: Final = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class AreaCanvas(QWidget):
    """Shows a drawing over a picture.

    Attributes:
        changed: shapes, the chosen one, or what is being drawn changed.
        drawn: a new shape was finished: its kind and points.
    """

    changed = Signal()
    drawn = Signal(str, object)

    def __init__(
        self, theme: ThemeManager, drawing: AreaDrawing, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._drawing = drawing
        self._image: QImage | None = None
        self._new_kind: Kind | None = None
        self._new_points: list[Point] = []
        self._cursor: Point = (0.5, 0.5)
        self._drag: tuple[Point, tuple[Shape, ...]] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Picture of the camera with its areas"))
        self.setAccessibleDescription(
            self.tr(
                "Arrow keys move what is chosen, with Shift finely; Space goes from point to "
                "point, Insert adds one, Delete removes it. While drawing: arrows move the cross, "
                "Space sets a point, Enter finishes, Escape gives up."
            )
        )

    def sizeHint(self) -> QSize:
        return QSize(800, 450)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 180)

    @property
    def new_kind(self) -> Kind | None:
        """What is being drawn; None for nothing."""
        return self._new_kind

    def set_image(self, image: QImage | None) -> None:
        """Show another picture below."""
        self._image = image
        self.update()

    def begin(self, kind: Kind) -> None:
        """Draw a new shape of `kind`."""
        self._new_kind, self._new_points = kind, []
        self._drawing.choose(None)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocus()
        self._tell()

    def give_up(self) -> None:
        """Draw nothing new any more."""
        self._new_kind, self._new_points = None, []
        self.unsetCursor()
        self._tell()

    def to_screen(self, x: float, y: float) -> QPointF:
        """Return where a point of the picture, as shares of it, lies on the widget."""
        area = self._picture()
        return QPointF(area.left() + x * area.width(), area.top() + y * area.height())

    # ------------------------------------------------------------------ painting
    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.fillRect(self.rect(), self._theme.color("scrim"))
            area = self._picture()
            if self._image is not None:
                painter.drawImage(area, self._image)
            else:
                self._grid(painter, area)
            colors = {token: self._theme.color(token) for token in COLOR_NAMES}
            areas = AreaPainter(colors)
            for shape in self._drawing.shapes:
                areas.shape(painter, area, self.to_screen, shape.kind, shape.name, shape.points)
            self._handles(painter)
            if self._new_kind is not None:
                self._unfinished(painter, colors[KIND_TOKENS[self._new_kind]])
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(self._theme.color("focus"), 2))
                painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _grid(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(QPen(self._theme.color("border_strong"), 1))
        for share in range(11):
            x = area.left() + area.width() * share / 10
            y = area.top() + area.height() * share / 10
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))

    def _handles(self, painter: QPainter) -> None:
        shape = self._drawing.chosen_shape
        if shape is None:
            return
        color = self._theme.color(KIND_TOKENS[shape.kind])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 3))
        outline = placed(shape.points, self.to_screen)
        if len(shape.points) > 2:
            painter.drawPolygon(outline)
        else:
            painter.drawPolyline(outline)
        for place_, point in enumerate(shape.points):
            is_chosen = place_ == self._drawing.corner
            painter.setPen(QPen(self._theme.color("scrim"), 1))
            painter.setBrush(self._theme.color("focus") if is_chosen else color)
            radius = HANDLE + (2 if is_chosen else 0)
            painter.drawEllipse(self.to_screen(*point), radius, radius)

    def _unfinished(self, painter: QPainter, color: QColor) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 2, Qt.PenStyle.DashLine))
        painter.drawPolyline(placed([*self._new_points, self._cursor], self.to_screen))
        painter.setPen(QPen(color, 1))
        painter.setBrush(color)
        for point in self._new_points:
            painter.drawEllipse(self.to_screen(*point), HANDLE, HANDLE)
        cross = self.to_screen(*self._cursor)
        for way in (QPointF(REACH, 0), QPointF(0, REACH)):
            painter.drawLine(cross - way, cross + way)

    def _picture(self) -> QRectF:
        size = (16, 9)
        if self._image is not None and not self._image.isNull():
            size = (self._image.width(), self._image.height())
        placement = place(size, (self.width(), self.height()), fill=False)
        return QRectF(
            placement.left,
            placement.top,
            size[0] * placement.scale,
            size[1] * placement.scale,
        )

    def _to_picture(self, position: QPointF) -> Point:
        area = self._picture()
        x = (position.x() - area.left()) / max(1.0, area.width())
        y = (position.y() - area.top()) / max(1.0, area.height())
        return min(1.0, max(0.0, x)), min(1.0, max(0.0, y))

    # ------------------------------------------------------------------ mouse
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        point = self._to_picture(event.position())
        if self._new_kind is not None:
            self._set_point(point, event.position())
            return
        self._drawing.choose(*self._hit(event.position()))
        if self._drawing.chosen is not None:
            self._drag = (point, self._drawing.shapes)
        self._tell()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = self._to_picture(event.position())
        if self._new_kind is not None:
            self._cursor = point
            self.update()
        elif self._drag is not None:
            (x, y), before = self._drag
            self._drawing.move(point[0] - x, point[1] - y, since=before)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        del event
        if self._drag is not None:
            _, before = self._drag
            self._drag = None
            self._drawing.remember(before)
            self._tell()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._new_kind is not None:
            self._finish()
        elif self._drawing.chosen is not None and self._drawing.corner is None:
            self._drawing.insert(self._to_picture(event.position()))
            self._tell()

    def _hit(self, position: QPointF) -> tuple[int | None, int | None]:
        """Return the shape and point at `position`: handles first, lines, then areas, upper first."""
        spot = (position.x(), position.y())
        shapes = list(enumerate(self._drawing.shapes))
        order = sorted(shapes, key=lambda item: (item[0] != self._drawing.chosen, -item[0]))
        for number, shape in order:
            for corner, point in enumerate(self._on_screen(shape)):
                if distance(spot, point, point) <= REACH:
                    return number, corner
        for number, shape in order:
            points = self._on_screen(shape)
            edges = list(itertools.pairwise(points))
            if shape.kind != "line":
                edges.append((points[-1], points[0]))
            if any(distance(spot, *edge) <= REACH for edge in edges):
                return number, None
        for number, shape in order:
            # The region is behind all others, and caught by its edge only.
            if shape.kind not in {"line", "region"} and encloses(self._on_screen(shape), spot):
                return number, None
        return None, None

    def _on_screen(self, shape: Shape) -> list[Point]:
        return [self.to_screen(*point).toTuple() for point in shape.points]

    # ------------------------------------------------------------------ keyboard
    def keyPressEvent(self, event: QKeyEvent) -> None:
        handled = self._draw_key(event) if self._new_kind is not None else self._edit_key(event)
        if not handled:
            super().keyPressEvent(event)

    def _draw_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in _ARROWS:
            dx, dy = self._way(event)
            x, y = self._cursor
            self._cursor = (min(1.0, max(0.0, x + dx)), min(1.0, max(0.0, y + dy)))
            self.update()
        elif key == Qt.Key.Key_Space:
            self._set_point(self._cursor, None)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._finish()
        elif key == Qt.Key.Key_Backspace and self._new_points:
            self._new_points.pop()
            self._tell()
        elif key == Qt.Key.Key_Escape:
            self.give_up()
        else:
            return False
        return True

    def _edit_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        shape = self._drawing.chosen_shape
        if shape is None:
            return False
        if key in _ARROWS:
            self._drawing.move(*self._way(event))
        elif key == Qt.Key.Key_Space:
            self._drawing.step_corner()
        elif key == Qt.Key.Key_Insert:
            corner = self._drawing.corner or 0
            (x1, y1), (x2, y2) = (
                shape.points[corner],
                shape.points[(corner + 1) % len(shape.points)],
            )
            self._drawing.insert(((x1 + x2) / 2, (y1 + y2) / 2))
        elif key in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self._drawing.delete()
        else:
            return False
        self._tell()
        return True

    @staticmethod
    def _way(event: QKeyEvent) -> Point:
        step = FINE_STEP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP
        dx, dy = _ARROWS[Qt.Key(event.key())]
        return dx * step, dy * step

    # ------------------------------------------------------------------ new shapes
    def _set_point(self, point: Point, position: QPointF | None) -> None:
        kind = self._new_kind
        if kind is None:
            return
        if position is not None and len(self._new_points) >= LEAST_POINTS and kind != "line":
            first = self.to_screen(*self._new_points[0]).toTuple()
            if distance((position.x(), position.y()), first, first) <= REACH:
                self._finish()
                return
        self._new_points.append(point)
        self._cursor = point
        if len(self._new_points) == FIXED_POINTS.get(kind):
            self._finish()
        else:
            self._tell()

    def _finish(self) -> None:
        kind, points = self._new_kind, self._new_points
        if kind is None or len(points) < FIXED_POINTS.get(kind, LEAST_POINTS):
            return
        self.give_up()
        self.drawn.emit(kind, tuple(points))

    def _tell(self) -> None:
        self.update()
        self.changed.emit()
