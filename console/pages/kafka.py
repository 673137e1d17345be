"""The Kafka page: groups, topics and partitions with their lag, now and over 15 minutes."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from console.background import in_background
from console.context import ConsoleContext
from console.supervision.session_thread import SessionState
from console.theme.tokens import Space
from console.widgets.connection_dialog import ConnectionDialog
from console.widgets.dead_letter_dialog import DeadLetterDialog
from console.widgets.lag_table import LagRow, LagTable
from console.widgets.painting import with_role
from console.widgets.section import Section, page_heading
from pipeline.kafka import KafkaAccess
from pipeline.states import WorkerName

if TYPE_CHECKING:
    from console.widgets.lag_chart import LagChart

EMBEDDED_KEPT_MB = 5

CHART_HEIGHT = 260


class KafkaPage(QWidget):
    """Shows what the lag monitor reads; says so where there is nothing to read."""

    icon_name = "stack"

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Kafka")
        self._context = context
        self._shown_reading_s = -1.0
        self._chart_asked = False
        self._test_buttons: list[QPushButton] = []
        self._chart: LagChart | None = None
        with_role(self, "page")
        self._broker = QLabel()
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
        column.setContentsMargins(Space.L, Space.M, Space.L, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(page_heading(self.title, self._broker))
        column.addWidget(self._trouble)
        column.addWidget(self._stack, 1)
        context.figures.updated.connect(self._on_figures)
        context.controller.session_changed.connect(self._on_figures)
        context.controller.state_changed.connect(self._on_state)

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
        column.addWidget(self._test_button(), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return holder

    def _full(self) -> QWidget:
        splitter = QSplitter(Qt.Orientation.Vertical)
        section = Section(self.tr("Consumer groups"))
        section.add(self._table, 1)
        section.add(self._letters_row())
        splitter.addWidget(section)
        splitter.addWidget(self._chart_section)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(Space.M)
        splitter.setProperty("role", "gap")
        self._chart_section.setMinimumHeight(CHART_HEIGHT)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 1)
        return splitter

    def _letters_row(self) -> QWidget:
        """Return the way to the messages that could not be processed."""
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        button = QPushButton(self.tr("Dead letters…"))
        button.setToolTip(self.tr("Messages that could not be processed, and why"))
        button.clicked.connect(self._open_letters)
        row.addStretch(1)
        row.addWidget(self._test_button())
        row.addWidget(button)
        return holder

    def _test_button(self) -> QPushButton:
        """Return a button that is there for a cluster only: the embedded broker is in here."""
        button = QPushButton(self.tr("Test connection…"))
        button.setToolTip(self.tr("Name, network, TLS, login, topics and rights, one by one"))
        button.clicked.connect(self._open_connection_test)
        self._test_buttons.append(button)
        return button

    @Slot()
    def _open_connection_test(self) -> None:
        kafka = KafkaAccess(self._context.settings.kafka, None)
        ConnectionDialog(kafka, self._context.theme, self).open()

    @Slot()
    def _open_letters(self) -> None:
        session = self._context.session
        if session is not None:
            DeadLetterDialog(session.kafka, self).open()

    def show_topic(self, topic: str) -> None:
        """Bring a topic's row to the reader's eye."""
        self._shown_reading_s = -1.0
        self.refresh()
        self._table.select_topic(topic)

    @Slot()
    def _on_figures(self) -> None:
        if self.isVisible():
            self.refresh()

    @Slot()
    def _on_state(self) -> None:
        self._shown_reading_s = -1.0
        self._on_figures()

    def showEvent(self, event: QShowEvent) -> None:
        self._shown_reading_s = -1.0
        self.refresh()
        self._load_chart()
        super().showEvent(event)

    @Slot()
    def refresh(self) -> None:
        """Show the newest reading."""
        state = self._context.controller.session_state
        for button in self._test_buttons:
            button.setVisible(self._context.settings.kafka.mode == "cluster")
        self._broker.setText(self._broker_words())
        self._stack.setCurrentIndex(1 if state is SessionState.OPEN else 0)
        lag = self._context.figures.lag
        error = lag.error if lag is not None else None
        self._trouble.setVisible(bool(error))
        if error:
            text = self.tr("The broker does not answer: {0}.").format(error)
            if lag is not None and lag.links:
                text = self.tr("{0} The figures below are old.").format(text)
            self._trouble.setText(text)
        if state is not SessionState.OPEN:
            self._show_empty(state)
        elif lag is None or lag.taken_at_s != self._shown_reading_s:
            self._shown_reading_s = lag.taken_at_s if lag is not None else 0.0
            self._table.show_rows(self._rows())
            self._show_chart()

    def _broker_words(self) -> str:
        session = self._context.session
        if self._context.settings.kafka.mode == "embedded":
            where = session.kafka.bootstrap_servers if session is not None else "127.0.0.1"
            return self.tr(
                "Embedded broker on {0}: a real Kafka protocol inside this program, for trying "
                "out. It lives in memory, keeps at most {1} MB of each partition, and nothing at "
                "all over a restart."
            ).format(where, EMBEDDED_KEPT_MB)
        return self.tr("Kafka cluster: {0}").format(self._context.settings.kafka.bootstrap_servers)

    def _show_empty(self, state: SessionState) -> None:
        self._open_button.setVisible(state in {SessionState.CLOSED, SessionState.FAILED})
        match state:
            case SessionState.OPENING:
                text = self.tr("The broker is being opened…")
            case SessionState.CLOSING:
                text = self.tr("The broker is being closed…")
            case SessionState.FAILED:
                text = self.tr("The broker could not be opened.\n{0}").format(
                    self._context.controller.session_error
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
        readers = (
            (WorkerName.GENERATOR, kafka.topics.detection_results, kafka.groups.generator),
            (WorkerName.SCHEDULER, kafka.topics.assessment_tasks, kafka.groups.scheduler),
            (WorkerName.AGGREGATOR, kafka.topics.risk_assessment_results, kafka.groups.aggregator),
        )
        return [
            LagRow(
                topic,
                group,
                controller.status(name).state,
                figures.link(name, topic),
                lag.dlq.get(topic) if lag is not None else None,
            )
            for name, topic, group in readers
        ]

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
        self._chart_wait.setText(self.tr("The chart cannot be shown: {0}").format(error))

    def _on_chart_library(self, _module: ModuleType) -> None:
        from console.widgets.lag_chart import LagChart

        self._chart = LagChart(self._context.theme)
        self._chart_section.add(self._chart, 1)
        self._chart_wait.hide()
        self._show_chart()

    def _show_chart(self) -> None:
        session = self._context.session
        if session is None or self._chart is None:
            return
        from console.widgets.lag_chart import Series

        self._chart.show_series(
            [Series(row.topic, session.lag.history(row.group, row.topic)) for row in self._rows()]
        )
