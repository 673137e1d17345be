"""Everything there is about one worker: state, trouble, latency, counters, history, settings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TypeVar

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console import formatting, regional
from console.context import ConsoleContext
from console.key_words import LEVELS as LEVELS_OF_KEYS
from console.key_words import condition_words, usage_words
from console.pipeline_words import (
    figure_order,
    figure_word,
    gauge_words,
    setting_value,
    setting_word,
)
from console.settings_form import choice_words
from console.supervision.wording import LEVELS, clock, state_word, worker_title
from console.supervision.worker_settings import SECTIONS, worker_settings
from console.theme.icons import BESIDE_TEXT
from console.theme.tokens import Space, TypeSize
from console.widgets.elided_label import ElidedLabel
from console.widgets.latency_histogram import LatencyHistogram
from console.widgets.painting import with_role
from console.widgets.section import Section
from console.widgets.status_lamp import StatusLamp
from console.widgets.value_table import ValueTable, set_color
from console.window_texts import line, sentence, shown
from pipeline.settings import Settings
from pipeline.states import ENDED, WorkerName, WorkerState
from pipeline.texts import JOINT

KEYS_HEIGHT = 128
TABLE_HEIGHT = 144
"""So that a worker is shown whole in a window of 1440x900, pixels."""
WIDE = 2000
"""From here on two columns put the figures too far from their names, pixels."""

Value = TypeVar("Value")
PERCENTILES = (0.5, 0.95, 0.99)


class WorkerDetails(QWidget):
    """Shows one worker in detail.

    Attributes:
        log_asked: carries the `WorkerName` whose log is wanted.
    """

    log_asked = Signal(object)

    def __init__(
        self,
        name: WorkerName,
        context: ConsoleContext,
        parent: QWidget | None = None,
        *,
        narrow: bool = False,
    ) -> None:
        """Make it; `narrow` puts one part below the other, trouble and history first."""
        super().__init__(parent)
        self._name = name
        self._context = context
        self._narrow = narrow
        self._shown_history = -1
        self._shown_settings: Settings | None = None
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(Space.M)
        self._keys_card = self._keys_section()
        if narrow:
            with_role(self, "panel")
            for row, section in enumerate(
                (
                    self._state_section(),
                    self._trouble_section(),
                    self._history_section(),
                    self._latency_section(),
                    self._keys_card,
                    self._settings_section(),
                    self._counter_section(),
                )
            ):
                grid.addWidget(section, row, 0)
            return
        self._grid = grid
        self._parts = (
            self._state_section(),
            self._trouble_section(),
            self._latency_section(),
            self._counter_section(),
            self._history_section(),
            self._settings_section(),
        )
        self._columns = 0
        self._arrange()

    def _arrange(self) -> None:
        """Put the parts side by side: in three columns where two would be too wide to read."""
        columns = 3 if self.width() >= WIDE else 2
        if self._narrow or columns == self._columns:
            return
        self._columns = columns
        state, trouble, latency, counters, history, settings = self._parts
        grid = self._grid
        for row, part in enumerate((state, trouble, latency)):
            grid.addWidget(part, row, 0)
        if columns == 3:
            grid.addWidget(history, 3, 0)
            grid.addWidget(counters, 0, 1, 4, 1)
            grid.addWidget(settings, 0, 2, 4, 1)
            grid.addWidget(self._keys_card, 4, 0, 1, 3)
        else:
            grid.addWidget(counters, 0, 1, 3, 1)
            grid.addWidget(self._keys_card, 3, 0, 1, 2)
            grid.addWidget(history, 4, 0)
            grid.addWidget(settings, 4, 1)
        for column in range(3):
            grid.setColumnStretch(column, 1 if column < columns else 0)
        for row, stretch in enumerate((0, 0, 1, 2, 0) if columns == 3 else (0, 0, 1, 0, 2)):
            grid.setRowStretch(row, stretch)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _state_section(self) -> Section:
        theme = self._context.theme
        section = Section(self.tr("State"))
        self._lamp = StatusLamp(theme)
        self._state = ElidedLabel(theme, size=TypeSize.TITLE, token="text_strong", strong=True)
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self._lamp)
        head.addWidget(self._state, 1)
        section.body.addLayout(head)
        self._reason = QLabel()
        self._reason.setTextFormat(Qt.TextFormat.PlainText)
        self._reason.setWordWrap(True)
        self._reason.setProperty("role", "muted")
        section.add(self._reason)
        section.body.addLayout(self._buttons())
        return section

    def _buttons(self) -> QGridLayout:
        controller, name = self._context.controller, self._name
        self._start = self._button(self.tr("Start"), "play-fill")
        self._start.clicked.connect(lambda: controller.start(name))
        self._stop = self._button(self.tr("Stop"), "stop-fill")
        self._stop.clicked.connect(lambda: controller.stop(name))
        self._restart = self._button(self.tr("Restart"), "arrow-clockwise")
        self._restart.clicked.connect(lambda: controller.restart(name))
        log = self._button(self.tr("Show log"), "list-bullets")
        log.clicked.connect(lambda: self.log_asked.emit(name))
        grid = QGridLayout()
        grid.setSpacing(Space.S)
        columns = 2 if self._narrow else 4
        for index, button in enumerate((self._start, self._stop, self._restart, log)):
            grid.addWidget(button, *divmod(index, columns))
        grid.setColumnStretch(columns, 1)
        return grid

    def _button(self, text: str, icon: str) -> QPushButton:
        button = QPushButton(text)
        button.setIconSize(BESIDE_TEXT)
        self._context.theme.icons.set_on(button, icon)
        return button

    def _trouble_section(self) -> Section:
        section = Section(self.tr("Last error"))
        self._trouble = QLabel()
        self._trouble.setTextFormat(Qt.TextFormat.PlainText)
        self._trouble.setWordWrap(True)
        self._trouble.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._copy = QPushButton(self.tr("Copy details"))
        self._copy.clicked.connect(self._on_copy)
        row = QVBoxLayout() if self._narrow else QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self._trouble, 1)
        row.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        section.body.addLayout(row)
        return section

    def _latency_section(self) -> Section:
        section = Section(self.tr("Latency of the last {0} units of work").format(512))
        self._percentiles = QLabel()
        self._percentiles.setProperty("role", "value")
        section.add(self._percentiles)
        self._histogram = LatencyHistogram(self._context.theme)
        section.add(self._histogram, 1)
        return section

    def _counter_section(self) -> Section:
        section = Section(self.tr("Figures"))
        self._counters = ValueTable(
            [self.tr("Figure"), self.tr("Total"), self.tr("Per second")],
            numbers_from=1,
            stretch=1,
            nothing=self.tr("Nothing counted yet"),
        )
        self._counters.setAccessibleName(self.tr("Figures of the worker"))
        section.add(self._counters, 1)
        return section

    def _history_section(self) -> Section:
        section = Section(self.tr("History"))
        self._history = ValueTable(
            [self.tr("Time"), self.tr("State"), self.tr("Why")],
            numbers_from=3,
            stretch=2,
            nothing=self.tr("Not started yet"),
            height=TABLE_HEIGHT,
        )
        self._history.setAccessibleName(self.tr("State changes of the worker"))
        section.add(self._history, 1)
        return section

    def _settings_section(self) -> Section:
        section = Section(self.tr("Its settings"))
        self._settings = ValueTable(
            [self.tr("Setting"), self.tr("Value")], numbers_from=2, stretch=1, height=TABLE_HEIGHT
        )
        self._settings.setAccessibleName(self.tr("Settings of the worker"))
        section.add(self._settings, 1)
        return section

    def _keys_section(self) -> Section:
        section = Section(self.tr("API keys"))
        self._keys = ValueTable(
            [
                self.tr("Name"),
                self.tr("Key"),
                self.tr("State"),
                self.tr("In flight"),
                self.tr("Requests"),
                self.tr("Failed"),
            ],
            numbers_from=3,
            stretch=2,
        )
        self._keys.setAccessibleName(self.tr("API keys of the worker"))
        self._keys.setFixedHeight(KEYS_HEIGHT)
        self._usage = QLabel()
        self._usage.setTextFormat(Qt.TextFormat.PlainText)
        self._usage.setWordWrap(True)
        self._usage.setProperty("role", "muted")
        section.add(self._keys)
        section.add(self._usage)
        section.hide()
        return section

    @Slot()
    def refresh(self) -> None:
        """Show what is newest."""
        status = self._context.controller.status(self._name)
        level = LEVELS[status.state]
        self._lamp.set_level(level)
        now_s = time.monotonic()
        parts = (worker_title(self._name), state_word(status.state), clock(status, now_s))
        self._state.set_text(" · ".join(part for part in parts if part))
        self._show_reason(self._context.figures.reason(self._name))
        running = status.state not in ENDED
        self._start.setEnabled(not running)
        self._stop.setEnabled(running and status.state is not WorkerState.STOPPING)
        self._restart.setEnabled(running and status.state is not WorkerState.STOPPING)
        self._show_trouble()
        self._show_figures()
        self._show_keys()
        self._show_history()
        self._show_settings()

    def _show_keys(self) -> None:
        snapshot = self._context.figures.snapshot(self._name)
        running = self._context.controller.status(self._name).state not in ENDED
        self._keys_card.setVisible(running and bool(snapshot.keys))
        if not self._keys_card.isVisible():
            return
        self._keys.set_rows(
            [
                (
                    view.key_id,
                    view.masked,
                    condition_words(view),
                    formatting.count(view.in_flight),
                    formatting.count(view.requests),
                    formatting.count(view.failures),
                )
                for view in snapshot.keys
            ]
        )
        for index, view in enumerate(snapshot.keys):
            item = self._keys.topLevelItem(index)
            if item is not None:
                set_color(item, 2, self._context.theme.color(LEVELS_OF_KEYS[view.condition]))
                item.setToolTip(2, item.text(2))
        words = usage_words(snapshot.usage)
        if self._usage.text() != words:
            self._usage.setText(words)

    def _show_reason(self, reason: str) -> None:
        text = _sentences(reason) or self.tr("Nothing to report.")
        if self._reason.text() != text:
            self._reason.setText(text)
        # What ended its last run is told once, with its time, as the last trouble.
        failure = self._context.controller.status(self._name).last_failure
        self._reason.setVisible(failure is None or _sentences(failure.reason) != text)

    def _show_trouble(self) -> None:
        failure = self._context.controller.status(self._name).last_failure
        error = self._context.figures.snapshot(self._name).last_error
        if failure is not None:
            text = f"{regional.clock(failure.at)} · {shown(failure.reason)}"
        else:
            text = shown(error or "") or self.tr("No errors since the program started.")
        self._copy.setVisible(failure is not None or bool(error))
        if self._trouble.text() != text:
            self._trouble.setText(text)

    def _show_figures(self) -> None:
        figures = self._context.figures
        snapshot = figures.snapshot(self._name)
        parts = [
            f"p{round(share * 100)} {formatting.milliseconds(snapshot.percentile_ms(share))}"
            for share in PERCENTILES
        ]
        self._percentiles.setText("    ".join(parts))
        self._histogram.set_latencies(snapshot.latency_ms)
        rows = [
            (
                figure_word(name),
                formatting.count(total),
                formatting.rate(figures.rate(self._name, name)),
            )
            for name, total in _sorted(snapshot.counters)
        ]
        rows += [
            (figure_word(name), gauge_words(name, value), "")
            for name, value in _sorted(snapshot.gauges)
        ]
        rows += [
            (figure_word(name), _label(name, text), "")
            for name, text in _sorted(snapshot.labels)
            # The offline rules are named as the assessor already.
            if (name, text) != ("assessor_kind", "rules")
        ]
        self._counters.set_rows(rows)

    def _show_history(self) -> None:
        status = self._context.controller.status(self._name)
        # Entries are only ever added, at the end; a full history keeps its length.
        mark = hash(status.history[-1]) if status.history else 0
        if mark == self._shown_history:
            return
        self._shown_history = mark
        self._history.set_rows(
            [
                (regional.clock(entry.at), state_word(entry.state), shown(entry.reason))
                for entry in reversed(status.history)
            ]
        )

    def _show_settings(self) -> None:
        settings = self._context.settings
        if settings is not self._shown_settings:
            self._shown_settings = settings
            rows = worker_settings(self._name, settings)
            section = SECTIONS.get(self._name, "")
            self._settings.set_rows(
                [
                    (
                        setting_word(name),
                        choice_words((section, *name.split(".")), setting_value(name, value))
                        or "–",
                    )
                    for name, value in rows
                ]
            )

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._trouble.text())


def _sentences(reason: str) -> str:
    """Return each of the things that hinder a worker, such as dark cameras, on a line of its own."""
    return "\n".join(sentence(part) for part in line(reason).split(JOINT))


def _sorted(figures: Mapping[str, Value]) -> list[tuple[str, Value]]:
    return sorted(figures.items(), key=lambda each: figure_order(each[0]))


def _label(name: str, text: str) -> str:
    """Return what a label of a worker says."""
    if name == "assessor_kind":
        return choice_words(("scheduler", "assessor"), text)
    return shown(text)
