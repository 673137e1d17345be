"""A field for the source of a camera; secrets in an address are dots unless they are asked for."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QFocusEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from console.theme.tokens import Space
from pipeline.redact import secrets_in_address

DOTS: Final = "••••••••"


class _Line(QLineEdit):
    """Says when the cursor leaves."""

    left = Signal()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Leave files to the form around: an address of a file (file://) is no source."""
        if event.mimeData().hasUrls():
            event.ignore()
        else:
            super().dragEnterEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class SourceField(QWidget):
    """Takes a source; once it is left, dots stand for what is secret in it until *Show* is pressed.

    Attributes:
        changed: another source stands in it; not emitted for hiding and showing.
    """

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self._hidden: dict[str, str] = {}
        self._value = ""
        self.line = _Line()
        self.line.setAccessibleName(name)
        self.line.left.connect(self._hide)
        self.line.textChanged.connect(self._on_text)
        self._show = QPushButton(self.tr("Show"))
        self._show.setProperty("role", "link")
        self._show.setCheckable(True)
        self._show.setAccessibleName(self.tr("Show password and key"))
        self._show.toggled.connect(self._on_show)
        self._show.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        row.addWidget(self.line, 1)
        row.addWidget(self._show)
        self.setFocusProxy(self.line)

    def text(self) -> str:
        """Return the source with its secrets."""
        return self._value

    def set_text(self, source: str) -> None:
        """Show another source, its secrets hidden."""
        self._hidden = {}
        self._show.setChecked(False)
        self.line.setText(source)
        self._hide()

    @Slot()
    def _hide(self) -> None:
        if not self._show.isChecked():
            self._put(_with(self._value, dict.fromkeys(secrets_in_address(self._value), DOTS)))

    @Slot(bool)
    def _on_show(self, wanted: bool) -> None:
        self._show.setText(self.tr("Hide") if wanted else self.tr("Show"))
        if wanted:
            self._put(self._value)
        else:
            self._hide()

    def _put(self, text: str) -> None:
        """Show the same source in another way."""
        was_modified = self.line.isModified()
        if text != self.line.text():
            places = secrets_in_address(self._value)
            self._hidden = {kind: self._value[slice(*place)] for kind, place in places.items()}
            self.line.setText(text)
            self.line.setModified(was_modified)

    @Slot(str)
    def _on_text(self, text: str) -> None:
        places = secrets_in_address(text)
        typed = {kind: text[slice(*place)] for kind, place in places.items()}
        hidden = self._hidden
        value = _with(
            text, {kind: part.replace(DOTS, hidden.get(kind, DOTS)) for kind, part in typed.items()}
        )
        self._show.setVisible(bool(places))
        if value != self._value:
            self._value = value
            self.changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """A field that is switched off shows no secret."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.EnabledChange and not self.isEnabled():
            self._show.setChecked(False)


def _with(text: str, secrets: dict[str, str]) -> str:
    """Return an address with other secrets in the places of those of their kinds."""
    for kind, (start, end) in sorted(secrets_in_address(text).items(), key=lambda one: -one[1][0]):
        text = text[:start] + secrets.get(kind, text[start:end]) + text[end:]
    return text
