"""Buttons at the foot of dialogs and questions, as far apart as all others in the window.

Qt takes their distance from the style, whose 6 px are off the grid.
"""

from __future__ import annotations

from PySide6.QtWidgets import QDialogButtonBox, QMessageBox, QWidget

from console.theme.tokens import Space


class DialogButtons(QDialogButtonBox):
    """The row of buttons of a dialog."""

    def __init__(self, buttons: QDialogButtonBox.StandardButton) -> None:
        super().__init__(buttons)
        _space(self)


class MessageBox(QMessageBox):
    """A question, or news."""

    def __init__(
        self,
        icon: QMessageBox.Icon,
        title: str,
        text: str,
        buttons: QMessageBox.StandardButton = QMessageBox.StandardButton.NoButton,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(icon, title, text, buttons, parent)
        for box in self.findChildren(QDialogButtonBox):
            _space(box)


def _space(box: QDialogButtonBox) -> None:
    layout = box.layout()
    assert layout is not None
    layout.setSpacing(Space.S)
