"""Cards below one another, in two columns where a window is wide enough for both."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from console.theme.tokens import Space

NARROWEST: Final = 600
WIDEST: Final = 880
"""Of a column, pixels: beyond, the eye loses the line on its way from a name to its field."""


class CardColumns(QWidget):
    """Holds cards in their order: down the first column, then down the second."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: list[QWidget] = []
        self._in_first = -1
        self._row = QHBoxLayout(self)
        self._row.setSpacing(Space.L)
        self._columns = (QVBoxLayout(), QVBoxLayout())
        for column in self._columns:
            column.setSpacing(Space.M)
            column.addStretch(1)
            self._row.addLayout(column, 1)

    def add(self, card: QWidget) -> None:
        """Put a card below the last one."""
        card.setParent(self)
        self._cards.append(card)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        width = self.width() - Space.M
        has_two = width >= 2 * NARROWEST + Space.L
        used = min(width, 2 * WIDEST + Space.L if has_two else WIDEST)
        self._row.setContentsMargins(0, 0, max(0, self.width() - used), Space.L)
        self._row.setStretch(1, 1 if has_two else 0)
        self._row.setSpacing(Space.L if has_two else 0)
        in_first = self._even_split() if has_two else len(self._cards)
        if in_first == self._in_first:
            return
        self._in_first = in_first
        for place, card in enumerate(self._cards):
            column = self._columns[place >= in_first]
            # Before the stretch at its end; adding takes it out of where it was.
            column.insertWidget(column.count() - 1, card)

    def _even_split(self) -> int:
        """Return how many cards go into the first column, so that both end at like heights."""
        heights = [card.sizeHint().height() for card in self._cards]
        return min(
            range(len(heights) + 1),
            key=lambda count: abs(sum(heights[:count]) - sum(heights[count:])),
        )
