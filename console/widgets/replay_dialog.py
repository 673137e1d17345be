"""Has stored alarms assessed again, and shows what is said now beside what was said then."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from console import alarm_words, joining
from console.background import in_background
from console.context import ConsoleContext
from console.problem_words import placed_words, problems_by_place
from console.risk_words import risk_word
from console.rule_words import rule_words
from console.save_place import save_dialog
from console.settings_form import FieldSpec, replay_fields
from console.theme.tokens import Space
from console.widgets.dialog_buttons import DialogButtons, MessageBox
from console.widgets.painting import set_property, with_role
from console.widgets.setting_field import SettingField
from console.widgets.value_table import ValueTable, set_color
from console.window_texts import error_words, line, said
from pipeline.paths import shown
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.aggregation.store import AlarmEntry
    from pipeline.replay.run import Row

WIDTH: Final = 1200
HEIGHT: Final = 640
FORM_WIDTH: Final = 520
SHOW_MS: Final = 100
TIME, CAMERA, THEN, NOW, SAID, BEFORE = range(6)


class ReplayDialog(QDialog):
    """Thresholds, or prompt and model, on the left, the outcome on the right.

    What the run before said stands beside it, so that two prompts can be compared.
    """

    def __init__(
        self, context: ConsoleContext, entries: Sequence[AlarmEntry], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._entries = list(entries)
        self._fields = [SettingField(spec, self) for spec in _specs()]
        self._rows: list[Row] = []
        self._run_before: dict[str, Row] = {}
        self._shown = 0
        self._total = 0
        self._without = 0
        self._stop = threading.Event()
        self._is_busy = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Assess again"))
        self.resize(WIDTH, HEIGHT)
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        with_role(self._words, "status")
        self._progress = QProgressBar()
        self._progress.hide()
        self._table = self._make_table()
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setInterval(SHOW_MS)
        self._timer.timeout.connect(self._show_rows)
        context.theme.changed.connect(self._color_rows)
        for field in self._fields:
            field.show(_at(context.settings, field.place))
            field.changed.connect(self._check)
        self._check()

    def _make_table(self) -> ValueTable:
        headers = [
            self.tr("Time"),
            self.tr("Camera"),
            self.tr("Then"),
            self.tr("Now"),
            self.tr("What is said now"),
            self.tr("Run before"),
        ]
        table = ValueTable(headers, numbers_from=len(headers), stretch=SAID)
        table.header().moveSection(BEFORE, NOW)
        table.setColumnHidden(BEFORE, True)
        table.setAccessibleName(self.tr("Verdicts then and now"))
        return table

    def _lay_out(self) -> None:
        form = QWidget()
        rows = QVBoxLayout(form)
        rows.setContentsMargins(0, 0, Space.M, 0)
        for field in self._fields:
            rows.addWidget(field.row)
        rows.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFixedWidth(FORM_WIDTH)
        scroll.setWidget(form)
        right = QVBoxLayout()
        right.setSpacing(Space.S)
        right.addWidget(self._words)
        right.addWidget(self._table, 1)
        right.addWidget(self._progress)
        middle = QHBoxLayout()
        middle.setSpacing(Space.L)
        middle.addWidget(scroll)
        middle.addLayout(right, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addLayout(middle, 1)
        column.addLayout(self._make_buttons())

    def _make_buttons(self) -> QHBoxLayout:
        buttons = DialogButtons(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        self._start = QPushButton(self.tr("Assess"))
        self._start.setProperty("role", "primary")
        self._start.clicked.connect(self._ask)
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.clicked.connect(self._stop.set)
        self._save = QPushButton(self.tr("Save as a table…"))
        self._save.setEnabled(False)
        self._save.clicked.connect(self._ask_where)
        # Not in the box: it puts a button that was hidden behind the others.
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addStretch(1)
        for button in (self._start, self._cancel, self._save):
            button.setAutoDefault(False)
            row.addWidget(button)
        self._cancel.hide()
        row.addWidget(buttons)
        return row

    # ------------------------------------------------------------------ what is wanted
    def _typed(self) -> Settings:
        """Return the settings with what is typed here.

        Raises:
            ValidationError: it cannot be used.
        """
        table = self._context.settings.model_dump()
        for field in self._fields:
            part: Any = table
            for name in field.place[:-1]:
                part = part[name]
            typed = field.typed()
            part[field.place[-1]] = None if field.place[-1] == "prompt" and not typed else typed
        return Settings.model_validate(table)

    @Slot()
    def _check(self) -> None:
        """Show problems at their fields; say what would be done."""
        problems: dict[tuple[str, ...], str] = {}
        try:
            self._typed()
        except ValidationError as error:
            problems = problems_by_place(error)
        judge = next(field for field in self._fields if field.place[-1] == "assessor").typed()
        for field in self._fields:
            field.row.set_problem(problems.pop(field.place, ""))
            field.row.setVisible(field.place[1] in {"assessor", judge})
        usable = not any(field.row.problem for field in self._fields) and not problems
        self._start.setEnabled(usable and not self._is_busy and bool(self._entries))
        if self._is_busy or self._rows:
            return
        if problems:
            self._say(placed_words(problems), "danger")
        else:
            text = self.tr(
                "Assesses the listed alarms ({0}) as set here; what is stored stays as it is."
            )
            self._say(text.format(len(self._entries)), "")

    @Slot()
    def _ask(self) -> None:
        """Begin, after a question where a model is asked: that may cost money."""
        settings = self._typed()
        if settings.scheduler.assessor == "rules":
            self._begin(settings)
            return
        llm = settings.scheduler.llm
        box = MessageBox(
            QMessageBox.Icon.Question,
            self.tr("Send to the model?"),
            self.tr(
                "Up to {0} requests with pictures go to {1} at {2}. That may cost money.",
                "",
                len(self._entries),
            ).format(len(self._entries), llm.model, llm.base_url),
            QMessageBox.StandardButton.Cancel,
            self,
        )
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        send = box.addButton(self.tr("Send"), QMessageBox.ButtonRole.AcceptRole)
        send.clicked.connect(lambda: self._begin(settings))
        box.open()

    # ------------------------------------------------------------------ the work
    def _begin(self, settings: Settings) -> None:
        self._run_before = {row.case.entry.alarm.alarm_id: row for row in self._rows}
        self._table.setColumnHidden(BEFORE, not self._run_before)
        self._rows, self._shown, self._total, self._without = [], 0, 0, 0
        self._table.clear()
        self._stop.clear()
        self._set_busy(True)
        self._say(self.tr("Reading what was asked then…"), "info")
        entries, rows, stop = self._entries, self._rows, self._stop

        def work() -> None:
            from pipeline.aggregation.database import database_path
            from pipeline.aggregation.store import AlarmReader
            from pipeline.replay.cases import find_case
            from pipeline.replay.run import for_replay, replay

            with AlarmReader(database_path(settings.aggregator)) as reader:
                found = [find_case(reader, entry) for entry in entries if not stop.is_set()]
            cases = [case for case in found if case is not None]
            self._total, self._without = len(cases), len(found) - len(cases)
            if cases:
                replay(cases, for_replay(settings.scheduler), rows.append, stop)

        in_background(self, work, self._on_done, self._on_failed, own_thread=True)

    def _on_done(self, _: None) -> None:
        self._set_busy(False)
        self._show_rows()
        same = sum(row.is_same for row in self._rows)
        failed = sum(bool(row.error) for row in self._rows)
        text = self.tr("{0} assessed: {1} as then, {2} different, {3} not possible.").format(
            len(self._rows), same, len(self._rows) - same - failed, failed
        )
        if self._without:
            without = self.tr("Of {0} it is not stored what was asked.").format(self._without)
            text = joining.one_after_another((text, without))
        if self._stop.is_set():
            text = joining.one_after_another((self.tr("Cancelled."), text))
        self._say(text, "danger" if failed else "ok")

    def _on_failed(self, error: Exception) -> None:
        self._set_busy(False)
        self._show_rows()
        self._say(self.tr("It could not be done: {0}").format(error_words(error)), "danger")

    def _set_busy(self, busy: bool) -> None:
        self._is_busy = busy
        self._start.setVisible(not busy)
        self._cancel.setVisible(busy)
        self._progress.setVisible(busy)
        self._progress.setRange(0, 0)
        self._save.setEnabled(not busy and bool(self._rows))
        if busy:
            self._timer.start()
        else:
            self._timer.stop()
        self._check()

    @Slot()
    def _show_rows(self) -> None:
        """Add what has come since the last time."""
        if self._total:
            self._progress.setRange(0, self._total)
            self._progress.setValue(len(self._rows))
        for row in self._rows[self._shown :]:
            self._add(row)
        self._shown = len(self._rows)
        self._color_rows()

    def _add(self, row: Row) -> None:
        alarm = row.case.entry.alarm
        before = self._run_before.get(alarm.alarm_id)
        item = self._table.make_item()
        for column, text in enumerate(
            (
                alarm_words.time_of_day(alarm.first_seen, datetime.now().astimezone()),
                alarm_words.camera_name(self._context.settings, alarm.camera_id),
                risk_word(row.before),
                risk_word(row.after or "not_assessed"),
                _said_now(row) or self.tr("No risk."),
                risk_word(before.after or "not_assessed") if before is not None else "",
            )
        ):
            item.setText(column, text)
        item.setToolTip(SAID, f"{alarm_words.said(alarm)}\n→ {_said_now(row)}")
        if before is not None:
            item.setToolTip(BEFORE, _said_now(before))
        self._table.addTopLevelItem(item)

    @Slot()
    def _color_rows(self) -> None:
        for place, row in enumerate(self._rows[: self._shown]):
            item = self._table.topLevelItem(place)
            assert item is not None
            before = self._run_before.get(row.case.entry.alarm.alarm_id)
            is_same = row.after == (before.after if before is not None else row.before)
            token = "text_muted" if is_same else "danger" if row.after is None else "warning"
            set_color(item, NOW, self._context.theme.color(token))

    def _say(self, text: str, level: str) -> None:
        self._words.setText(text)
        set_property(self._words, "level", level)

    # ------------------------------------------------------------------ the table, and the end
    @Slot()
    def _ask_where(self) -> None:
        title = self.tr("Save as a table")
        dialog = save_dialog(self, title, "signalbox-replay.csv", self.tr("Table (*.csv)"))
        dialog.fileSelected.connect(self._save_table)
        dialog.open()

    @Slot(str)
    def _save_table(self, path: str) -> None:
        rows = list(self._rows)

        def work() -> None:
            from pipeline.replay.table import write_csv

            write_csv(rows, Path(path))

        in_background(
            self,
            work,
            lambda _: self._say(self.tr("Saved: {0}").format(shown(Path(path))), "ok"),
            lambda error: self._say(
                self.tr("Nothing was saved: {0}. Choose a folder you may write to.").format(
                    said(error)
                ),
                "danger",
            ),
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        """Give up what is under way."""
        self._stop.set()
        super().closeEvent(event)

    def reject(self) -> None:
        """Esc gives up what is under way, too."""
        self._stop.set()
        super().reject()


def _said_now(row: Row) -> str:
    is_rules = row.model.startswith("rules")
    return line(row.error) or (rule_words(row.description) if is_rules else row.description)


def _specs() -> tuple[FieldSpec, ...]:
    return replay_fields()


def _at(settings: Settings, place: tuple[str, ...]) -> Any:
    value: Any = settings
    for name in place:
        value = getattr(value, name)
    return value
