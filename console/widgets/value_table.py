"""A table of few rows whose cells are held by Qt, so that painting it calls no Python."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from console.theme.fonts import ui_font
from console.theme.tokens import TypeSize

TEXT_INSET = 8
"""Of a cell at each side: that of the style sheet, and Qt's own margin of text."""

HIGHEST = 10_000
QT_HEIGHT = 192
"""What Qt's own tables ask for, whatever is in them, pixels."""
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ValueTable(QTreeWidget):
    """Shows rows of text; unchanged cells are left alone."""

    def __init__(
        self,
        headers: Sequence[str],
        *,
        numbers_from: int = 1,
        stretch: int = 0,
        nothing: str = "",
        height: int = QT_HEIGHT,
        parent: QWidget | None = None,
    ) -> None:
        """Make an empty table.

        Args:
            headers: titles of the columns.
            numbers_from: columns from this one on hold numbers and are aligned to the right.
            stretch: the column that takes the room that is left; its texts are cut where there is
                little, and whole in their tooltip.
            nothing: what is said in place of rows while there are none.
            height: what it asks for, in pixels; it takes more, and less where there is little.
            parent: of the widget.
        """
        super().__init__(parent)
        self._numbers_from = numbers_from
        self._stretch = stretch
        self._height = height
        self.setHeaderLabels(list(headers))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFont(ui_font(TypeSize.BODY, tabular=True))
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
        for column in range(numbers_from, len(headers)):
            self.headerItem().setTextAlignment(column, RIGHT)
        self._nothing = self._make_nothing(nothing) if nothing else None

    def _make_nothing(self, words: str) -> QLabel:
        label = QLabel(words)
        label.setProperty("role", "muted")
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setWordWrap(True)
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        QVBoxLayout(self.viewport()).addWidget(label)
        return label

    def wrap(self) -> None:
        """Break texts of the stretched column over lines, where they would be cut."""
        self.setWordWrap(True)
        self.setUniformRowHeights(False)
        self.setItemDelegateForColumn(self._stretch, _WrappingDelegate(self))
        self.header().sectionResized.connect(lambda *_: self.scheduleDelayedItemsLayout())

    def set_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Show `rows`, each with a text for each column."""
        if self._nothing is not None:
            self._nothing.setHidden(bool(rows))
        while self.topLevelItemCount() > len(rows):
            self.takeTopLevelItem(self.topLevelItemCount() - 1)
        for index, texts in enumerate(rows):
            item = self.topLevelItem(index)
            if item is None:
                item = self.make_item()
                self.addTopLevelItem(item)
            set_texts(item, texts)
            if item.toolTip(self._stretch) != texts[self._stretch]:
                item.setToolTip(self._stretch, texts[self._stretch])

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the row that the keyboard is at, so that it is seen."""
        super().focusInEvent(event)
        current = self.currentItem()
        by_mouse = event.reason() is Qt.FocusReason.MouseFocusReason
        if not by_mouse and current is not None and not self.selectedItems():
            current.setSelected(True)

    def make_item(self) -> QTreeWidgetItem:
        """Return a new row with the alignment of this table, not yet in it."""
        item = QTreeWidgetItem()
        for column in range(self._numbers_from, self.columnCount()):
            item.setTextAlignment(column, RIGHT)
        return item


class _WrappingDelegate(QStyledItemDelegate):
    """Asks for as many lines as a text takes in its column; Qt's own asks for one."""

    def __init__(self, table: ValueTable) -> None:
        super().__init__(table)
        self._table = table

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        one_line = super().sizeHint(option, index)
        metrics = self._table.fontMetrics()
        width = self._table.columnWidth(index.column()) - 2 * TEXT_INSET
        room = QRect(0, 0, width, HIGHEST)
        text = metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, str(index.data() or ""))
        height = one_line.height() - metrics.height() + text.height()
        return QSize(one_line.width(), max(one_line.height(), height))


def set_texts(item: QTreeWidgetItem, texts: Sequence[str]) -> None:
    """Change the cells of a row that are different now."""
    for column, text in enumerate(texts):
        if item.text(column) != text:
            item.setText(column, text)


def set_color(item: QTreeWidgetItem, column: int, color: QColor) -> None:
    """Change the text colour of a cell if it is different now."""
    if item.foreground(column).color() != color:
        item.setForeground(column, color)
