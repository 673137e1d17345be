"""Edits the prompt of the model, and shows how it reads with a task filled in."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.background import in_background
from console.theme.tokens import Space
from console.widgets.dialog_buttons import DialogButtons
from console.widgets.painting import set_property
from console.window_texts import said
from pipeline.messages import AssessmentTask, DetectedObject, GroupMetadata, ObjectPair
from pipeline.picture import Picture
from pipeline.settings_scheduler import LlmSettings

if TYPE_CHECKING:
    from pipeline.scheduling.llm.prompt import Prompt

WIDTH: Final = 1080
HEIGHT: Final = 680


class PromptDialog(QDialog):
    """Left the template, right what is sent.

    Attributes:
        chosen: carries where the template is now; None for the one that ships.
    """

    chosen = Signal(object)

    def __init__(self, llm: LlmSettings, folder: Path, parent: QWidget | None = None) -> None:
        """Edit the prompt in use.

        Args:
            llm: names the template in use and the language.
            folder: where changed templates are kept.
            parent: of the dialog.
        """
        super().__init__(parent)
        self._llm = llm
        self._folder = folder
        self._shipped = ""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Prompt of the model"))
        self.resize(WIDTH, HEIGHT)
        self._text = QPlainTextEdit()
        self._text.setAccessibleName(self.tr("Template"))
        self._text.setTabChangesFocus(True)
        self._text.textChanged.connect(self._check)
        self._preview = QPlainTextEdit()
        self._preview.setReadOnly(True)
        self._preview.setTabChangesFocus(True)
        self._preview.setAccessibleName(self.tr("Preview"))
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setProperty("role", "status")
        middle = QHBoxLayout()
        middle.setSpacing(Space.M)
        for title, widget in (
            (self.tr("Template"), self._text),
            (self.tr("What is sent, with a made-up task; the picture goes with it"), self._preview),
        ):
            column = QVBoxLayout()
            label = QLabel(title)
            label.setProperty("role", "strong")
            column.addWidget(label)
            column.addWidget(widget, 1)
            middle.addLayout(column, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        outer.setSpacing(Space.M)
        outer.addLayout(middle, 1)
        outer.addWidget(self._words)
        outer.addWidget(self._make_buttons())
        # Until the texts are there.
        self._save.setEnabled(False)
        self._back.setEnabled(False)
        in_background(self, self._read, self._show_texts, self._on_failed)

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = DialogButtons(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        self._save = buttons.button(QDialogButtonBox.StandardButton.Save)
        self._save.setText(self.tr("Save and use"))
        self._save.setProperty("role", "primary")
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(self.tr("Cancel"))
        self._back = QPushButton(self.tr("Back to the one that ships"))
        self._back.setAutoDefault(False)
        self._back.clicked.connect(lambda: self._text.setPlainText(self._shipped))
        buttons.addButton(self._back, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.accepted.connect(self._on_save)
        buttons.rejected.connect(self.reject)
        return buttons

    def _read(self) -> tuple[str, str]:
        from pipeline.scheduling.llm.prompt import BUILT_IN

        shipped = BUILT_IN.read_text(encoding="utf-8")
        own = self._llm.prompt
        return shipped, own.read_text(encoding="utf-8") if own and own.exists() else shipped

    def _show_texts(self, texts: tuple[str, str]) -> None:
        self._shipped, text = texts
        self._text.setPlainText(text)
        self._check()

    @Slot()
    def _check(self) -> None:
        """Show the preview, or what is wrong."""
        from pipeline.scheduling.llm.prompt import PromptError, parse_template

        text = self._text.toPlainText()
        self._back.setEnabled(text != self._shipped)
        try:
            template = parse_template(text, is_built_in=text == self._shipped)
        except PromptError as error:
            self._say(self.tr("This cannot be used: {0}.").format(said(error)), "danger")
            self._save.setEnabled(False)
            return
        self._save.setEnabled(bool(self._shipped))
        self._say(self.tr("Version {0}").format(template.version), "")
        self._show_preview(template.fill(sample_task(), self._llm.language))

    def _show_preview(self, prompt: Prompt) -> None:
        self._preview.setPlainText(f"{prompt.system}\n\n{'─' * 24}\n\n{prompt.user}")

    def _say(self, text: str, level: str) -> None:
        self._words.setText(text)
        set_property(self._words, "level", level)

    @Slot()
    def _on_save(self) -> None:
        text = self._text.toPlainText()
        if text == self._shipped:
            self.chosen.emit(None)
            self.accept()
            return
        # Named after its text: another text is another setting, and the worker starts anew with it.
        path = self._folder / f"prompt-{hashlib.sha256(text.encode()).hexdigest()[:8]}.txt"

        def work() -> Path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return path

        in_background(self, work, self._on_saved, self._on_failed)

    def _on_saved(self, path: Path) -> None:
        self.chosen.emit(path)
        self.accept()

    def _on_failed(self, error: Exception) -> None:
        self._say(self.tr("The file cannot be read or written: {0}").format(said(error)), "danger")


def sample_task() -> AssessmentTask:
    """Return a task as an intersection gives it, for the preview."""
    return AssessmentTask(
        task_id="preview-0",
        request_id="preview",
        camera_id="gate",
        timestamp=datetime(2026, 1, 2, 8, 30, tzinfo=UTC),
        group_index=0,
        group_count=1,
        group_bbox=(300.0, 200.0, 760.0, 620.0),
        image_width=1280,
        image_height=720,
        detected_objects=(
            DetectedObject(
                object_class="car",
                confidence=0.91,
                bbox=(300.0, 260.0, 560.0, 420.0),
                track_id=12,
                velocity=(64.0, 3.0),
            ),
            DetectedObject(
                object_class="person",
                confidence=0.83,
                bbox=(590.0, 250.0, 640.0, 400.0),
                track_id=15,
                velocity=(-4.0, 0.0),
            ),
        ),
        group_metadata=GroupMetadata(
            crowding=0.4,
            mean_speed=0.3,
            pairs=(ObjectPair(vehicle_index=0, person_index=1, distance=0.2, closing_speed=0.45),),
        ),
        group_image_base64=Picture.of(b"\xff\xd8"),
    )
