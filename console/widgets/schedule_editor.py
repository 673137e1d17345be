"""Edits the times of the day in which a camera is detected otherwise, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any, Final

from PySide6.QtCore import QTime, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from console.context import ConsoleContext
from console.theme.tokens import Space
from console.widgets.painting import indent_text, with_role
from pipeline.settings_cameras import ScheduleSettings

TIME_FORMAT: Final = "HH:mm"
NUMBER_WIDTH: Final = 52
NIGHT: Final = (time(22), time(6))
OFF, OTHER = range(2)


class ScheduleEditor(QWidget):
    """Rows of times; what is typed is checked by whoever owns the form.

    Attributes:
        changed: something was typed.
    """

    changed = Signal()

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._rows: list[_Row] = []
        title = QLabel(self.tr("Schedule of every day"))
        with_role(title, "caption")
        self._none = QLabel(self.tr("The same rules hold day and night."))
        self._none.setProperty("role", "muted")
        self._add = QPushButton(self.tr("Add a time"))
        self._add.setAutoDefault(False)
        context.theme.icons.set_on(self._add, "plus")
        self._add.clicked.connect(self._on_add)
        self._problem = QLabel()
        self._problem.setWordWrap(True)
        with_role(self._problem, "status", "danger")
        self._column = QVBoxLayout()
        self._column.setSpacing(Space.XS)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self._add)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(Space.XS)
        outer.addLayout(head)
        outer.addWidget(self._none)
        outer.addLayout(self._column)
        outer.addWidget(self._problem)
        self.set_problem("")

    def set_schedule(self, schedule: Sequence[ScheduleSettings]) -> None:
        """Show the entries of a camera."""
        for row in list(self._rows):
            self._drop(row)
        for entry in schedule:
            self._insert(entry)

    def typed(self) -> list[dict[str, Any]]:
        """Return what is typed, as tables that `CameraSettings` checks."""
        return [row.typed() for row in self._rows]

    def set_problem(self, text: str) -> None:
        """Show what is wrong with the entries; empty for nothing."""
        self._problem.setText(text)
        self._problem.setVisible(bool(text))

    @Slot()
    def _on_add(self) -> None:
        begin, end = NIGHT
        row = self._insert(ScheduleSettings(begin=begin, end=end, detect=False))
        row.setFocus()
        self.changed.emit()

    def _insert(self, entry: ScheduleSettings) -> _Row:
        row = _Row(self._context, entry)
        row.changed.connect(self.changed)
        row.removed.connect(lambda: self._on_removed(row))
        self._rows.append(row)
        self._column.addWidget(row)
        self._none.hide()
        return row

    def _on_removed(self, row: _Row) -> None:
        self._drop(row)
        self._add.setFocus()
        self.changed.emit()

    def _drop(self, row: _Row) -> None:
        self._rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._none.setVisible(not self._rows)


class _Row(QWidget):
    """One entry."""

    changed = Signal()
    removed = Signal()

    def __init__(self, context: ConsoleContext, entry: ScheduleSettings) -> None:
        super().__init__()
        self._begin, self._end = self._time(entry.begin), self._time(entry.end)
        self._begin.setAccessibleName(self.tr("From"))
        self._end.setAccessibleName(self.tr("Until"))
        self._action = QComboBox()
        self._action.addItems([self.tr("no detection"), self.tr("detect with")])
        self._action.setAccessibleName(self.tr("What is different"))
        self._action.setCurrentIndex(OTHER if entry.detect else OFF)
        self._rate = self._number(entry.detections_per_second, self.tr("Rate"))
        self._rate.setToolTip(self.tr("Detections per second; empty: as usual"))
        self._confidence = self._number(entry.confidence, self.tr("Confidence"))
        self._confidence.setToolTip(self.tr("Lowest confidence, 0 to 1; empty: as usual"))
        remove = QPushButton()
        remove.setAutoDefault(False)
        remove.setAccessibleName(self.tr("Remove this time"))
        remove.setToolTip(self.tr("Remove this time"))
        context.theme.icons.set_on(remove, "trash")
        remove.clicked.connect(self.removed)
        self._action.currentIndexChanged.connect(self._on_action)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        row.addWidget(self._begin)
        row.addWidget(QLabel("–"))
        row.addWidget(self._end)
        row.addWidget(self._action, 1)
        # The unit stands beside the number: a hint in the field would be gone once it is filled.
        for field, text in ((self._rate, self.tr("/s")), (self._confidence, self.tr("conf."))):
            unit = QLabel(text)
            with_role(unit, "muted")
            row.addWidget(field)
            row.addWidget(unit)
        row.addWidget(remove)
        self.setFocusProxy(self._begin)
        self._show_numbers()

    def typed(self) -> dict[str, Any]:
        """Return the entry as it is typed."""
        table: dict[str, Any] = {
            "begin": self._begin.time().toString(TIME_FORMAT),
            "end": self._end.time().toString(TIME_FORMAT),
            "detect": self._action.currentIndex() == OTHER,
        }
        if table["detect"]:
            for name, field in (
                ("detections_per_second", self._rate),
                ("confidence", self._confidence),
            ):
                if field.text().strip():
                    table[name] = field.text().strip()
        return table

    def _time(self, value: time) -> QTimeEdit:
        field = QTimeEdit(QTime(value.hour, value.minute))
        field.setDisplayFormat(TIME_FORMAT)
        indent_text(field)
        field.timeChanged.connect(self.changed)
        return field

    def _number(self, value: float | None, name: str) -> QLineEdit:
        field = QLineEdit("" if value is None else f"{value:g}")
        field.setPlaceholderText("–")
        field.setAccessibleName(name)
        field.setFixedWidth(NUMBER_WIDTH)
        field.textChanged.connect(self.changed)
        return field

    @Slot()
    def _on_action(self) -> None:
        self._show_numbers()
        self.changed.emit()

    def _show_numbers(self) -> None:
        for field in (self._rate, self._confidence):
            field.setEnabled(self._action.currentIndex() == OTHER)
