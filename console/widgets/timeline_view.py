"""The timeline: what happened to cameras, workers, lag and alarms, and what operators did."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from console import formatting, regional, timeline_words
from console.context import ConsoleContext
from console.supervision.wording import level_token, worker_title
from console.theme.tokens import Space
from console.timeline_keeper import TimelineKeeper
from console.widgets.choice import name_choice
from console.widgets.empty_state import EmptyState
from console.widgets.painting import with_role
from console.widgets.value_table import ValueTable, set_color
from console.window_texts import said
from pipeline.states import WorkerName
from pipeline.timeline.events import Event, Subject

if TYPE_CHECKING:
    from pipeline.timeline.merged import TimelineFilter

TIME, SUBJECT, WHO, WHAT, DETAIL = range(5)
READ_EVERY_S: Final = 2.0
HOUR: Final = timedelta(hours=1)
TROUBLE: Final = "trouble"
SUBJECTS: Final[tuple[Subject, ...]] = ("camera", "worker", "lag", "alarm", "operator")


class TimelineView(QWidget):
    """A filter and the events that pass it, newest first.

    Attributes:
        moment_asked: the log lines of that time are wanted; carries an aware `datetime`.
        alarm_asked: an alarm is wanted; carries its id.
    """

    moment_asked = Signal(object)
    alarm_asked = Signal(str)

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._keeper = TimelineKeeper.of(context)
        self._events: list[Event] = []
        self._read_s = 0.0
        self._is_reading = False
        self._question = 0
        self._span = self._choice(self.tr("Time"))
        self._subject = self._choice(self.tr("About"))
        self._who = self._choice(self.tr("Camera or worker"))
        self._fill_choices()
        self._count = QLabel()
        with_role(self._count, "caption")
        self._lines = QPushButton(self.tr("Log lines of that minute"))
        self._lines.setToolTip(self.tr("Show what was logged then (Enter, or double-click)"))
        self._lines.clicked.connect(self._ask_moment)
        self._alarm = QPushButton(self.tr("Show the alarm"))
        self._alarm.clicked.connect(self._ask_alarm)
        self._table = self._make_table()
        self._stack = QStackedWidget()
        self._empty = EmptyState(
            context,
            "clock-counter-clockwise",
            self.tr("Nothing happened"),
            self.tr(
                "Lost cameras, workers that start, stop or fail, lag, alarms and what operators do "
                "are noted here. Choose a longer time above, or start the workers."
            ),
        )
        self._lay_out()
        context.ticker.figures.connect(self._on_tick)
        context.theme.changed.connect(self._show_events)
        context.controller.settings_changed.connect(self._reload_who)

    def _choice(self, name: str) -> QComboBox:
        box = QComboBox()
        name_choice(box, name)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        return box

    def _fill_choices(self) -> None:
        for text, span in (
            (self.tr("last hour"), HOUR),
            (self.tr("last 24 hours"), 24 * HOUR),
            (self.tr("last 7 days"), 7 * 24 * HOUR),
            (self.tr("last 90 days"), 90 * 24 * HOUR),
        ):
            self._span.addItem(text, span)
        self._subject.addItem(self.tr("everything"), None)
        self._subject.addItem(self.tr("what went wrong"), TROUBLE)
        for subject in SUBJECTS:
            self._subject.addItem(timeline_words.subject_word(subject), subject)
        self._reload_who()
        for box in (self._span, self._subject, self._who):
            box.currentIndexChanged.connect(lambda _: self.read())

    @Slot()
    def _reload_who(self) -> None:
        wanted = self._who.currentData()
        self._who.blockSignals(True)
        self._who.clear()
        self._who.addItem(self.tr("all cameras and workers"), "")
        for camera in self._context.settings.cameras:
            self._who.addItem(camera.name, camera.id)
        for name in WorkerName:
            self._who.addItem(worker_title(name), name.value)
        self._who.setCurrentIndex(max(0, self._who.findData(wanted)))
        self._who.blockSignals(False)
        self._who.currentTextChanged.emit(self._who.currentText())

    def _make_table(self) -> ValueTable:
        table = ValueTable(
            [
                self.tr("Time"),
                self.tr("About"),
                self.tr("Camera, worker or topic"),
                self.tr("What happened"),
                self.tr("Details"),
            ],
            numbers_from=DETAIL + 1,
            stretch=DETAIL,
        )
        table.setAccessibleName(self.tr("Timeline"))
        table.itemActivated.connect(lambda *_: self._ask_moment())
        table.currentItemChanged.connect(lambda *_: self._show_buttons())
        return table

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(Space.M, Space.XS, Space.M, Space.XS)
        bar.setSpacing(Space.S)
        for box in (self._span, self._subject, self._who):
            bar.addWidget(box)
        bar.addStretch(1)
        bar.addWidget(self._count)
        bar.addWidget(self._alarm)
        bar.addWidget(self._lines)
        self._stack.addWidget(self._table)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        below = QVBoxLayout()
        below.setContentsMargins(Space.M, Space.XS, Space.M, Space.M)  # in line with the choices
        below.addWidget(self._stack)
        column.addLayout(below, 1)
        self._show_buttons()

    # ------------------------------------------------------------------ what others ask for
    def focus_filter(self) -> None:
        """Put the cursor into the filter."""
        self._subject.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def kept(self) -> Any:
        """Return what is chosen, for `restore`."""
        return self._span.currentIndex(), self._subject.currentIndex(), self._who.currentData()

    def restore(self, kept: Any) -> None:
        """Choose what another view kept."""
        span, subject, who = kept
        self._span.setCurrentIndex(span)
        self._subject.setCurrentIndex(subject)
        self._who.setCurrentIndex(max(0, self._who.findData(who)))

    def events(self) -> list[Event]:
        """Return the events shown, newest first."""
        return list(self._events)

    # ------------------------------------------------------------------ reading
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.read()

    @Slot()
    def _on_tick(self) -> None:
        is_due = time.monotonic() - self._read_s > READ_EVERY_S
        if self.isVisible() and is_due and not self._is_reading:
            self.read()

    @Slot()
    def read(self) -> None:
        """Read what is wanted anew."""
        self._question += 1
        question = self._question
        self._is_reading = True
        self._read_s = time.monotonic()
        self._keeper.read(
            self._wanted(),
            lambda events: self._take(question, events),
            lambda error: self._on_failed(question, error),
        )

    def _wanted(self) -> TimelineFilter:
        from pipeline.timeline.merged import TimelineFilter

        now = datetime.now().astimezone()
        subject = self._subject.currentData()
        is_trouble = subject == TROUBLE
        return TimelineFilter(
            since=now - self._span.currentData(),
            # A camera's clock may be ahead.
            until=now + HOUR,
            subjects=frozenset({subject} if subject and not is_trouble else ()),
            whats=timeline_words.TROUBLE if is_trouble else frozenset(),
            who=self._who.currentData(),
        )

    def _take(self, question: int, events: list[Event]) -> None:
        if question != self._question:
            return
        self._is_reading = False
        self._count.setText(
            self.tr("{0} events", "", len(events)).format(formatting.count(len(events)))
        )
        self._stack.setCurrentWidget(self._table if events else self._empty)
        if events != self._events:
            self._events = events
            self._show_events()

    def _on_failed(self, question: int, error: Exception) -> None:
        if question == self._question:
            self._is_reading = False
            self._count.setText(self.tr("The timeline cannot be read: {0}").format(said(error)))

    # ------------------------------------------------------------------ showing
    @Slot()
    def _show_events(self) -> None:
        chosen = self._chosen()
        self._table.setUpdatesEnabled(False)
        self._table.set_rows(self._rows())
        for index, event in enumerate(self._events):
            item = self._table.topLevelItem(index)
            assert item is not None
            token = level_token(timeline_words.LEVELS.get(event.what, "off"))
            color = self._context.theme.color("text" if token == "text_faint" else token)
            set_color(item, WHAT, color)
            set_color(item, TIME, self._context.theme.color("text_muted"))
            if event == chosen:
                self._table.setCurrentItem(item)
        self._table.setUpdatesEnabled(True)
        self._show_buttons()

    def _rows(self) -> Sequence[Sequence[str]]:
        settings = self._context.settings
        return [
            (
                regional.day_and_clock(event.at),
                timeline_words.subject_word(event.subject),
                timeline_words.who_words(event, settings),
                timeline_words.what_words(event.what),
                timeline_words.detail_words(event),
            )
            for event in self._events
        ]

    def _chosen(self) -> Event | None:
        item = self._table.currentItem()
        index = self._table.indexOfTopLevelItem(item) if item is not None else -1
        return self._events[index] if 0 <= index < len(self._events) else None

    def _show_buttons(self) -> None:
        event = self._chosen()
        self._lines.setEnabled(event is not None)
        self._alarm.setVisible(event is not None and bool(event.alarm_id))

    @Slot()
    def _ask_moment(self) -> None:
        event = self._chosen()
        if event is not None:
            self.moment_asked.emit(event.at)

    @Slot()
    def _ask_alarm(self) -> None:
        event = self._chosen()
        if event is not None:
            self.alarm_asked.emit(event.alarm_id)
