"""What was counted on each of the last seven days, camera by camera."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from console import alarm_words, regional
from console.background import in_background
from console.context import ConsoleContext
from console.daily_counts import CountRow, counter_words, last_days, rows_of, write_counts
from console.formatting import count
from console.models.alarm_desk import AlarmDesk
from console.save_place import save_dialog
from console.theme.fonts import ui_font
from console.theme.tokens import Space, TypeSize
from console.widgets.dialog_buttons import DialogButtons
from console.widgets.empty_state import EmptyState
from console.widgets.painting import set_property, with_role
from console.widgets.value_table import ValueTable, set_color
from console.window_texts import said
from pipeline.paths import shown

if TYPE_CHECKING:
    from pipeline.aggregation.store import AlarmReader, DailyCount

WIDTH: Final = 980
HEIGHT: Final = 520
READ_MS: Final = 5_000
"""Lines and zones are counted all the time."""

CAMERA, WHAT, FIRST_DAY = range(3)


class DailyDialog(QDialog):
    """A table that is read anew while it is open, and can be saved."""

    def __init__(self, context: ConsoleContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._desk = AlarmDesk.of(context)
        self._days: tuple[date, ...] = ()
        self._rows: list[CountRow] = []
        self._has_failed = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Daily counts"))
        self.resize(WIDTH, HEIGHT)
        intro = QLabel(
            self.tr(
                "Alarms and crossings by the day on which they were captured. Levels are those of "
                "the alarms that are still kept."
            )
        )
        intro.setWordWrap(True)
        self._table = self._make_table()
        self._none = EmptyState(
            context,
            "list-bullets",
            self.tr("Nothing was counted in these seven days"),
            self.tr(
                "Alarms are counted here, and what crosses the counting lines and enters the zones "
                "that are drawn on the page of the cameras."
            ),
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self._none)
        self._stack.addWidget(self._table)
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        with_role(self._words, "status")
        self._words.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(intro)
        column.addWidget(self._stack, 1)
        column.addWidget(self._words)
        column.addWidget(self._make_buttons())
        self._timer = QTimer(self)
        self._timer.setInterval(READ_MS)
        self._timer.timeout.connect(self._read)
        self._timer.start()
        self._desk.changed.connect(self._read)
        context.theme.changed.connect(self._show_rows)
        context.controller.settings_changed.connect(self._read)
        self._read()

    def _make_table(self) -> ValueTable:
        days = last_days(datetime.now().astimezone().date())
        headers = [self.tr("Camera"), self.tr("Counted"), *[""] * len(days), self.tr("Total")]
        table = ValueTable(headers, numbers_from=FIRST_DAY, stretch=WHAT)
        table.setAccessibleName(self.tr("Daily counts"))
        return table

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = DialogButtons(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        self._save = QPushButton(self.tr("Save as a table…"))
        self._save.setAutoDefault(False)
        self._save.setEnabled(False)
        self._save.clicked.connect(self._ask_where)
        buttons.addButton(self._save, QDialogButtonBox.ButtonRole.ActionRole)
        return buttons

    # ------------------------------------------------------------------ reading
    @Slot()
    def _read(self) -> None:
        # The day may have changed while this is open.
        days = last_days(datetime.now().astimezone().date())
        settings = self._context.settings

        def question(reader: AlarmReader) -> list[CountRow]:
            counts: list[DailyCount] = [
                *reader.daily(days[0], days[-1]),
                *reader.daily_levels(days[0], days[-1]),
            ]
            return rows_of(counts, days, settings)

        self._desk.ask(question, lambda rows: self._take(days, rows), self._on_failed, self)

    def _take(self, days: tuple[date, ...], rows: list[CountRow]) -> None:
        self._days, self._rows = days, rows
        if self._has_failed:
            self._has_failed = False
            self._words.hide()
        self._show_rows()

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        self._has_failed = True
        self._say(text, "danger")

    def _say(self, text: str, level: str) -> None:
        set_property(self._words, "level", level)
        self._words.setText(text)
        self._words.show()

    @Slot()
    def _show_rows(self) -> None:
        self._save.setEnabled(bool(self._rows))
        self._stack.setCurrentWidget(self._table if self._rows else self._none)
        for place, day in enumerate(self._days):
            self._table.headerItem().setText(FIRST_DAY + place, self._day_word(day))
        self._table.set_rows(self._texts())
        faint = self._context.theme.color("text_faint")
        plain = self._context.theme.color("text")
        total = FIRST_DAY + len(self._days)
        for index, row in enumerate(self._rows):
            item = self._table.topLevelItem(index)
            if item is None:
                continue
            for place, amount in enumerate(row.amounts):
                set_color(item, FIRST_DAY + place, plain if amount else faint)
            item.setFont(total, ui_font(TypeSize.BODY, strong=True, tabular=True))

    def _day_word(self, day: date) -> str:
        if day == self._days[-1]:
            return self.tr("Today")
        text = self.tr("{0} {1}", "weekday, day of the month")
        return text.format(regional.weekday(day), day.day)

    def _texts(self) -> Sequence[Sequence[str]]:
        settings = self._context.settings
        return [
            (
                alarm_words.camera_name(settings, row.camera_id),
                counter_words(row.name),
                *(count(amount) for amount in (*row.amounts, row.total)),
            )
            for row in self._rows
        ]

    # ------------------------------------------------------------------ saving
    @Slot()
    def _ask_where(self) -> None:
        name = f"signalbox-daily-{self._days[-1].isoformat()}.csv"
        dialog = save_dialog(self, self.tr("Save as a table"), name, self.tr("Table (*.csv)"))
        dialog.fileSelected.connect(self._save_table)
        dialog.open()

    @Slot(str)
    def _save_table(self, path: str) -> None:
        rows, days, settings = list(self._rows), self._days, self._context.settings
        in_background(
            self,
            lambda: write_counts(rows, days, settings, Path(path)),
            lambda _: self._say(self.tr("Saved: {0}").format(shown(Path(path))), "ok"),
            lambda error: self._say(
                self.tr("Nothing was saved: {0}. Choose a folder you may write to.").format(
                    said(error)
                ),
                "danger",
            ),
        )
