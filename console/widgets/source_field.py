"""A field for the source of a camera; the password in an address is dots unless it is asked for."""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from console.theme.tokens import Space

DOTS: Final = "••••••••"

_LOGIN: Final = re.compile(r"(://[^\s/?#:@]*:)([^\s/?#]+)(?=@[^\s@/]*)")
"""User and password; as cameras' passwords may hold an unescaped @, the last one ends them."""


class _Line(QLineEdit):
    """Says when the cursor leaves."""

    left = Signal()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class SourceField(QWidget):
    """Takes a source; once it is left, dots stand for its password until *Show* is pressed.

    Attributes:
        changed: another source stands in it; not emitted for hiding and showing.
    """

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self._password = ""
        self._value = ""
        self.line = _Line()
        self.line.setAccessibleName(name)
        self.line.left.connect(self._hide)
        self.line.textChanged.connect(self._on_text)
        self._show = QPushButton(self.tr("Show"))
        self._show.setProperty("role", "link")
        self._show.setCheckable(True)
        self._show.setAccessibleName(self.tr("Show the password"))
        self._show.toggled.connect(self._on_show)
        self._show.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        row.addWidget(self.line, 1)
        row.addWidget(self._show)
        self.setFocusProxy(self.line)

    def text(self) -> str:
        """Return the source with its password."""
        return self._value

    def set_text(self, source: str) -> None:
        """Show another source, its password hidden."""
        self._password = ""
        self._show.setChecked(False)
        self.line.setText(source)
        self._hide()

    @Slot()
    def _hide(self) -> None:
        if not self._show.isChecked():
            self._put(_LOGIN.sub(rf"\g<1>{DOTS}", self._value))

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
            login = _LOGIN.search(self._value)
            self._password = login[2] if login is not None else ""
            self.line.setText(text)
            self.line.setModified(was_modified)

    @Slot(str)
    def _on_text(self, text: str) -> None:
        login = _LOGIN.search(text)
        if login is not None and login[2] == DOTS and self._password:
            value = text[: login.start(2)] + self._password + text[login.end(2) :]
        else:
            value = text
        self._show.setVisible(_LOGIN.search(value) is not None)
        if value != self._value:
            self._value = value
            self.changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """A field that is switched off shows no password."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.EnabledChange and not self.isEnabled():
            self._show.setChecked(False)
