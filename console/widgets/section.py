"""A titled card that holds a part of a page."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from console.theme.tokens import Space


class Section(QFrame):
    """A card with a title above its contents.

    Attributes:
        body: where the contents go.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAccessibleName(title)
        heading = QLabel(title)
        heading.setProperty("role", "strong")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(Space.M, Space.S, Space.M, Space.M)
        self.body.setSpacing(Space.S)
        self._head = QHBoxLayout()
        self._head.setSpacing(Space.L)
        self._head.addWidget(heading)
        self.body.addLayout(self._head)

    def add_beside(self, widget: QWidget) -> None:
        """Add something to the right of the title."""
        self._head.addWidget(widget, 1)

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        """Add a part below the others."""
        self.body.addWidget(widget, stretch)


def page_heading(title: str, subtitle: QLabel | None = None) -> QWidget:
    """Return the heading of a page, with a line below it that may change."""
    holder = QWidget()
    holder.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(Space.XS)
    heading = QLabel(title)
    heading.setProperty("role", "heading")
    column.addWidget(heading)
    if subtitle is not None:
        subtitle.setProperty("role", "muted")
        subtitle.setWordWrap(True)
        column.addWidget(subtitle)
    return holder
