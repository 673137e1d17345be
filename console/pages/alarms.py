"""The page of alarms: filter, list, picture, what was said, what was made of it, export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QImage, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from console import alarm_words
from console.alarm_exporter import AlarmExporter
from console.broker_words import broker_trouble
from console.context import ConsoleContext
from console.formatting import count
from console.models.alarm_desk import AlarmDesk
from console.theme.tokens import Space
from console.widgets.alarm_details import AlarmDetails
from console.widgets.alarm_filter_bar import AlarmFilterBar
from console.widgets.alarm_table import AlarmTable
from console.widgets.empty_state import EmptyState
from console.widgets.painting import with_role
from console.widgets.section import page_heading
from console.widgets.undo_bar import UndoBar
from console.widgets.unwritten_alarms import UnwrittenAlarms

if TYPE_CHECKING:
    from pipeline.aggregation.store import AlarmEntry, AlarmState, Asked

LISTED: Final = 500
DETAILS_WIDTH: Final = 424
DETAILS_MIN_WIDTH: Final = 336


class AlarmsPage(QWidget):
    """Everything there is about alarms.

    Attributes:
        message: something to tell for a moment: text, and whether it is bad news.
    """

    message = Signal(str, bool)

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._desk = AlarmDesk.of(context)
        self._wanted_id = ""
        self._question = 0
        self._all_asked = False
        self._enters = False
        self._picture_of = ("", "")
        with_role(self, "page")
        self._counts = QLabel()
        self._newer = QPushButton()
        self._newer.setProperty("role", "link")
        self._newer.hide()
        self._filter = AlarmFilterBar(context)
        self._table = AlarmTable(context)
        self._details = AlarmDetails(context)
        self._undo = UndoBar()
        self._exporter = AlarmExporter(context, self._saved_entries, self)
        self._exporter.told.connect(self._undo.tell)
        self._stack = QStackedWidget()
        self._none = self._empty("shield-check")
        self._no_match = self._empty("funnel", self.tr("Show all alarms"))
        self._set_empty_words()
        self._no_match.set_words(
            self.tr("Nothing matches"), self.tr("No alarm is as the filter above wants it.")
        )
        self._no_match.pressed.connect(self._filter.reset)
        self._lay_out()
        self._connect()

    @Slot()
    def _set_empty_words(self) -> None:
        trouble = broker_trouble(self._context)
        text = self.tr(
            "When the assessor finds a risk at or above the alarm level, it is listed here. "
            "All workers must run for that; the alarm level is in the settings."
        )
        if trouble is not None:
            text = self.tr("None can come at present. {0}").format(trouble.text)
        self._none.set_words(self.tr("No alarms yet"), text)

    def _empty(self, icon: str, button: str = "") -> EmptyState:
        return EmptyState(self._context, icon, "", "", button)

    def _lay_out(self) -> None:
        self._export = QPushButton(self.tr("Export"))
        self._context.theme.icons.set_on(self._export, "download-simple")
        menu = QMenu(self._export)
        self._exporter.fill(menu)
        self._export.setMenu(menu)
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        self._again = QPushButton(self.tr("Assess again…"))
        self._again.setToolTip(
            self.tr("Have this list judged by other thresholds, another prompt or model")
        )
        self._again.clicked.connect(self._on_assess_again)
        self._maintenance = QPushButton(self.tr("Maintenance…"))
        self._maintenance.setToolTip(self.tr("Times in which no alarms are raised"))
        self._maintenance.clicked.connect(self._on_maintenance)
        daily = QPushButton(self.tr("Daily counts…"))
        daily.setToolTip(self.tr("Alarms, lines and zones of the last seven days"))
        daily.clicked.connect(self._on_daily)
        # Beside the counts of today: a fourth button with the others is too much for a small window.
        daily.setProperty("role", "link")
        self._counts.setProperty("role", "muted")
        self._counts.setMinimumWidth(1)
        counts = QHBoxLayout()
        counts.setSpacing(Space.M)
        counts.addWidget(self._counts)
        counts.addWidget(daily)
        counts.addWidget(self._newer)
        counts.addStretch(1)
        head.addWidget(page_heading(self.tr("Alarms")), 1, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._maintenance, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._again, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._export, 0, Qt.AlignmentFlag.AlignTop)
        for part in (self._table, self._none, self._no_match):
            self._stack.addWidget(part)
        top = QVBoxLayout()
        top.setSpacing(0)
        top.addLayout(head)
        top.addLayout(counts)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(Space.L, Space.M, Space.L, Space.L)
        column.setSpacing(Space.M)
        column.addLayout(top)
        column.addWidget(self._filter)
        column.addWidget(UnwrittenAlarms(self._context))
        column.addWidget(self._stack, 1)
        # Below: as it comes and goes, the next row stays where it is about to be clicked.
        column.addWidget(self._undo)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(self._details)
        self._details.setMinimumWidth(DETAILS_MIN_WIDTH)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([2_000, DETAILS_WIDTH])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)

    def _connect(self) -> None:
        self._desk.changed.connect(self._on_changed)
        self._context.figures.updated.connect(self._set_empty_words)
        self._desk.failed.connect(self._on_failed)
        self._filter.changed.connect(self._read_all)
        self._filter.done.connect(self._table.enter)
        self._newer.clicked.connect(self._read_all)
        self._table.let_go.connect(self._read)
        self._table.chosen.connect(self._on_chosen)
        self._details.mark_asked.connect(self._on_mark)
        self._details.save_asked.connect(self._on_save_picture)
        self._context.controller.settings_changed.connect(self._filter.reload_cameras)
        self._undo.listen(self)
        shortcut = QShortcut(QKeySequence("Ctrl+Return"), self)
        shortcut.activated.connect(self._on_acknowledge_key)

    # ------------------------------------------------------------------ what others ask for
    def focus_filter(self) -> None:
        """Put the cursor into the filter's text."""
        self._filter.focus_text()

    def enter(self) -> None:
        """Put the focus into the table, as soon as there is an alarm in it; the newest is chosen."""
        self._enters = not self._table.entries()
        if not self._enters:
            self._table.enter()

    def show_alarm(self, alarm_id: str) -> None:
        """Choose an alarm, also where the filter hides it; empty for none in particular."""
        if not alarm_id or self._table.choose(alarm_id):
            return
        self._wanted_id = alarm_id
        if self._filter.is_filtered:
            self._filter.reset()
        else:
            self._read_all()

    def kept(self) -> Any:
        """Return the filter and the alarm that is chosen."""
        return self._filter.kept(), self._table.chosen_id()

    def restore(self, kept: Any) -> None:
        """Take over a filter and a choice."""
        chosen_filter, self._wanted_id = kept
        self._filter.restore(chosen_filter)

    # ------------------------------------------------------------------ reading
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._desk.refresh()
        self._read()

    @Slot()
    def _on_changed(self) -> None:
        if self.isVisible():
            self._read()

    @Slot()
    def _read_all(self) -> None:
        """Read also what is held back while the pointer is over the table."""
        self._table.release()
        self._all_asked = True
        self._read()

    @Slot()
    def _read(self) -> None:
        self._question += 1
        question = self._question
        self._desk.select(
            self._filter.wanted(),
            LISTED,
            lambda entries: self._take(question, entries),
            self._on_failed,
        )

    def _take(self, question: int, entries: list[AlarmEntry]) -> None:
        # The desk outlives the page, and so may an answer.
        if question != self._question or not isValid(self._table):
            return
        entries = self._desk.with_unsaved(entries, self._filter.wanted())
        found = len(entries)
        # Somebody who asked for all has them, also if the pointer is back before the answer.
        holds, self._all_asked = self._table.holds and not self._all_asked, False
        if holds:
            # A new row on top moves all others: a click would hit another alarm than was read.
            entries = [one for one in entries if self._table.entry(one.alarm.alarm_id) is not None]
        held = found - len(entries)
        self._newer.setText(self.tr("Show %Ln newer alarm(s)", "", held))
        self._newer.setVisible(held > 0)
        self._table.set_entries(entries)
        if self._wanted_id:
            self._table.choose(self._wanted_id)
            self._wanted_id = ""
        self._table_or_words(entries)
        self._show_counts(len(entries))
        self._export.setEnabled(bool(entries))
        self._again.setEnabled(bool(entries))
        self._on_chosen(self._table.chosen_id())
        if self._enters and entries and self.isVisible():
            self.enter()

    def _table_or_words(self, entries: list[AlarmEntry]) -> None:
        if entries:
            self._stack.setCurrentWidget(self._table)
        else:
            self._stack.setCurrentWidget(self._no_match if self._filter.is_filtered else self._none)

    def _show_counts(self, listed: int) -> None:
        text = self.tr("{0} today · {1} new").format(
            count(self._desk.today), count(self._desk.unseen)
        )
        if listed == LISTED:
            text += self.tr(" · the newest {0} are listed").format(count(LISTED))
        elif self._filter.is_filtered:
            text += self.tr(" · {0} listed").format(count(listed))
        self._tell(text, wrap=False)

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        self.message.emit(text, True)
        self._tell(text, wrap=True)

    def _tell(self, text: str, *, wrap: bool) -> None:
        """Say something below the heading; a label that wraps takes two lines before it needs to."""
        self._counts.setWordWrap(wrap)
        self._counts.setText(text)

    # ------------------------------------------------------------------ one alarm
    @Slot(str)
    def _on_chosen(self, alarm_id: str) -> None:
        entry = self._table.entry(alarm_id)
        self._details.show_entry(entry)
        # Once it is saved, its picture can be read.
        is_saved = entry is not None and entry.is_saved
        picture = ("", "")
        if entry is not None:
            picture = (alarm_id, entry.alarm.request_id if is_saved else "")
        if picture == self._picture_of:
            return
        self._picture_of = picture
        if entry is not None and not is_saved:
            self._details.show_picture(None)
        elif entry is not None:
            self._desk.picture(alarm_id, lambda image: self._show_picture(picture, image))
            self._desk.asked(alarm_id, lambda asked: self._show_asked(picture, asked))

    def _show_picture(self, picture: tuple[str, str], image: QImage | None) -> None:
        if picture == self._picture_of:
            self._details.show_picture(image)

    def _show_asked(self, picture: tuple[str, str], asked: Asked) -> None:
        if picture == self._picture_of:
            self._details.show_asked(asked)

    @Slot()
    def _on_maintenance(self) -> None:
        from console.widgets.maintenance_dialog import MaintenanceDialog

        MaintenanceDialog(self._context, self).open()

    @Slot()
    def _on_daily(self) -> None:
        from console.widgets.daily_dialog import DailyDialog

        DailyDialog(self._context, self).open()

    @Slot()
    def _on_assess_again(self) -> None:
        from console.widgets.replay_dialog import ReplayDialog

        ReplayDialog(self._context, self._saved_entries(), self).open()

    def _saved_entries(self) -> list[AlarmEntry]:
        return [entry for entry in self._table.entries() if entry.is_saved]

    @Slot(str, str)
    def _on_mark(self, state: str, note: str) -> None:
        entry = self._details.entry
        if entry is not None and entry.is_saved:
            self._mark(entry, cast("AlarmState", state), note)
            # Its button is about to go; the next alarm is one key away.
            self._table.setFocus()

    @Slot()
    def _on_acknowledge_key(self) -> None:
        entry = self._details.entry
        if entry is not None and entry.state == "new":
            self._details.acknowledge()

    def _mark(self, entry: AlarmEntry, state: AlarmState, note: str) -> None:
        alarm_id = entry.alarm.alarm_id

        def done() -> None:
            self._undo.offer(
                self.tr("{0}: {1}").format(
                    alarm_words.title(entry.alarm), alarm_words.state_word(state)
                ),
                lambda: self._desk.mark(alarm_id, entry.state, entry.note, self._read),
            )
            self._read()

        self._desk.mark(alarm_id, state, note, done)

    @Slot()
    def _on_save_picture(self) -> None:
        entry = self._details.entry
        if entry is not None:
            self._exporter.save_picture(entry)
