"""Tries a camera and shows its picture, size and rate, or why it gives none."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from console import formatting, joining, regional
from console.background import in_background
from console.context import ConsoleContext
from console.theme.tokens import Space
from console.widgets.evidence_view import EvidenceView
from console.widgets.painting import set_property
from console.window_texts import line
from pipeline.redact import redact_text
from pipeline.settings_cameras import CameraSettings
from pipeline.texts import words_of

if TYPE_CHECKING:
    from pipeline.detection.try_camera import CameraTrial

PICTURE = QSize(384, 216)
SMALL = QSize(256, 144)
WORD_LINES = 4


class CameraTest(QWidget):
    """A picture, a line about it, and the button that begins.

    Attributes:
        asked: the button was pressed; whoever knows the camera calls `start`.
    """

    asked = Signal()

    def __init__(
        self, context: ConsoleContext, parent: QWidget | None = None, *, flat: bool = False
    ) -> None:
        """Make it; `flat` puts a small picture beside the rest, where there is little height."""
        super().__init__(parent)
        self._stop = threading.Event()
        self._attempt = 0
        self._picture = EvidenceView(context.theme)
        self._size = SMALL if flat else PICTURE
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setProperty("role", "status")
        self._button = QPushButton(self.tr("Test"))
        self._button.setToolTip(self.tr("Open the source and show its first picture"))
        self._button.clicked.connect(self.asked)
        # Room for a cause and what to do, so that the form does not jump.
        self._words.setMinimumHeight(WORD_LINES * self._words.fontMetrics().height())
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(Space.S)
        if flat:
            self._picture.setFixedSize(self._size)
            row = QHBoxLayout(self)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(Space.M)
            row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
            row.addLayout(column, 1)
        else:
            # As wide as what stands below it in a form.
            self._picture.setMinimumWidth(self._size.width())
            self._picture.setFixedHeight(self._size.height())
            self._picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(self._picture)
            self.setLayout(column)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._words, 1 if flat else 0)
        self.reset()

    @property
    def words(self) -> str:
        """What the test said."""
        return self._words.text()

    @property
    def image(self) -> QImage | None:
        """The picture of the last test."""
        return self._picture.image

    def reset(self) -> None:
        """Forget the last test; one that is under way is not waited for."""
        self._stop.set()
        self._attempt += 1
        self._button.setText(self.tr("Test"))
        self._picture.show_image(None, self.tr("Test the source to see its picture."))
        self._say("", "")

    def set_possible(self, *, possible: bool) -> None:
        """Offer the test, or not while the source is not complete."""
        self._button.setEnabled(possible)

    def start(self, camera: CameraSettings) -> None:
        """Try `camera`, in a thread of its own: an address that does not answer takes 10 s."""
        self.reset()
        self._stop = stop = threading.Event()
        attempt = self._attempt
        ratio = self.devicePixelRatioF()
        size = (round(self._size.width() * ratio), round(self._size.height() * ratio))
        self._picture.show_image(None, self.tr("Opening…"))
        self._button.setText(self.tr("Test again"))

        def work() -> CameraTrial:
            from pipeline.detection.try_camera import try_camera

            return try_camera(camera, size, stop)

        in_background(
            self,
            work,
            lambda trial: self._show(attempt, trial),
            lambda error: self._show_error(attempt, error),
            own_thread=True,
        )

    def _show(self, attempt: int, trial: CameraTrial) -> None:
        if attempt != self._attempt:
            return
        height, width = trial.pixels.shape[:2]
        image = QImage(trial.pixels.data, width, height, QImage.Format.Format_RGB32).copy()
        self._picture.show_image(image, self.tr("First picture of the source"))
        rate = (
            self.tr("rate unknown")
            if trial.rate is None
            else self.tr("{0} fps").format(regional.decimal(trial.rate, 1))
        )
        words = self.tr("{0} × {1}, {2}; first picture after {3}.").format(
            *trial.size,
            joining.in_a_line((rate, trial.codec.upper()) if trial.codec else (rate,)),
            formatting.milliseconds(trial.opened_ms),
        )
        if not trial.follows_size:
            squeezed = self.tr(
                "If the sender changes the size of its pictures, they are squeezed until it is"
                " opened again."
            )
            words = joining.one_after_another((words, squeezed))
        self._say(words, "ok")

    def _show_error(self, attempt: int, error: Exception) -> None:
        if attempt != self._attempt:
            return
        self._picture.show_image(None, self.tr("No picture"))
        self._say(line(redact_text(words_of(error))), "danger")

    def _say(self, text: str, level: str) -> None:
        self._words.setText(text)
        set_property(self._words, "level", level)

    def stop(self) -> None:
        """Measure no longer; the source is let go of as soon as it answers."""
        self._stop.set()
        self._attempt += 1
