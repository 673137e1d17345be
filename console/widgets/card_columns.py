"""Cards below one another, in as many columns as a window is wide enough for."""

from __future__ import annotations

from itertools import combinations
from typing import Final

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from console.theme.tokens import Space

COLUMNS: Final = 3
NARROWEST: Final = 552
"""Of a column among others, pixels: narrower, most helps below the fields take two lines."""

WIDEST: Final = 2 * NARROWEST + Space.L
"""Of a column, pixels: wider, there is room for another, but for the last."""


class CardColumns(QWidget):
    """Holds cards in their order: down the first column, then down the next."""

    def __init__(self, parent: QWidget | None = None, *, first: int | None = None) -> None:
        """Make it without cards.

        Args:
            parent: of the widget.
            first: how many cards stand in the first of two columns, however high they are; so
                that none moves where cards grow under the hand. None: as even as can be.
        """
        super().__init__(parent)
        self._first = first
        self._cards: list[QWidget] = []
        self._ends: tuple[int, ...] = ()
        self._row = QHBoxLayout(self)
        self._columns = tuple(QVBoxLayout() for _ in range(COLUMNS))
        for column in self._columns:
            column.setSpacing(Space.M)
            column.addStretch(1)
            self._row.addLayout(column)

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
        most = COLUMNS if self._first is None else 2
        count = max(1, min(most, (width + Space.L) // (NARROWEST + Space.L)))
        used = min(width, count * (WIDEST + Space.L) - Space.L)
        self._row.setContentsMargins(0, 0, max(0, self.width() - used), Space.L)
        self._row.setSpacing(Space.L if count > 1 else 0)
        if self._first is not None and count > 1:
            ends: tuple[int, ...] = (self._first, len(self._cards))
        else:
            ends = self._even_split(count)
        if ends == self._ends:
            return
        self._ends = ends
        begins = (0, *ends)
        for place, column in enumerate(self._columns):
            self._row.setStretch(place, 1 if place < count else 0)
            # Out of every column first; taken over by the next, a card would be counted twice.
            for card in self._cards:
                column.removeWidget(card)
        for column, begin, end in zip(self._columns, begins, ends, strict=False):
            for place, card in enumerate(self._cards[begin:end]):
                column.insertWidget(place, card)

    def _even_split(self, count: int) -> tuple[int, ...]:
        """Return behind which card each column ends, so that the highest is as low as can be."""
        heights = [card.sizeHint().height() + Space.M for card in self._cards]
        total = len(heights)

        def highest(ends: tuple[int, ...]) -> int:
            begins = (0, *ends)
            return max(sum(heights[b:e]) for b, e in zip(begins, ends, strict=False))

        splits = ((*cuts, total) for cuts in combinations(range(1, total), min(count, total) - 1))
        return min(splits, key=highest, default=(total,))
