"""The form of a dialog, which scrolls where the screen is too low for all of it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from console.theme.tokens import Space

LEAST_HEIGHT: Final = 240


class FormScroll(QScrollArea):
    """Wants as much room as its form; takes less, but never so little that a text is squeezed."""

    def __init__(self, form: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The fields take the keyboard; what is tabbed to is scrolled to.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._form = form
        self.setWidget(form)

    def sizeHint(self) -> QSize:
        return self._form.sizeHint()

    def minimumSizeHint(self) -> QSize:
        bar = self.verticalScrollBar().sizeHint().width()
        wants = self._form.minimumSizeHint()
        return QSize(wants.width() + bar, min(wants.height(), LEAST_HEIGHT))

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's name
        """Show the whole of the field that is reached; Qt shows where its cursor is."""
        moved = super().focusNextPrevChild(forward)
        field = self.focusWidget()
        if moved and field is not None:
            middle = field.mapTo(self._form, field.rect().center())
            self.ensureVisible(middle.x(), middle.y(), 0, field.height() // 2 + Space.L)
        return moved
