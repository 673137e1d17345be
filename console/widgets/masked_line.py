"""A line of text that shows a secret within it only while it is being edited."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLineEdit

from pipeline.redact import redact_text


class MaskedLine(QLineEdit):
    """Masks like logs do, such as the token in the address of a chat's webhook.

    `text` and `setText` are about what was typed; what is in sight is `displayText`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._whole: str | None = None

    def text(self) -> str:
        """Return what was typed, whether it is in sight or not."""
        return super().text() if self._whole is None else self._whole

    def setText(self, text: str | None, /) -> None:  # noqa: N802 - Qt's name
        """Show another text."""
        self._whole = None
        super().setText(text)
        if not self.hasFocus():
            self._mask()

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self._whole is not None:
            whole, self._whole = self._whole, None
            self._put(whole)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._mask()

    def _mask(self) -> None:
        whole = self.text()
        masked = redact_text(whole)
        if masked != whole:
            self._put(masked)
            self._whole = whole

    def _put(self, text: str) -> None:
        """Show the same in another way, of which nobody is told."""
        was_modified = self.isModified()
        blocker = QSignalBlocker(self)
        super().setText(text)
        blocker.unblock()
        self.setModified(was_modified)
