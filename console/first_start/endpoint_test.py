"""Tries the language model as typed, before anything is kept: one small request, and its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from console import formatting
from console.background import in_background
from console.key_words import check_words
from console.theme.tokens import Space
from console.widgets.painting import set_property
from console.window_texts import error_words, sentence
from pipeline.secrets import is_reference
from pipeline.settings_scheduler import LlmSettings

if TYPE_CHECKING:
    from pipeline.scheduling.llm.check import Checked

LIMITED = "rate limited"
REFUSED = "key refused"


class EndpointTest(QWidget):
    """A button, and beside it what came of the test.

    Attributes:
        asked: the button was pressed; whoever knows the model calls `start`.
    """

    asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._attempt = 0
        self._is_trying = False
        self._button = QPushButton()
        self._button.setAutoDefault(False)
        self._button.setToolTip(
            self.tr("Sends one small picture to the model with this key; nothing is kept by it")
        )
        self._button.clicked.connect(self._on_button)
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setProperty("role", "status")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.M)
        row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        self.reset()

    @property
    def words(self) -> str:
        """What is said of the test; empty before one, and after something else was typed."""
        return self._words.text()

    def reset(self) -> None:
        """Forget the last test; what comes of one under way is not told any more."""
        self._attempt += 1
        self._end("", "")

    def start(self, llm: LlmSettings, key: str) -> None:
        """Ask the model once, in a thread of its own.

        Args:
            llm: whom to ask.
            key: as typed: a key, a reference such as ``env:NAME``, or empty for none.
        """
        self._attempt += 1
        attempt = self._attempt
        self._is_trying = True
        self._button.setText(self.tr("Cancel"))
        self._say(self.tr("Asking {0}…").format(llm.model), "info")

        def work() -> Checked:
            from pipeline import secrets
            from pipeline.redact import register_secret
            from pipeline.scheduling.llm.check import check_key
            from pipeline.scheduling.llm.keys import usable

            if not key:
                return check_key(llm, "")
            secret = usable(secrets.resolve(key) if is_reference(key) else key)
            register_secret(secret)
            return check_key(llm, secret)

        def show(checked: Checked) -> None:
            if attempt == self._attempt:
                self._show(checked, llm.model, has_key=bool(key))

        def fail(error: Exception) -> None:
            if attempt == self._attempt:
                self._end(error_words(error), "danger")

        in_background(self, work, show, fail, own_thread=True)

    def _show(self, checked: Checked, model: str, *, has_key: bool) -> None:
        if checked.fault is None:
            words = check_words(checked, model)
            if not has_key:
                words = self.tr("✓ {0} answered after {1} ms.").format(
                    model, formatting.count(round(checked.took_ms))
                )
            self._end(words, "ok")
        elif checked.fault.value == REFUSED and not has_key:
            self._end(
                self.tr("✗ The server wants an API key. Type it above.")
                + f"\n{sentence(checked.words)}",
                "danger",
            )
        else:
            level = "warning" if checked.fault.value == LIMITED else "danger"
            self._end(check_words(checked, model), level)

    @Slot()
    def _on_button(self) -> None:
        if self._is_trying:
            self.reset()
            self._say(self.tr("Not tested."), "")
        else:
            self.asked.emit()

    def _end(self, words: str, level: str) -> None:
        self._is_trying = False
        self._button.setText(self.tr("Test the model"))
        self._say(words, level)

    def _say(self, words: str, level: str) -> None:
        self._words.setText(words)
        set_property(self._words, "level", level)
