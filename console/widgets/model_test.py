"""Tries a detector model on a picture and shows boxes, time and what it was recognised from."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from console import formatting, joining
from console.background import in_background
from console.context import ConsoleContext
from console.pipeline_words import object_word
from console.theme.tokens import Space
from console.widgets.evidence_view import EvidenceView
from console.widgets.painting import set_property
from console.window_texts import shown
from pipeline.settings import DetectionSettings
from pipeline.texts import words_of

if TYPE_CHECKING:
    from pipeline.detection.images import Picture
    from pipeline.detection.model_trial import ModelTrial

PICTURE = QSize(448, 252)


class ModelTest(QWidget):
    """A picture with boxes, words about them, and the buttons that begin.

    Attributes:
        asked: the button was pressed; whoever knows the settings calls `start`.
        passed: the model that was tried can be used.
        failed: it cannot, or it is not known which family it is of.
        family_picked: carries the family that the user takes the model for.
    """

    asked = Signal()
    passed = Signal()
    failed = Signal()
    family_picked = Signal(str)

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._stop = threading.Event()
        self._attempt = 0
        self._file: Path | None = None
        self._picture = EvidenceView(context.theme)
        self._picture.setFixedSize(PICTURE)
        self._words = _words("status")
        self._evidence = _words("caption")
        self._button = QPushButton(self.tr("Try it"))
        self._button.setToolTip(
            self.tr("Run the model on a picture, in a process of its own; nothing changes by it")
        )
        self._button.clicked.connect(self._on_button)
        self._choose = QPushButton(self.tr("Picture…"))
        self._choose.setToolTip(
            self.tr("Try it on a picture of yours instead of the newest one of a camera")
        )
        self._choose.clicked.connect(self._on_choose)
        self._families = QHBoxLayout()
        self._families.setSpacing(Space.S)
        self._lay_out()
        self.reset()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self._button)
        row.addWidget(self._choose)
        row.addLayout(self._families)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addWidget(self._picture)
        column.addLayout(row)
        column.addWidget(self._words)
        column.addWidget(self._evidence)

    @property
    def words(self) -> str:
        """What the trial said."""
        return self._words.text()

    @property
    def evidence(self) -> str:
        """What the model was recognised from."""
        return self._evidence.text()

    @property
    def image(self) -> QImage | None:
        """The picture with boxes of the last trial."""
        return self._picture.image

    @property
    def is_trying(self) -> bool:
        """Whether a trial is under way."""
        return not self._stop.is_set()

    def reset(self) -> None:
        """Forget the last trial; one that is under way is ended."""
        self._stop.set()
        self._attempt += 1
        self._button.setText(self.tr("Try it"))
        self._picture.show_image(None, self.tr("Try the model to see here what it finds."))
        self._say("", "")
        self._evidence.setText("")
        self._evidence.hide()
        self._offer_families(())

    def set_possible(self, *, possible: bool) -> None:
        """Offer the trial, or not while the settings are not complete."""
        self._button.setEnabled(possible or self.is_trying)

    def start(self, settings: DetectionSettings) -> None:
        """Try the model of `settings`, in a thread and a process of their own."""
        self.reset()
        self._stop = stop = threading.Event()
        # A window that closes ends the process too.
        self.destroyed.connect(stop.set)
        attempt, file, newest = self._attempt, self._file, self._newest_picture()
        ratio = self.devicePixelRatioF()
        size = (round(PICTURE.width() * ratio), round(PICTURE.height() * ratio))
        self._picture.show_image(None, self.tr("Trying the model…"))
        self._button.setText(self.tr("Cancel"))
        self._button.setEnabled(True)

        def work() -> ModelTrial:
            from pipeline.detection.images import read_image
            from pipeline.detection.model_trial import demo_picture, try_model

            picture = newest if newest is not None else demo_picture()
            if file is not None:
                picture = read_image(file)
            return try_model(settings, picture, size, stop)

        in_background(
            self,
            work,
            lambda trial: self._show(attempt, trial),
            lambda error: self._show_error(attempt, error),
            own_thread=True,
        )

    def _newest_picture(self) -> Picture | None:
        """Return the newest picture of a camera in the window, None where there is none."""
        for view in self._context.hub.cameras.values():
            if view.frame is not None and view.state == "live":
                return view.frame.pixels[:, :, :3].copy()
        return None

    @Slot()
    def _on_button(self) -> None:
        if self.is_trying:
            self.reset()
            self._say(self.tr("Not tried."), "")
            self.failed.emit()
        else:
            self.asked.emit()

    @Slot()
    def _on_choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Picture to try the model on"),
            "",
            self.tr("Pictures (*.jpg *.jpeg *.png *.bmp *.webp)"),
        )
        if name:
            self._file = Path(name)
            self.asked.emit()

    def _show(self, attempt: int, trial: ModelTrial) -> None:
        if attempt != self._attempt:
            return
        self._end()
        height, width = trial.pixels.shape[:2]
        image = QImage(trial.pixels.data, width, height, QImage.Format.Format_RGB32).copy()
        self._picture.show_image(image, self.tr("What the model found"))
        found = joining.enumerated(
            f"{count} {object_word(name)}" for name, count in trial.counts.items()
        )
        self._say(
            self.tr("{0} on {1}, {2} at {3} × {4}. Found: {5}.").format(
                trial.family,
                trial.provider,
                formatting.milliseconds(trial.milliseconds),
                *trial.input_size,
                found or self.tr("nothing"),
            ),
            "ok",
        )
        lines = (*trial.evidence, trial.reason)
        self._evidence.setText("\n".join(shown(line) for line in lines if line))
        self._evidence.show()
        self.passed.emit()

    def _show_error(self, attempt: int, error: Exception) -> None:
        if attempt != self._attempt:
            return
        self._end()
        self._picture.show_image(None, self.tr("No boxes"))
        self._say(shown(words_of(error)), "danger")
        self._offer_families(getattr(error, "families", ()))
        self.failed.emit()

    def _end(self) -> None:
        self._stop.set()
        self._button.setText(self.tr("Try again"))

    def _offer_families(self, names: tuple[str, ...]) -> None:
        """Offer a button for each family that the model may be of."""
        while (item := self._families.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for name in names:
            button = QPushButton(name)
            button.setToolTip(self.tr("Take the model for {0} and try it").format(name))
            button.clicked.connect(lambda _=False, picked=name: self.family_picked.emit(picked))
            self._families.addWidget(button)

    def _say(self, text: str, level: str) -> None:
        self._words.setText(text)
        self._words.setVisible(bool(text))
        set_property(self._words, "level", level)

    def stop(self) -> None:
        """End a trial that is under way; nothing is told any more."""
        self._stop.set()
        self._attempt += 1


def _words(role: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setProperty("role", role)
    return label
