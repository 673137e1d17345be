"""The list of the sections of a long form, from which the keyboard goes into the chosen one."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QScrollArea, QWidget

from console.theme.tokens import Space

ROW_HEIGHT: Final = 32


class SectionList(QListWidget):
    """One row a section; Tab leads to the first field of the section in front."""

    def __init__(self) -> None:
        super().__init__()
        self._cards: list[QWidget] = []

    def add(self, title: str, card: QWidget) -> None:
        """Add a row for a section of the form."""
        item = QListWidgetItem(title)
        item.setSizeHint(QSize(0, ROW_HEIGHT))
        self.addItem(item)
        self._cards.append(card)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's name
        """Go on in the chosen section: the first field of the form is most often out of sight."""
        field = self._first_field() if forward else None
        if field is None:
            return super().focusNextPrevChild(forward)
        field.setFocus(Qt.FocusReason.TabFocusReason)
        area: QWidget | None = field
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            area.ensureWidgetVisible(field, 0, Space.XL)
        return True

    def _first_field(self) -> QWidget | None:
        row = self.currentRow()
        if not 0 <= row < len(self._cards):
            return None
        card = self._cards[row]
        field = card.nextInFocusChain()
        while field is not None and field is not card:
            by_tab = field.focusPolicy() & Qt.FocusPolicy.TabFocus
            if by_tab and card.isAncestorOf(field) and field.isVisible() and field.isEnabled():
                return field
            field = field.nextInFocusChain()
        return None
