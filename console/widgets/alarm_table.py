"""The table of alarms on their page; cells are held by Qt, so that painting it calls no Python."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidgetItem,
    QWidget,
)

from console import alarm_words, formatting
from console.context import ConsoleContext
from console.plain_text import plain_tooltip
from console.supervision.wording import level_token
from console.theme.fonts import ui_font
from console.theme.tokens import Space, TypeSize
from console.widgets.alarm_list import HOLD_MS
from console.widgets.value_table import ValueTable, set_color, set_texts
from pipeline.messages import RISK_LEVELS

if TYPE_CHECKING:
    from pipeline.aggregation.store import AlarmEntry

LEVEL, TIME, CAMERA, RISK, CONFIDENCE, TIMES, STATE, NOTE = range(8)
KEPT = (LEVEL, TIME, CAMERA, STATE)
"""Columns that are never too wide and always there."""
ID_ROLE = Qt.ItemDataRole.UserRole
LEVEL_ROLE = Qt.ItemDataRole.UserRole + 1
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
ROW_HEIGHT = 30
ROWS_MEASURED = 50
BADGE_HEIGHT = 17


class AlarmTable(ValueTable):
    """Lists alarms, newest first.

    Attributes:
        chosen: another alarm is the current one; carries its id, empty for none.
        let_go: newer alarms may come in again; see `holds`.
    """

    chosen = Signal(str)
    let_go = Signal()

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        headers = [""] * (NOTE + 1)
        super().__init__(headers, numbers_from=len(headers), stretch=NOTE, parent=parent)
        self._context = context
        self._entries: dict[str, AlarmEntry] = {}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._filled: dict[str, AlarmEntry] = {}
        self._filled_on = datetime.now().astimezone().date()
        self._titles: dict[int, int] = {}
        self.setHeaderLabels(
            [
                self.tr("Level"),
                self.tr("Time"),
                self.tr("Camera"),
                self.tr("Risk"),
                self.tr("Confidence"),
                self.tr("Seen"),
                self.tr("State"),
                self.tr("Note"),
            ]
        )
        for column in (CONFIDENCE, TIMES):
            self.headerItem().setTextAlignment(column, RIGHT)
        self.setAccessibleName(self.tr("Alarms"))
        self.setItemDelegateForColumn(LEVEL, _BadgeDelegate(context, self))
        # These two share what the others leave: see `_share`.
        for column in (RISK, NOTE):
            self.header().setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        # The others follow their contents after a change; while they do, none takes a new width.
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(0)
        self._settled.timeout.connect(self._share)
        self.header().sectionResized.connect(self._on_resized)
        self._hold = QTimer(self)
        self._hold.setSingleShot(True)
        self._hold.setInterval(HOLD_MS)
        self._hold.timeout.connect(self.let_go)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.header().setMinimumSectionSize(48)
        # By default every row is measured after every change: 75 ms for a thousand.
        self.header().setResizeContentsPrecision(ROWS_MEASURED)
        self.currentItemChanged.connect(lambda _: self.chosen.emit(self.chosen_id()))
        context.theme.changed.connect(self._fill_all)
        context.controller.settings_changed.connect(self._fill_all)

    @property
    def holds(self) -> bool:
        """Whether somebody points at a row, and rows had better not move; for a while at most."""
        return self._hold.isActive()

    def release(self) -> None:
        """Hold no longer."""
        self._hold.stop()

    def viewportEvent(self, event: QEvent) -> bool:
        """Stand still while somebody points at something here."""
        if event.type() in {QEvent.Type.HoverEnter, QEvent.Type.HoverMove}:
            if self._entries:
                self._hold.start()
        elif event.type() is QEvent.Type.HoverLeave and self.holds:
            self.release()
            self.let_go.emit()
        return super().viewportEvent(event)

    def chosen_id(self) -> str:
        """Return the id of the current alarm; empty for none."""
        item = self.currentItem()
        return str(item.data(0, ID_ROLE)) if item is not None else ""

    def entry(self, alarm_id: str) -> AlarmEntry | None:
        """Return an alarm that is in the table."""
        return self._entries.get(alarm_id)

    def entries(self) -> list[AlarmEntry]:
        """Return all alarms of the table, in its order."""
        return list(self._entries.values())

    def choose(self, alarm_id: str) -> bool:
        """Make an alarm the current one; False when it is not in the table."""
        item = self._items.get(alarm_id)
        if item is None:
            return False
        self.setCurrentItem(item)
        self.scrollToItem(item)
        return True

    @Slot()
    def enter(self) -> None:
        """Take the keyboard, with a row chosen."""
        first = self.topLevelItem(0)
        if self.currentItem() is None and first is not None:
            self.setCurrentItem(first)
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_entries(self, entries: Sequence[AlarmEntry]) -> None:
        """Show `entries`; the current alarm stays current as long as it is there.

        Once the reader has scrolled down, rows that come in above move nothing.
        """
        self._entries = {entry.alarm.alarm_id: entry for entry in entries}
        current = self.chosen_id()
        top = self.itemAt(0, 0) if self.verticalScrollBar().value() > 0 else None
        top_id = str(top.data(0, ID_ROLE)) if top is not None else ""
        self.setUpdatesEnabled(False)
        for alarm_id in [alarm_id for alarm_id in self._items if alarm_id not in self._entries]:
            self.takeTopLevelItem(self.indexOfTopLevelItem(self._items.pop(alarm_id)))
            self._filled.pop(alarm_id, None)
        now = datetime.now().astimezone()
        if now.date() != self._filled_on:
            self._filled.clear()
            self._filled_on = now.date()
        for place, (alarm_id, entry) in enumerate(self._entries.items()):
            item = self._items.get(alarm_id)
            if item is None:
                item = self._items[alarm_id] = self._make_item(alarm_id)
                self.insertTopLevelItem(place, item)
            elif self.topLevelItem(place) is not item:
                self.takeTopLevelItem(self.indexOfTopLevelItem(item))
                self.insertTopLevelItem(place, item)
            if self._filled.get(alarm_id) != entry:
                self._fill(item, entry, now)
        self.setUpdatesEnabled(True)
        self._share()
        if top_id in self._items:
            self.scrollToItem(self._items[top_id], self.ScrollHint.PositionAtTop)
        if current and current in self._items and self.chosen_id() != current:
            self.setCurrentItem(self._items[current])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def _on_resized(self, column: int, _before: int, _after: int) -> None:
        if column not in {RISK, NOTE}:
            self._settled.start()

    def _share(self) -> None:
        """Give the risks what they need and the notes the rest, so that no column runs off.

        Where even the risks had no room, what matters less goes: it is told beside the table, too.
        """
        risk = self._wanted(RISK)
        room = self.viewport().width() - sum(self._wanted(column) for column in KEPT)
        least = {NOTE: self._title(NOTE)}
        least |= {column: self._wanted(column) for column in (TIMES, CONFIDENCE)}
        for column, needs in least.items():
            is_left = room - risk >= needs
            if self.isColumnHidden(column) is is_left:
                self.setColumnHidden(column, not is_left)
            room -= needs if is_left else 0
        risk = max(min(risk, room), self.header().minimumSectionSize())
        self.setColumnWidth(RISK, risk)
        if not self.isColumnHidden(NOTE):
            self.setColumnWidth(NOTE, least[NOTE] + max(0, room - risk))

    def _wanted(self, column: int) -> int:
        return max(self.sizeHintForColumn(column), self._title(column))

    def _title(self, column: int) -> int:
        """Return how wide the title of a column is, also of one that is hidden."""
        header = self.header()
        if not self.isColumnHidden(column):
            self._titles[column] = header.sectionSizeHint(column)
        return max(self._titles.get(column, 0), header.minimumSectionSize())

    def _make_item(self, alarm_id: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem()
        item.setData(0, ID_ROLE, alarm_id)
        item.setSizeHint(0, QSize(0, ROW_HEIGHT))
        for column in (CONFIDENCE, TIMES):
            item.setTextAlignment(column, RIGHT)
        return item

    def _fill(self, item: QTreeWidgetItem, entry: AlarmEntry, now: datetime) -> None:
        alarm = entry.alarm
        self._filled[alarm.alarm_id] = entry
        set_texts(
            item,
            (
                alarm_words.level_badge(alarm.risk_level),
                alarm_words.time_of_day(alarm.first_seen, now),
                alarm_words.camera_name(self._context.settings, alarm.camera_id),
                alarm_words.title(alarm),
                alarm_words.confidence(alarm),
                f"{formatting.count(alarm.occurrences)}×",
                alarm_words.entry_state(entry),
                entry.note,
            ),
        )
        for column in (RISK, NOTE):  # cut off where room is short
            tip = plain_tooltip(item.text(column))
            if item.toolTip(column) != tip:
                item.setToolTip(column, tip)
        token = level_token(alarm_words.BADGES[alarm.risk_level])
        if item.data(LEVEL, LEVEL_ROLE) != token:
            item.setData(LEVEL, LEVEL_ROLE, token)
        is_new = entry.state == "new"
        set_color(item, RISK, self._context.theme.color("text_strong" if is_new else "text"))
        set_color(item, STATE, self._context.theme.color("text_strong" if is_new else "text_muted"))
        if item.font(RISK).bold() != is_new:
            item.setFont(RISK, ui_font(TypeSize.BODY, strong=is_new))
            item.setFont(STATE, ui_font(TypeSize.BODY, strong=is_new))

    def _fill_all(self) -> None:
        """Fill the rows anew: colours or names of cameras are others."""
        now = datetime.now().astimezone()
        for alarm_id, entry in self._entries.items():
            self._fill(self._items[alarm_id], entry, now)


class _BadgeDelegate(QStyledItemDelegate):
    """Paints the level as the badge it is elsewhere."""

    def __init__(self, context: ConsoleContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = context.theme
        self._font = ui_font(TypeSize.CAPTION, strong=True)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        # Of the widest: columns stay where they are when an alarm of another level comes.
        metrics = QFontMetrics(self._font)
        width = max(metrics.horizontalAdvance(alarm_words.level_badge(one)) for one in RISK_LEVELS)
        return QSize(width + 2 * Space.XS + 2 * Space.S, ROW_HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        text = str(index.data())
        token = str(index.data(LEVEL_ROLE))
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        plain.text = ""
        widget = plain.widget
        widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, plain, painter, widget)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = QFontMetrics(self._font).horizontalAdvance(text) + 2 * Space.XS
        badge = QRectF(plain.rect.left() + Space.S, 0, width, BADGE_HEIGHT)
        badge.moveTop(plain.rect.center().y() - BADGE_HEIGHT / 2 + 1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(token))
        painter.drawRoundedRect(badge, 3, 3)
        on = f"on_{token}" if token != "text_faint" else "background"
        painter.setPen(self._theme.color(on))
        painter.setFont(self._font)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()
