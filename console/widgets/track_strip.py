"""The track diagram folded up to one line: four lamps, and the lag between them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from console import joining
from console.supervision.link_view import LinkView
from console.supervision.wording import Level, level_token
from console.theme.fonts import ui_font
from console.theme.theme import ThemeManager
from console.theme.tokens import Space, TypeSize
from console.widgets.painting import paint_dot

HEIGHT = 32
DOT_RADIUS = 4.0


@dataclass(frozen=True, slots=True)
class Station:
    """A worker on the strip, and the track that leads to it; None for the first."""

    level: Level
    title: str
    word: str
    track: LinkView | None


class TrackStrip(QWidget):
    """Paints the stations from left to right.

    Attributes:
        station_clicked, track_clicked: carry the place of the station, or of the one that the
            track leads to.
    """

    station_clicked = Signal(int)
    track_clicked = Signal(int)

    def __init__(self, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._stations: tuple[Station, ...] = ()
        self._font = ui_font(TypeSize.BODY, tabular=True)
        self.setFont(self._font)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def set_stations(self, stations: tuple[Station, ...]) -> None:
        """Show what is newest."""
        if stations == self._stations:
            return
        self._stations = stations
        self.setAccessibleName(
            joining.in_a_line(joining.named(each.title, each.word) for each in stations)
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(600, HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:  # ended also where painting fails
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        for station, (track, rect) in zip(self._stations, self.places(), strict=True):
            if station.track is not None:
                self._paint_track(painter, track, station.track)
            color = self._theme.color(level_token(station.level))
            dot = QPointF(rect.left() + Space.S, rect.center().y())
            paint_dot(painter, dot, DOT_RADIUS, color)
            painter.setPen(self._theme.color("text"))
            # Whole pixels are rounded; the text is cut where a fraction of one is missing.
            words = rect.adjusted(Space.L, 0, 2 - Space.S, 0)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, _text(station))

    def places(self) -> list[tuple[QRectF, QRectF]]:
        """Return where each station is, behind the track that leads to it; empty for none."""
        metrics = QFontMetrics(self._font)
        widths = [metrics.horizontalAdvance(_text(each)) + Space.XL for each in self._stations]
        tracks = max(1, len(self._stations) - 1)
        room = max(24.0, (self.width() - 2 * Space.L - sum(widths)) / tracks)
        x, height = float(Space.L), float(self.height())
        found = []
        for station, width in zip(self._stations, widths, strict=True):
            track = QRectF(x, 0, room if station.track is not None else 0, height)
            found.append((track, QRectF(track.right(), 0, width, height)))
            x = track.right() + width
        return found

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            for number, (track, station) in enumerate(self.places()):
                if station.contains(event.position()):
                    self.station_clicked.emit(number)
                elif track.contains(event.position()):
                    self.track_clicked.emit(number)
        super().mouseReleaseEvent(event)

    def _paint_track(self, painter: QPainter, rect: QRectF, view: LinkView) -> None:
        color = self._theme.color(level_token(view.level))
        inner = rect.adjusted(Space.S, 0, -Space.XS, 0)
        middle = rect.center().y()
        painter.setPen(QPen(color, 2))
        words = view.lag
        width = painter.fontMetrics().horizontalAdvance(words) + 2 * Space.S
        if width > inner.width():
            painter.drawLine(QPointF(inner.left(), middle), QPointF(inner.right(), middle))
            return
        left = inner.center().x() - width / 2
        painter.drawLine(QPointF(inner.left(), middle), QPointF(left, middle))
        painter.drawLine(QPointF(left + width, middle), QPointF(inner.right(), middle))
        painter.setPen(self._theme.color("text_muted"))
        painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, words)


def _text(station: Station) -> str:
    return f"{station.title} · {station.word}"
