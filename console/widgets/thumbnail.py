"""A small picture with rounded corners, or an icon where there is none."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from console.theme.theme import ThemeManager
from console.theme.tokens import Radius

ICON_SIZE = 20


class Thumbnail(QWidget):
    """Shows a picture, filling its own size and cutting off what does not fit."""

    def __init__(self, theme: ThemeManager, size: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image: QImage | None = None
        self.setFixedSize(size)
        theme.changed.connect(self.update)

    def set_image(self, image: QImage | None) -> None:
        """Show another picture; None for none."""
        if image is not self._image:
            self._image = image
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        frame = QRectF(self.rect())
        outline = QPainterPath()
        outline.addRoundedRect(frame, Radius.S, Radius.S)
        painter.setClipPath(outline)
        if self._image is None:
            painter.fillRect(frame, self._theme.color("sunken"))
            spot = QRectF(0, 0, ICON_SIZE, ICON_SIZE)
            spot.moveCenter(frame.center())
            self._theme.icons.icon("image", "text_faint").paint(painter, spot.toRect())
            return
        shape = frame.size().scaled(self._image.size(), Qt.AspectRatioMode.KeepAspectRatio)
        source = QRectF(0, 0, shape.width(), shape.height())
        source.moveCenter(QRectF(self._image.rect()).center())
        painter.drawImage(frame, self._image, source)
