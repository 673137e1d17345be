"""One alarm in full: its picture, what the assessor said, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from console import alarm_words, asked_words, formatting, regional
from console.context import ConsoleContext
from console.theme.tokens import Space
from console.widgets.alarm_table import BADGE_HEIGHT
from console.widgets.empty_state import EmptyState
from console.widgets.evidence_view import EvidenceView
from console.widgets.painting import set_property, with_role

if TYPE_CHECKING:
    from pipeline.aggregation.situations import Alarm
    from pipeline.aggregation.store import AlarmEntry, Asked

NOTE_LENGTH = 500
PICTURE_SHAPE = 0.75
"""Height by width of the place for the picture."""

SMALLEST_PICTURE = 120
USUAL_LINES = 16
"""Of text below the picture: what the assessor said, in up to five lines, and the facts.

The picture leaves room for as many, however many an alarm has: from one alarm to the next, nothing
changes its place but what follows a longer text.
"""


class AlarmDetails(QWidget):
    """Shows one alarm, or asks to choose one.

    Attributes:
        mark_asked: carries the state that the alarm shall have, and the note.
        save_asked: the picture shall be saved.
    """

    mark_asked = Signal(str, str)
    save_asked = Signal()

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._entry: AlarmEntry | None = None
        with_role(self, "panel")
        self.picture = EvidenceView(context.theme)
        self._badge = QLabel()
        self._badge.setProperty("role", "badge")
        self._badge.setFixedHeight(BADGE_HEIGHT)
        self._title = QLabel()
        self._title.setProperty("role", "title")
        self._title.setWordWrap(True)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._said = self._selectable(QLabel())
        self._facts = {
            name: self._selectable(QLabel())
            for name in ("camera", "first", "last", "group", "sure", "by", "how", "asked", "state")
        }
        self._note = QLineEdit()
        self._note.setMaxLength(NOTE_LENGTH)
        self._note.setAccessibleName(self.tr("Note"))
        self._note.returnPressed.connect(self._on_note_entered)
        self._acknowledge = self._button(self.tr("Acknowledge"), "acknowledged", "primary")
        self._false = self._button(self.tr("False alarm"), "false_alarm")
        self._reopen = self._button(self.tr("Mark as new"), "new", "link")
        # Hidden ones keep their row, so that nothing below the pointer changes its place.
        kept = self._acknowledge.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self._acknowledge.setSizePolicy(kept)
        self._save_note = QPushButton(self.tr("Save note"))
        self._save_note.clicked.connect(self._on_note_entered)
        self._note.textChanged.connect(self._show_buttons)
        self._save = QToolButton()
        context.theme.icons.set_on(self._save, "download-simple")
        self._save.setToolTip(self.tr("Save the picture"))
        self._save.setAccessibleName(self.tr("Save the picture"))
        self._save.clicked.connect(self.save_asked)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(
            EmptyState(
                context,
                "cursor",
                self.tr("No alarm chosen"),
                self.tr("Its picture and what was said about it are shown here."),
            )
        )
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._full())
        self._scroll.viewport().installEventFilter(self)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head())
        column.addWidget(self._scroll, 1)
        column.addWidget(self._actions())
        self._stack.addWidget(whole)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the picture its place whenever the room for it changes."""
        if event.type() == QEvent.Type.Resize and watched is self._scroll.viewport():
            self._place_picture()
            # The bar lies in the margin: nothing is broken anew because a text needs one.
            bar = self._scroll.width() - self._scroll.viewport().width()
            self._body.setContentsMargins(Space.L, Space.S, Space.L - bar, Space.S)
        return super().eventFilter(watched, event)

    def _place_picture(self) -> None:
        lines = USUAL_LINES * (self.fontMetrics().lineSpacing() + Space.XS)
        room = self._scroll.viewport().height() - lines - Space.XL
        largest = round(self.width() * PICTURE_SHAPE)
        self.picture.setFixedHeight(max(SMALLEST_PICTURE, min(room, largest)))

    @property
    def entry(self) -> AlarmEntry | None:
        """The alarm shown."""
        return self._entry

    @staticmethod
    def _selectable(label: QLabel) -> QLabel:
        label.setWordWrap(True)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        # What an assessor wrote is shown as it is, never as markup.
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def _button(self, text: str, state: str, role: str = "") -> QPushButton:
        button = QPushButton(text)
        if role:
            button.setProperty("role", role)
        button.clicked.connect(lambda: self.mark_asked.emit(state, self._note.text()))
        return button

    def _head(self) -> QWidget:
        """Return what is always in the same place, however long the texts of an alarm are."""
        holder = QWidget()
        with_role(holder, "panel")
        head = QHBoxLayout(holder)
        head.setContentsMargins(Space.L, Space.M, Space.L, 0)
        head.setSpacing(Space.S)
        head.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self._title, 1)
        head.addWidget(self._save, 0, Qt.AlignmentFlag.AlignTop)
        return holder

    def _full(self) -> QWidget:
        holder = QWidget()
        with_role(holder, "panel")
        form = QGridLayout()
        form.setColumnStretch(1, 1)
        form.setHorizontalSpacing(Space.L)
        form.setVerticalSpacing(Space.XS)
        for row, (name, text) in enumerate(
            (
                ("camera", self.tr("Camera")),
                ("first", self.tr("First seen")),
                ("last", self.tr("Last seen")),
                ("group", self.tr("Group")),
                ("sure", self.tr("Confidence")),
                ("by", self.tr("Judged by")),
                ("how", self.tr("How")),
                ("asked", self.tr("Was asked")),
                ("state", self.tr("State")),
            )
        ):
            label = QLabel(text)
            label.setProperty("role", "muted")
            label.setContentsMargins(0, 1, 0, 0)  # on the base line of the larger text beside it
            form.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            form.addWidget(self._facts[name], row, 1)
        said = QLabel(self.tr("What the assessor said"))
        said.setProperty("role", "muted")
        self._body = QVBoxLayout(holder)
        self._body.setSpacing(Space.S)
        self._body.addWidget(self.picture)
        self._body.addSpacing(Space.XS)
        self._body.addWidget(said)
        self._body.addWidget(self._said)
        self._body.addSpacing(Space.XS)
        self._body.addLayout(form)
        self._body.addStretch(1)
        return holder

    def _actions(self) -> QWidget:
        """Return what is done about the alarm; in sight also where the rest is scrolled."""
        holder = QWidget()
        with_role(holder, "panel")
        buttons = QHBoxLayout()
        buttons.setSpacing(Space.S)
        for button in (self._acknowledge, self._false, self._reopen):
            buttons.addWidget(button)
        buttons.addStretch(1)
        note = QHBoxLayout()
        note.setSpacing(Space.S)
        note.addWidget(self._note, 1)
        note.addWidget(self._save_note)
        column = QVBoxLayout(holder)
        column.setContentsMargins(Space.L, Space.S, Space.L, Space.L)
        column.setSpacing(Space.S)
        column.addLayout(note)
        column.addLayout(buttons)
        return holder

    def show_entry(self, entry: AlarmEntry | None) -> None:
        """Show another alarm, or newer facts of the same; a note being written is kept."""
        before, self._entry = self._entry, entry
        self._stack.setCurrentIndex(0 if entry is None else 1)
        if entry is None:
            return
        alarm = entry.alarm
        is_same = before is not None and before.alarm.alarm_id == alarm.alarm_id
        if not is_same or (before is not None and self._note.text() == before.note):
            self._note.setText(entry.note)
        if not is_same:
            self.picture.show_image(None, self.tr("Loading the picture…"))
            self._facts["how"].setText("–")
            self._facts["asked"].setText("–")
        self._badge.setText(alarm_words.level_badge(alarm.risk_level))
        set_property(self._badge, "level", alarm_words.BADGES[alarm.risk_level])
        self._title.setText(alarm_words.title(alarm))
        self._said.setText(alarm_words.said(alarm) or self.tr("Nothing."))
        texts = {
            "camera": alarm_words.camera_name(self._context.settings, alarm.camera_id),
            "first": regional.day_and_clock(alarm.first_seen),
            "last": self._last_seen(alarm),
            "group": str(alarm.group_index),
            "sure": alarm_words.confidence(alarm),
            "by": alarm_words.assessor(alarm),
            "state": alarm_words.entry_state(entry),
        }
        for name, text in texts.items():
            self._facts[name].setText(text)
        self._show_buttons()

    def _last_seen(self, alarm: Alarm) -> str:
        when = regional.day_and_clock(alarm.last_seen)
        if alarm.occurrences == 1:
            return self.tr("{0} (seen once)").format(when)
        lasted = (alarm.last_seen - alarm.first_seen).total_seconds()
        return self.tr("{0} (after {1}, seen {2}×)").format(
            when, formatting.seconds(lasted), formatting.count(alarm.occurrences)
        )

    def show_asked(self, asked: Asked) -> None:
        """Show what the assessor was told about the alarm shown, and how it answered."""
        if self._entry is None:
            return
        answer = asked_words.answered_by(asked.result)
        self._facts["how"].setText(answer or self.tr("Not kept any more."))
        group = asked.result.group_index if asked.result else self._entry.alarm.group_index
        self._facts["asked"].setText(asked_words.asked_words(asked, group))

    def show_picture(self, image: QImage | None) -> None:
        """Show the evidence of the alarm; None when there is none."""
        self._save.setEnabled(image is not None)
        if image is None:
            text = self.tr("This alarm has no picture, or its file is gone.")
            if self._entry is not None and not self._entry.is_saved:
                text = self.tr("Its picture can be seen once the alarm is saved.")
            self.picture.show_image(None, text)
            return
        self.picture.show_image(image, self.tr("Evidence: {0}").format(self._title.text()))

    def acknowledge(self) -> None:
        """Do as if the button was pressed."""
        self._acknowledge.click()

    @Slot()
    def _show_buttons(self) -> None:
        entry = self._entry
        if entry is None:
            return
        # What is not in the store cannot be marked there.
        self._note.setEnabled(entry.is_saved)
        self._note.setPlaceholderText(
            self.tr("Note (kept with the alarm)")
            if entry.is_saved
            else self.tr("Can be acknowledged once it is saved")
        )
        for button in (self._acknowledge, self._false):
            button.setVisible(entry.is_saved)
        # Switched off, not hidden: a second click would meet what came into its place.
        self._acknowledge.setEnabled(entry.state == "new")
        self._false.setEnabled(entry.state != "false_alarm")
        self._reopen.setVisible(entry.is_saved and entry.state != "new")
        self._save_note.setVisible(entry.state != "new" and self._note.text() != entry.note)

    @Slot()
    def _on_note_entered(self) -> None:
        """Enter in the note acknowledges a new alarm; otherwise it keeps the note."""
        if self._entry is None:
            return
        state = "acknowledged" if self._entry.state == "new" else self._entry.state
        self.mark_asked.emit(state, self._note.text())
