"""The picture of an alarm, as large as there is room, with its proportions kept."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.theme.theme import ThemeManager
from console.theme.tokens import Radius

LARGEST_SCALE = 4.0
"""An evidence picture is small; blown up further it shows nothing more."""


class EvidenceView(QWidget):
    """Shows one picture, or says why there is none."""

    def __init__(self, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image: QImage | None = None
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        theme.changed.connect(self.update)

    @property
    def image(self) -> QImage | None:
        """The picture shown."""
        return self._image

    def show_image(self, image: QImage | None, words: str) -> None:
        """Show `image`; `words` say what it shows, or why there is none."""
        self._image = image
        self._words = words
        self.setAccessibleName(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(420, 140)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(self.rect()), Radius.M, Radius.M)
        painter.fillPath(outline, self._theme.color("sunken"))
        if self._image is None:
            painter.setPen(self._theme.color("text_muted"))
            painter.drawText(
                self.rect().adjusted(Radius.L, 0, -Radius.L, 0),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                self._words,
            )
            return
        painter.setClipPath(outline)
        painter.drawImage(self._place(self._image.size()), self._image)

    def _place(self, size: QSize) -> QRect:
        largest = QSize(round(size.width() * LARGEST_SCALE), round(size.height() * LARGEST_SCALE))
        room = self.size().boundedTo(largest)
        place = QRect(0, 0, 0, 0)
        place.setSize(size.scaled(room, Qt.AspectRatioMode.KeepAspectRatio))
        place.moveCenter(self.rect().center())
        return place
