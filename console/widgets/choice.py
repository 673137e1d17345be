"""What boxes of choices tell of themselves."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox

from console import joining
from console.plain_text import plain_tooltip


def name_choice(box: QComboBox, name: str) -> None:
    """Name a box; its tooltip has the choice as well, which is cut where there is little room."""

    def tell(text: str) -> None:
        box.setToolTip(plain_tooltip(joining.named(name, text) if text else name))

    box.setAccessibleName(name)
    box.currentTextChanged.connect(tell)
    tell(box.currentText())
