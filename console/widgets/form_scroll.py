"""The form of a dialog, which scrolls where the screen is too low for all of it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLayout, QScrollArea, QWidget

from console.theme.tokens import Space

AROUND: Final = 160
"""Pixels of the screen's height for the foot of the dialog, its margins and its frame."""


class FormScroll(QScrollArea):
    """As large as its form asks for, also when that grows; on a low screen less, and scrolling."""

    def __init__(self, form: QWidget, layout: QLayout) -> None:
        """Hold `form`, which is laid out by `layout`."""
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The fields take the keyboard; what is tabbed to is scrolled to.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._form = form
        self._layout = layout
        self.setWidget(form)
        form.installEventFilter(self)

    def room(self) -> int:
        """Return how high the form may be on this screen, pixels."""
        return self.screen().availableSize().height() - AROUND

    def sizeHint(self) -> QSize:
        return self._form.sizeHint()

    def minimumSizeHint(self) -> QSize:
        width, height = self._form.minimumSizeHint().toTuple()
        if self._layout.hasHeightForWidth():  # texts that wrap
            height = self._layout.minimumHeightForWidth(max(width, self.viewport().width()))
        if height <= self.room():
            return QSize(width, height)
        return QSize(width + self.verticalScrollBar().sizeHint().width(), self.room())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            # Qt keeps it to itself: the dialog would stay too small for a form that grows.
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's name
        """Show the whole of the field that is reached; Qt shows where its cursor is."""
        moved = super().focusNextPrevChild(forward)
        field = self.focusWidget()
        if moved and field is not None:
            middle = field.mapTo(self._form, field.rect().center())
            self.ensureVisible(middle.x(), middle.y(), 0, field.height() // 2 + Space.L)
        return moved
