"""One camera on the wall: its newest picture, what was found in it, and how it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QMenu, QSizePolicy, QToolTip, QWidget

from console import joining, regional
from console.camera_words import (
    SEPARATOR,
    WITHOUT_PICTURES,
    age_words,
    detail_words,
    idle_lines,
    situation_word,
    times_line,
)
from console.context import ConsoleContext
from console.plain_text import plain_tooltip
from console.risk_words import risk_title, risk_word
from console.theme.tokens import COLOR_NAMES
from console.widgets.area_painter import AreaPainter
from console.widgets.tile_geometry import Placement, place, wanted_size
from console.widgets.tile_painter import RISK_TOKENS, GroupNote, Layers, TilePainter, worst_note
from pipeline.settings_cameras import CameraSettings
from pipeline.telemetry import CameraView, Frame, Verdict

OLD_PICTURE_S: Final = 1.0
"""From this age on a picture says how old it is."""


class CameraTile(QWidget):
    """Paints the newest frame of one camera; fetches it when told to look.

    Attributes:
        opened: double-click or Enter: show this camera alone, or all again.
        chosen: it got the keyboard's focus.
        edit_asked: the settings of the camera are wanted.
        dragged, dropped: it is drawn over the wall, or let go: its camera, and where on the screen.
    """

    opened = Signal(str)
    chosen = Signal(str)
    edit_asked = Signal(str)
    dragged = Signal(str, QPoint)
    dropped = Signal(str, QPoint)

    def __init__(
        self, context: ConsoleContext, number: int, view: CameraView, camera: CameraSettings
    ) -> None:
        super().__init__()
        self._camera = camera
        self._context = context
        self._number = number
        self._view = view
        self._layers = Layers()
        self._fill = True
        self._image: QImage | None = None
        self._frame: Frame | None = None
        self._seen: tuple[object, ...] = ()
        self._pressed_at: QPoint | None = None
        self._is_dragged = False
        self._is_target = False
        self._painter = self._new_painter()
        self._area_painter = self._new_area_painter()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Camera {0}: {1}").format(number, view.name))
        context.theme.changed.connect(self._on_theme_changed)

    @property
    def camera_id(self) -> str:
        """Which camera it shows."""
        return self._view.camera_id

    def accessible_value(self) -> str:
        """Return how the camera is and what is seen, as the tile shows it."""
        overlay = self._view.overlay
        if self._view.frame is None or self._view.state in WITHOUT_PICTURES:
            return joining.closed_up(" ".join(self._lines()))
        parts = [self._corner()[0]]
        if overlay is not None:
            parts.append(self.tr("{0} objects", "", len(overlay.boxes)).format(len(overlay.boxes)))
        notes = self._notes(self._context.hub.verdicts(self.camera_id))
        parts += [note.text for note in notes.values() if note.level != "none"]
        return joining.in_a_line(parts)

    def event(self, event: QEvent) -> bool:
        """Tell all of why there is no picture; in a small tile it is cut."""
        is_dark = self._view.frame is None or self._view.state in WITHOUT_PICTURES
        if is_dark and event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            lines = map(plain_tooltip, filter(None, self._lines()))
            QToolTip.showText(event.globalPos(), "<br>".join(lines), self)
            return True
        return super().event(event)

    def sizeHint(self) -> QSize:
        return QSize(480, 270)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 68)

    def set_layers(self, layers: Layers) -> None:
        """Choose what is drawn over the picture."""
        self._layers = layers
        self.update()

    def set_rate(self, per_s: float) -> None:
        """Want at most so many pictures a second."""
        self._view.wanted_fps = per_s

    def set_fill(self, *, fill: bool) -> None:
        """Cover the tile and cut off edges, or show the whole picture with margins."""
        if fill != self._fill:
            self._fill = fill
            self._ask_for_frames()
            self.update()

    def look(self) -> None:
        """Fetch what is newest; repaint only if it is new."""
        view = self._view
        age = self._age_s()
        is_away = view.state in WITHOUT_PICTURES
        frame = view.frame
        seen = (
            frame.sequence if frame else 0,
            view.overlay,
            view.totals,
            view.state,
            view.detail,
            view.detection_off_until,
            round(view.shown_fps, 1),
            int(age) if age is not None and age >= OLD_PICTURE_S else 0,
            int(time.monotonic()) if is_away else 0,
            tuple(self._lines()) if view.state == "stopped" else (),
        )
        if seen == self._seen:
            return
        if view.source_size is not None and self.isVisible():
            self._ask_for_frames()
        self._seen = seen
        # Without the times, which change each second: a screen reader would not stop.
        self.setAccessibleDescription(" ".join(self._lines()[:2]) if is_away else "")
        self.update()

    def snapshot(self) -> QImage:
        """Return what the tile shows now, with all of its corners."""
        ratio = self.devicePixelRatioF()
        image = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        with QPainter(image) as painter:
            self._paint(painter)
        return image

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        with QPainter(self) as painter:
            self._paint(painter)
            self._painter.round_corners(painter, QRectF(self.rect()))

    def _paint(self, painter: QPainter) -> None:
        view = self._view
        area = QRectF(self.rect())
        painter.fillRect(self.rect(), self._context.theme.color("scrim"))
        verdicts = self._context.hub.verdicts(view.camera_id)
        name = f"{self._number} · {view.name}"
        corner, token = self._corner()
        frame = view.frame
        if frame is not None and view.state not in {"stopped", "failed"}:
            chips = list(self._painter.chip_rects(area, name, corner))
            is_away = view.state in WITHOUT_PICTURES
            self._paint_picture(painter, area, frame, [] if is_away else verdicts, chips)
            if is_away:
                self._painter.band(painter, area, self._lines())
        else:
            title, *rest = self._lines()
            self._painter.message(painter, area, title, "\n".join(rest))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.chips(painter, area, name, corner, token)
        level = worst_note(verdicts)
        if level in {"medium", "high"}:
            self._painter.frame(painter, area, RISK_TOKENS[level], 2)
        if self.hasFocus() or self._is_target:
            self._painter.frame(painter, area.adjusted(2, 2, -2, -2), "focus", 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        del event
        self._ask_for_frames()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask_for_frames()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        # Nobody looks: the worker need not scale a single frame.
        self._view.wanted_size = None

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._ask_for_frames()

    def set_drop_target(self, *, is_target: bool) -> None:
        """Show, or no longer, that a tile that is dragged would come here."""
        if is_target != self._is_target:
            self._is_target = is_target
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        moved = (event.position().toPoint() - self._pressed_at).manhattanLength()
        if self._is_dragged or moved >= QApplication.startDragDistance():
            self._is_dragged = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.dragged.emit(self.camera_id, event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._pressed_at = None
        if self._is_dragged:
            self._is_dragged = False
            self.unsetCursor()
            self.dropped.emit(self.camera_id, event.globalPosition().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(self.camera_id)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        alone = menu.addAction(self.tr("This camera alone, or all"))
        alone.triggered.connect(lambda: self.opened.emit(self.camera_id))
        edit = menu.addAction(self.tr("Edit the camera…"))
        edit.triggered.connect(lambda: self.edit_asked.emit(self.camera_id))
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.opened.emit(self.camera_id)
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.chosen.emit(self.camera_id)

    def _paint_picture(
        self,
        painter: QPainter,
        area: QRectF,
        frame: Frame,
        verdicts: list[Verdict],
        chips: list[QRectF],
    ) -> None:
        if frame is not self._frame:
            height, width = frame.pixels.shape[:2]
            # The image looks into the array, which `_frame` keeps alive.
            self._frame = frame
            self._image = QImage(
                frame.pixels.data, width, height, width * 4, QImage.Format.Format_RGB32
            )
        if self._image is None:
            return
        source = self._view.source_size or (self._image.width(), self._image.height())
        placement = place(source, (self.width(), self.height()), fill=self._fill)
        target = self._target(placement, source)
        ratio = self.devicePixelRatioF()
        exact = (
            abs(self._image.width() - target.width() * ratio) < 1.5
            and abs(self._image.height() - target.height() * ratio) < 1.5
        )
        if not exact:  # for the moment until the worker knows the new size
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, self._image)
        if self._view.state in WITHOUT_PICTURES:
            self._painter.dim(painter, area)
            return
        if self._layers.zones:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._area_painter.paint(
                painter,
                QRectF(target),
                lambda x, y: QPointF(*placement.point(x * source[0], y * source[1])),
                self._camera,
                self._view.totals,
            )
        overlay = self._view.overlay
        if overlay is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
            found = place(overlay.frame_size, (self.width(), self.height()), fill=self._fill)
            self._painter.overlay(
                painter, area, overlay, found, self._notes(verdicts), self._layers, chips
            )

    @staticmethod
    def _target(placement: Placement, source: tuple[int, int]) -> QRect:
        return QRectF(
            placement.left,
            placement.top,
            source[0] * placement.scale,
            source[1] * placement.scale,
        ).toRect()

    def _notes(self, verdicts: list[Verdict]) -> dict[int, GroupNote]:
        return {
            verdict.group_index: GroupNote(
                self.tr("group {0} · {1} {2}")
                .format(
                    verdict.group_index,
                    risk_word(verdict.risk_level).upper(),
                    risk_title(verdict.label) if verdict.label else "",
                )
                .rstrip(),
                verdict.risk_level,
            )
            for verdict in verdicts
        }

    def _corner(self) -> tuple[str, str]:
        """Return the words of the right chip and their colour."""
        view = self._view
        age = self._age_s()
        if view.frame is None or age is None or view.state in {"stopped", "failed"}:
            return "", "on_scrim"
        if age >= OLD_PICTURE_S:
            return age_words(age), "overlay_warning"
        if view.detection_off_until is not None:
            return detail_words(view), "overlay_info"
        return self.tr("{0} fps").format(regional.decimal(view.shown_fps, 1)), "overlay_ok"

    def _lines(self) -> list[str]:
        """Return why there is no new picture: a title, what to know or do, since when."""
        view = self._view
        detail = detail_words(view)
        if view.state == "stopped" and not detail:
            return idle_lines(self._context)
        title = (
            self.tr("Waiting for the first picture")
            if view.state == "live"
            else situation_word(view)
        )
        times = times_line(view, datetime.now(UTC), time.monotonic())
        # Each part stays whole where the line is broken.
        times = SEPARATOR.join(
            part.replace(" ", "\N{NO-BREAK SPACE}") for part in times.split(SEPARATOR)
        )
        return [title, *(line for line in (detail, times) if line)]

    def _age_s(self) -> float | None:
        frame = self._view.frame
        return None if frame is None else time.monotonic() - frame.captured_s

    def _ask_for_frames(self) -> None:
        if not self.isVisible():
            self._view.wanted_size = None
            return
        wanted = wanted_size(
            self._view.source_size,
            (self.width(), self.height()),
            self.devicePixelRatioF(),
            fill=self._fill,
        )
        if self._view.wanted_size != wanted:
            self._view.wanted_size = wanted

    def _new_painter(self) -> TilePainter:
        theme = self._context.theme
        return TilePainter({token: theme.color(token) for token in COLOR_NAMES})

    def _new_area_painter(self) -> AreaPainter:
        theme = self._context.theme
        return AreaPainter({token: theme.color(token) for token in COLOR_NAMES})

    def _on_theme_changed(self) -> None:
        self._painter = self._new_painter()
        self._area_painter = self._new_area_painter()
        self.update()
