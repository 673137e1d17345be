"""Groups, topics and partitions with their lag, now and over 15 minutes."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from console.background import in_background
from console.broker_words import broker_trouble
from console.context import ConsoleContext
from console.supervision.session_thread import SessionState
from console.theme.tokens import Space
from console.widgets.lag_table import LagRow, LagTable
from console.widgets.section import Section
from console.window_texts import said, shown
from pipeline.kafka.readers import readers

if TYPE_CHECKING:
    from console.widgets.lag_chart import LagChart

CHART_HEIGHT = 64

TABLE_SECTION_HEIGHT, CHART_SECTION_HEIGHT = 172, 168
"""In a window of 1280x720: all groups, and a line that can be read."""


class LagView(QWidget):
    """Shows what the lag monitor reads; says so where there is nothing to read."""

    def __init__(self, context: ConsoleContext) -> None:
        super().__init__()
        self._context = context
        self._shown_reading_s = -1.0
        self._chart_asked = False
        self._chart: LagChart | None = None
        self._trouble = QLabel()
        self._trouble.setTextFormat(Qt.TextFormat.PlainText)
        self._trouble.setWordWrap(True)
        self._trouble.setProperty("role", "status")
        self._trouble.setProperty("level", "danger")
        self._table = LagTable(context.theme)
        self._chart_section = Section(self.tr("Unread messages, last 15 minutes"))
        self._chart_wait = QLabel(self.tr("Loading the chart…"))
        self._chart_wait.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._chart_section.add(self._chart_wait, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty())
        self._stack.addWidget(self._full())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addWidget(self._trouble)
        column.addWidget(self._stack, 1)

    def _empty(self) -> QWidget:
        """Return what is shown while no pipeline is open."""
        holder = QWidget()
        self._empty_text = QLabel()
        self._empty_text.setTextFormat(Qt.TextFormat.PlainText)
        self._empty_text.setWordWrap(True)
        self._empty_text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._open_button = QPushButton(self.tr("Open the broker"))
        self._open_button.clicked.connect(self._context.controller.open)
        column = QVBoxLayout(holder)
        column.setSpacing(Space.M)
        column.addStretch(1)
        column.addWidget(self._empty_text)
        column.addWidget(self._open_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return holder

    def _full(self) -> QWidget:
        splitter = QSplitter(Qt.Orientation.Vertical)
        section = Section(self.tr("Consumer groups"))
        section.add(self._table, 1)
        splitter.addWidget(section)
        splitter.addWidget(self._chart_section)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(Space.M)
        splitter.setProperty("role", "gap")
        self._chart_section.setMinimumHeight(CHART_HEIGHT)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 3)
        splitter.setSizes([TABLE_SECTION_HEIGHT, CHART_SECTION_HEIGHT])
        return splitter

    def select_topic(self, topic: str) -> None:
        """Bring a topic's row to the reader's eye."""
        self.look_again()
        self._table.select_topic(topic)

    def look_again(self) -> None:
        """Show the newest reading, also if it was shown before."""
        self._shown_reading_s = -1.0
        self.refresh()
        self._load_chart()

    @Slot()
    def refresh(self) -> None:
        """Show the newest reading."""
        state = self._context.controller.session_state
        self._stack.setCurrentIndex(1 if state is SessionState.OPEN else 0)
        lag = self._context.figures.lag
        trouble = broker_trouble(self._context) if state is SessionState.OPEN else None
        self._trouble.setVisible(trouble is not None)
        if trouble is not None:
            text = trouble.text
            if lag is not None and lag.links:
                text = self.tr("{0} The figures below are old.").format(text)
            self._trouble.setText(text)
        if state is not SessionState.OPEN:
            self._show_empty(state)
        elif lag is None or lag.taken_at_s != self._shown_reading_s:
            self._shown_reading_s = lag.taken_at_s if lag is not None else 0.0
            self._table.show_rows(self._rows())
            self._table.setMinimumHeight(self._table.height_of_groups())
            self._show_chart()

    def _show_empty(self, state: SessionState) -> None:
        self._open_button.setVisible(state in {SessionState.CLOSED, SessionState.FAILED})
        match state:
            case SessionState.OPENING:
                text = self.tr("The broker is being opened…")
            case SessionState.CLOSING:
                text = self.tr("The broker is being closed…")
            case SessionState.FAILED:
                text = self.tr("The broker could not be opened.\n{0}").format(
                    shown(self._context.controller.session_error)
                )
            case _:
                text = self.tr(
                    "No broker is open, so there is no lag to read.\n"
                    "It opens by itself when workers start."
                )
        self._empty_text.setText(text)

    def _rows(self) -> list[LagRow]:
        figures, controller = self._context.figures, self._context.controller
        lag = figures.lag
        kafka = self._context.settings.kafka
        rows: list[LagRow] = []
        for reader in readers(kafka):
            told = any(row.topic == reader.topic for row in rows)
            rows.append(
                LagRow(
                    reader.topic,
                    reader.group,
                    controller.status(reader.worker).state,
                    figures.link(reader.worker, reader.topic, old=True),
                    None if lag is None or told else lag.dlq.get(reader.topic),
                )
            )
        return rows

    def _load_chart(self) -> None:
        if not self._chart_asked:
            self._chart_asked = True
            in_background(
                self,
                lambda: importlib.import_module("pyqtgraph"),
                self._on_chart_library,
                self._on_no_chart_library,
            )

    def _on_no_chart_library(self, error: Exception) -> None:
        self._chart_wait.setText(self.tr("The chart cannot be shown: {0}").format(said(error)))

    def _on_chart_library(self, _module: ModuleType) -> None:
        from console.widgets.lag_chart import LagChart

        self._chart = LagChart(self._context.theme)
        self._chart_section.add(self._chart, 1)
        self._chart_section.add_beside(self._chart.legend)
        self._chart_wait.hide()
        self._show_chart()

    def _show_chart(self) -> None:
        session = self._context.session
        if session is None or self._chart is None:
            return
        from console.widgets.lag_chart import Series

        series: dict[str, Series] = {}
        for row in self._rows():
            name = f"{row.topic} ← {row.group}" if row.topic in series else row.topic
            series[name] = Series(name, session.lag.history(row.group, row.topic))
        self._chart.show_series(list(series.values()))
