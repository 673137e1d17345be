"""A field for a secret: what is typed is dots, what is kept is shown masked, never more."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from console.theme.tokens import Space
from pipeline.secrets import is_reference, masked

DOTS = "••••••••"


class SecretField(QWidget):
    """Takes a secret or a reference to one; forgets the secret once it was handed on.

    Attributes:
        typed: carries what was typed when the field is left; empty to have it taken out.
    """

    typed = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._line = QLineEdit()
        self._line.setEchoMode(QLineEdit.EchoMode.Password)
        self._line.setAccessibleName(name)
        self._line.editingFinished.connect(self._on_typed)
        self._remove = QPushButton(self.tr("Remove"))
        self._remove.setProperty("role", "link")
        self._remove.setAccessibleName(self.tr("Remove {0}").format(name))
        self._remove.clicked.connect(lambda: self.typed.emit(""))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self._line, 1)
        row.addWidget(self._remove)
        self.setFocusProxy(self._line)

    def show_value(self, value: str, typed: str | None) -> None:
        """Show what is kept.

        Args:
            value: of the property: a reference, a plain secret, or empty.
            typed: the secret itself where it is not stored yet.
        """
        if typed is not None:
            words = self.tr("{0}  stored when you apply").format(masked(typed))
        elif is_reference(value):
            words = f"{DOTS}  ({value})"
        elif value:
            words = self.tr("{0}  stands in the settings file").format(masked(value))
        else:
            words = self.tr("none")
        self._line.setPlaceholderText(words)
        self._line.setAccessibleDescription(words)
        self._remove.setVisible(bool(value))

    @Slot()
    def _on_typed(self) -> None:
        text = self._line.text()
        if text:
            self._line.clear()
            self.typed.emit(text)
