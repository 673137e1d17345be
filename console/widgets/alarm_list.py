"""The column beside the wall: the newest alarms, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from console import alarm_words, joining
from console.broker_words import broker_trouble
from console.context import ConsoleContext
from console.formatting import count
from console.models.alarm_desk import AlarmDesk
from console.theme.tokens import Space
from console.widgets.alarm_card import AlarmCard
from console.widgets.empty_state import EmptyState
from console.widgets.painting import line, with_role
from console.widgets.undo_bar import UndoBar
from console.widgets.unwritten_alarms import UnwrittenAlarms

if TYPE_CHECKING:
    from pipeline.aggregation.store import AlarmEntry

HEADER_HEIGHT = 36
LATER_MS = 15
SHOWN = 20
"""More are on the page of the alarms."""

HOLD_MS = 20_000
"""How long the list stands still after the pointer moved over it.

A new alarm on top moves all others down: a click on *Acknowledge* then hits another alarm than the
one that was read. Reading a card and deciding takes a while; for no longer, as a pointer may be left
lying there.
"""

NARROW = 256
"""Where the list is narrower, pixels, cards are without their pictures."""

CARDS_AT_A_TIME = 2
"""Making a card takes some 2.5 ms; many at once would be seen as a jerk of the pictures."""


class AlarmList(QWidget):
    """Header, and a card for each of the newest alarms. Never takes the focus by itself.

    Attributes:
        alarm_opened: carries the id of the alarm to show in full; empty for all alarms.
    """

    alarm_opened = Signal(str)

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._desk = AlarmDesk.of(context)
        self._cards: list[AlarmCard] = []
        self._is_whole = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(LATER_MS)
        self._later.timeout.connect(self._show)
        self._hold = QTimer(self)
        self._hold.setSingleShot(True)
        self._hold.setInterval(HOLD_MS)
        self._hold.timeout.connect(self._show)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        with_role(self, "panel")
        self._title = QLabel(self.tr("Alarms"))
        self._title.setProperty("role", "strong")
        self._counts = QLabel()
        self._counts.setProperty("role", "muted")
        self._all = QPushButton()
        self._all.setProperty("role", "link")
        self._all.clicked.connect(lambda: self.alarm_opened.emit(""))
        self._empty = EmptyState(
            context,
            "shield-check",
            self.tr("No alarms"),
            "",
        )
        self._set_empty_words()
        self._problem = QLabel()
        self._problem.setWordWrap(True)
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setProperty("role", "status")
        self._problem.setProperty("level", "danger")
        self._problem.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        self._problem.hide()
        self._newer = QPushButton()
        self._newer.setProperty("role", "link")
        self._newer.clicked.connect(self._let_go)
        self._newer.hide()
        self._undo = UndoBar()
        self._undo.listen(self)
        self._scroll, self._column = self._make_scroll()
        self._lay_out()
        self._desk.changed.connect(self._show)
        context.figures.updated.connect(self._set_empty_words)
        self._desk.picture_ready.connect(self._on_picture)
        self._desk.failed.connect(self._on_failed)
        context.controller.settings_changed.connect(self._show)
        self._show()

    def _make_scroll(self) -> tuple[QScrollArea, QVBoxLayout]:
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        with_role(inside, "panel")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._all, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        scroll.setWidget(inside)
        return scroll, column

    def _lay_out(self) -> None:
        header = QWidget()
        header.setFixedHeight(HEADER_HEIGHT)
        row = QHBoxLayout(header)
        row.setContentsMargins(Space.M, 0, Space.M, 0)
        row.addWidget(self._title)
        row.addStretch(1)
        row.addWidget(self._counts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(header)
        layout.addWidget(line())
        layout.addWidget(self._problem)
        layout.addWidget(self._newer)
        layout.addWidget(UnwrittenAlarms(self._context, Space.M))
        layout.addWidget(self._empty, 1)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self._undo)

    @Slot()
    def _set_empty_words(self) -> None:
        trouble = broker_trouble(self._context)
        text = self.tr("What the assessor finds risky is listed here, with its picture.")
        if trouble is not None:
            text = self.tr("None can come at present. {0}").format(trouble.short)
        self._empty.set_words(self.tr("No alarms"), text)

    @Slot()
    def _show(self) -> None:
        self._problem.hide()
        entries = self._desk.entries[:SHOWN]
        # Cards that are not made yet are no newer alarms: the pointer may be here from the start.
        if self._hold.isActive() and self._is_whole:
            entries = self._as_they_stand()
        held = sum(
            entry.state == "new" for entry in self._desk.entries[:SHOWN] if entry not in entries
        )
        self._newer.setText(self.tr("Show %Ln newer alarm(s)", "", held))
        self._newer.setVisible(held > 0)
        self._show_cards(entries)
        self._all.setText(self.tr("All alarms"))
        self._all.setVisible(len(self._desk.entries) > len(entries))
        self._empty.setVisible(not entries)
        self._scroll.setVisible(bool(entries))
        counts = self.tr("{0} today · {1} new").format(
            count(self._desk.today), count(self._desk.unseen)
        )
        self._counts.setText(counts)
        self.setAccessibleName(joining.named(self._title.text(), counts))

    def _as_they_stand(self) -> tuple[AlarmEntry, ...]:
        """Return the newest state of the alarms that are shown, in the order in which they are."""
        by_id = {entry.alarm.alarm_id: entry for entry in self._desk.entries}
        shown = [card.alarm_id for card in self._cards if not card.isHidden()]
        return tuple(by_id[alarm_id] for alarm_id in shown if alarm_id in by_id)

    @Slot()
    def _let_go(self) -> None:
        self._hold.stop()
        self._show()

    def event(self, event: QEvent) -> bool:
        """Stand still while somebody points at something here."""
        if event.type() in {QEvent.Type.HoverEnter, QEvent.Type.HoverMove}:
            if self._cards:
                self._hold.start()
        elif event.type() is QEvent.Type.HoverLeave and self._hold.isActive():
            self._let_go()
        return super().event(event)

    def _show_cards(self, entries: Sequence[AlarmEntry]) -> None:
        """Bring cards and entries together; cards keep their alarm and move with it."""
        now = datetime.now().astimezone()
        wanted = {entry.alarm.alarm_id for entry in entries}
        by_id = {card.alarm_id: card for card in self._cards if card.alarm_id in wanted}
        spare = [card for card in self._cards if card.alarm_id not in by_id]
        made = 0
        self._is_whole = True
        for place, entry in enumerate(entries):
            card = by_id.get(entry.alarm.alarm_id)
            if card is None and spare:
                card = spare.pop()
            elif card is None and made < CARDS_AT_A_TIME:
                card = self._make_card()
                made += 1
            elif card is None:
                self._later.start()
                self._is_whole = False
                break
            self._put(card, place)
            card.show_entry(entry, now)
            card.set_picture(self._desk.thumbnail(entry))
            card.show()
        for card in spare:
            card.hide()

    def _make_card(self) -> AlarmCard:
        card = AlarmCard(self._context)
        card.open_asked.connect(self.alarm_opened)
        card.acknowledge_asked.connect(self._on_acknowledge)
        card.installEventFilter(self)
        card.set_narrow(narrow=self.width() < NARROW)
        return card

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for card in self._cards:
            card.set_narrow(narrow=self.width() < NARROW)

    def _put(self, card: AlarmCard, place: int) -> None:
        """Place a card, unless it is there already."""
        if place < len(self._cards) and self._cards[place] is card:
            return
        if card in self._cards:
            self._cards.remove(card)
        self._cards.insert(place, card)
        self._column.insertWidget(place, card)

    @Slot(str)
    def _on_acknowledge(self, alarm_id: str) -> None:
        self._desk.mark(alarm_id, "acknowledged", on_done=lambda: self._offer_undo(alarm_id))

    def _offer_undo(self, alarm_id: str) -> None:
        titles = [
            alarm_words.title(entry.alarm)
            for entry in self._desk.entries
            if entry.alarm.alarm_id == alarm_id
        ]
        if titles:
            self._undo.offer(
                self.tr("Acknowledged: {0}").format(titles[0]),
                lambda: self._desk.mark(alarm_id, "new"),
            )

    @Slot(str)
    def _on_picture(self, alarm_id: str) -> None:
        for entry in self._desk.entries:
            if entry.alarm.alarm_id == alarm_id:
                for card in self._cards:
                    if card.alarm_id == alarm_id:
                        card.set_picture(self._desk.thumbnail(entry))

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        self._problem.setText(text)
        self._problem.show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._desk.refresh()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Move between cards with the arrow keys."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            shown = [card for card in self._cards if not card.isHidden()]
            if step is not None and watched in shown:
                place = shown.index(watched) + step
                if 0 <= place < len(shown):
                    shown[place].setFocus(Qt.FocusReason.TabFocusReason)
                    self._scroll.ensureWidgetVisible(shown[place])
                return True
        return False
