"""What stands on the screen at once: a plate with the name, while everything else is imported.

Half a second passes between the start and the whole window, on a cold Windows disk several; who has
double-clicked would do so again. Imports no more than it needs.
"""

from __future__ import annotations

import sys
import time
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QWidget

from console.instance import instance_name, is_running
from console.theme.fonts import ui_font
from console.theme.mark import paint_mark
from console.theme.tokens import DARK, Space, TypeSize
from pipeline.paths import APP_NAME

APP_USER_MODEL_ID: Final = f"{APP_NAME}.Console"
"""Windows groups our windows and shortcuts by it."""

SIZE: Final = QSize(320, 120)
MARK: Final = QSize(40, 44)
EXPOSE_TIMEOUT_S: Final = 0.2
"""A screen that does not answer by then shows the plate later, or only the window."""


class Plate(QWidget):
    """The name and the mark; like the icon, dark in both themes.

    Not Qt's own QSplashScreen: its ``show`` waits a whole second for the window system (measured
    with Qt 6.11, on X11 and without a screen).

    Attributes:
        shown_s: monotonic seconds at which it was on the screen; None where that was not told.
    """

    def __init__(self) -> None:
        super().__init__(None, Qt.WindowType.SplashScreen | Qt.WindowType.FramelessWindowHint)
        self.setAccessibleName(APP_NAME)
        self.setFixedSize(SIZE)
        middle = QApplication.primaryScreen().availableGeometry().center()
        self.move(middle - self.rect().center())
        self.shown_s: float | None = None

    def show_at_once(self) -> None:
        """Show it without an event loop."""
        self.show()
        until_s = time.monotonic() + EXPOSE_TIMEOUT_S
        while self.shown_s is None and time.monotonic() < until_s:
            QApplication.processEvents()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        painter.fillRect(area, QColor(DARK.surface))
        painter.setPen(QPen(QColor(DARK.border_strong), 1))
        painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setFont(ui_font(TypeSize.HEADING, strong=True))
        words = painter.fontMetrics().horizontalAdvance(APP_NAME)
        left = (SIZE.width() - MARK.width() - Space.L - words) / 2
        top = (SIZE.height() - MARK.height()) / 2
        place = QRectF(left, top, MARK.width(), MARK.height())
        paint_mark(painter, place, QColor(DARK.ok), QColor(DARK.warning))
        painter.setPen(QColor(DARK.text_strong))
        text = QRectF(place.right() + Space.L, 0, words + Space.XS, SIZE.height())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, APP_NAME)
        painter.end()
        if self.shown_s is None:
            self.shown_s = time.monotonic()


_plates: list[Plate] = []


def begin(kind: str) -> None:
    """Make the application and show the plate, unless a window of this user will come instead.

    Args:
        kind: of instance, ``console`` or ``demo``.
    """
    application()
    if not is_running(instance_name(kind)):
        plate = Plate()
        _plates.append(plate)
        plate.show_at_once()


def application() -> QApplication:
    """Return the application of this process, made if there is none."""
    there = QApplication.instance()
    if isinstance(there, QApplication):
        return there
    if sys.platform == "win32":
        import ctypes

        # Before the first window, so that Windows shows our icon, not Python's.
        ctypes.windll.shell32.SetCurrentProcessExplicitAppUserModelID(APP_USER_MODEL_ID)
    app = QApplication(sys.argv[:1])
    app.setApplicationDisplayName(APP_NAME)
    # The plate ends before the window does.
    app.setQuitOnLastWindowClosed(False)
    return app


def shown_s() -> float | None:
    """Return when the plate was on the screen, monotonic seconds; None if it was not."""
    return _plates[0].shown_s if _plates else None


def end() -> None:
    """Take the plate away: the window is there, or will not come."""
    while _plates:
        plate = _plates.pop()
        plate.close()
        plate.deleteLater()
