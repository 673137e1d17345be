"""Writes the pictures of the installer's pages, from the window's mark and colours.

``python -m tools.make_installer_pictures``
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QPainter

FOLDER: Final = Path(__file__).resolve().parent.parent / "installer" / "nsis"
WELCOME: Final = (164, 314)
"""Size in pixels of the left side of the first and the last page (Modern UI 2)."""
HEADER: Final = (150, 57)
"""Size in pixels of the picture at the top of the others."""
FINER: Final = 4
"""Painted this much larger and scaled down, since bitmaps have no transparency to smooth with."""


def _canvas(size: tuple[int, int], background: str) -> QImage:
    from PySide6.QtGui import QColor, QImage

    width, height = size
    image = QImage(width * FINER, height * FINER, QImage.Format.Format_RGB32)
    image.fill(QColor(background))
    return image


def _painter(image: QImage) -> QPainter:
    from PySide6.QtGui import QPainter

    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.scale(FINER, FINER)
    return painter


def welcome() -> QImage:
    """Paint the mark above a line of four stations, as in the window's diagram."""
    from PySide6.QtCore import QPointF, QRectF, Qt
    from PySide6.QtGui import QColor, QLinearGradient, QPen

    from console.theme.mark import paint_mark
    from console.theme.tokens import DARK

    width, height = WELCOME
    image = _canvas(WELCOME, DARK.background)
    painter = _painter(image)
    ground = QLinearGradient(0, 0, 0, height)
    ground.setColorAt(0, QColor(DARK.raised))
    ground.setColorAt(1, QColor(DARK.sunken))
    painter.fillRect(QRectF(0, 0, width, height), ground)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(DARK.surface))
    plate = QRectF(width / 2 - 42, 44, 84, 84)
    painter.drawRoundedRect(plate, 17, 17)
    paint_mark(painter, plate.adjusted(24, 20, -24, -20), QColor(DARK.ok), QColor(DARK.warning))
    left, step, y = 28.0, (width - 56) / 3, 236.0
    painter.setPen(QPen(QColor(DARK.border_strong), 3))
    painter.drawLine(QPointF(left, y), QPointF(width - left, y))
    painter.drawLine(QPointF(0, y), QPointF(left, y))
    for number, color in enumerate((DARK.ok, DARK.ok, DARK.ok, DARK.warning)):
        painter.setPen(QPen(QColor(color), 3))
        painter.setBrush(QColor(DARK.sunken))
        painter.drawEllipse(QPointF(left + number * step, y), 8, 8)
    painter.end()
    return _scaled(image, WELCOME)


def header() -> QImage:
    """Paint the window's icon at the right on the pages' white."""
    from PySide6.QtCore import QRect

    from console.theme.mark import window_icon

    width, height = HEADER
    image = _canvas(HEADER, "#ffffff")
    painter = _painter(image)
    side = 41
    place = QRect(width - side - 12, (height - side) // 2, side, side)
    painter.drawPixmap(place, window_icon().pixmap(256, 256))
    painter.end()
    return _scaled(image, HEADER)


def _scaled(image: QImage, size: tuple[int, int]) -> QImage:
    from PySide6.QtCore import QSize, Qt
    from PySide6.QtGui import QImage

    ratio, mode = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    # NSIS takes bitmaps of 24 bits without an alpha channel.
    return image.scaled(QSize(*size), ratio, mode).convertToFormat(QImage.Format.Format_RGB888)


def main() -> int:
    """Paint both and write the files."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    app = QApplication(sys.argv[:1])
    for name, image in (("welcome", welcome()), ("header", header())):
        target = FOLDER / f"{name}.bmp"
        if not image.save(str(target), b"BMP"):
            sys.stderr.write(f"{target} cannot be written\n")
            return 1
    app.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
