"""The bar at the top: the name, what the pipeline runs on, and the buttons for all of it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from console import joining
from console.broker_words import broker_trouble
from console.context import ConsoleContext
from console.figures import Part
from console.supervision.session_thread import SessionState
from console.supervision.wording import Level
from console.theme.icons import BESIDE_TEXT
from console.theme.mark import paint_mark
from console.theme.theme import ThemeManager
from console.theme.tokens import Space
from console.widgets.lamp_button import LampButton
from console.widgets.painting import with_role
from console.window_texts import shown
from pipeline.paths import APP_NAME
from pipeline.states import ALIVE, WorkerName

HEIGHT = 52
BUTTON_HEIGHT = 32


class _Mark(QWidget):
    def __init__(self, theme: ThemeManager) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedSize(QSize(16, 14))
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:  # ended also where painting fails
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first, second = self._theme.color("ok"), self._theme.color("warning")
        paint_mark(painter, QRectF(self.rect()), first, second)


class TopBar(QFrame):
    """Name, lamps, Start all, Stop all, Export logs.

    Attributes:
        page_asked: carries the key of the page that a lamp belongs to.
        export_asked: Export logs was pressed.
    """

    page_asked = Signal(str)
    export_asked = Signal()

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        with_role(self, "bar")
        self.setFixedHeight(HEIGHT)
        self.broker_lamp = self._lamp("kafka")
        self.provider_lamp = self._lamp("settings")
        self.assessor_lamp = self._lamp("settings")
        controller = context.controller
        self.start_button = self._button(self.tr("Start all"), "play-fill", "on_primary")
        self.start_button.setProperty("role", "primary")
        self.start_button.setToolTip(self.tr("Start all workers, consumers first (F5)"))
        self.start_button.clicked.connect(controller.start_all)
        self.stop_button = self._button(self.tr("Stop all"), "stop-fill", "on_danger_control")
        self.stop_button.setProperty("role", "danger")
        self.stop_button.clicked.connect(self._on_stop)
        self.export_button = self._button(self.tr("Export logs"), "download-simple", "text")
        self.export_button.setToolTip(
            self.tr("Logs, settings without secrets, versions and figures in one file (Ctrl+E)")
        )
        self.export_button.clicked.connect(self.export_asked)
        self._lay_out()
        context.figures.part_due.connect(self._on_part)
        controller.session_changed.connect(self.refresh)
        controller.state_changed.connect(self.refresh)
        controller.activity_changed.connect(self.refresh)
        self.refresh()

    def _lamp(self, page: str) -> LampButton:
        lamp = LampButton(self._context.theme)
        lamp.clicked.connect(lambda: self.page_asked.emit(page))
        return lamp

    def _button(self, text: str, icon: str, token: str) -> QPushButton:
        button = QPushButton(text)
        button.setFixedHeight(BUTTON_HEIGHT)
        button.setIconSize(BESIDE_TEXT)
        self._context.theme.icons.set_on(button, icon, token)
        return button

    def _lay_out(self) -> None:
        name = QLabel(APP_NAME)
        name.setProperty("role", "title")
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.L, 0, Space.L, 0)
        row.setSpacing(Space.M)
        row.addWidget(_Mark(self._context.theme))
        row.addWidget(name)
        row.addSpacing(Space.XS)
        row.addWidget(self.broker_lamp)
        row.addWidget(self.provider_lamp)
        row.addWidget(self.assessor_lamp)
        row.addStretch(1)
        row.addWidget(self.start_button)
        row.addWidget(self.stop_button)
        row.addWidget(self.export_button)

    @Slot()
    def _on_stop(self) -> None:
        controller = self._context.controller
        if controller.is_stopping:
            controller.hurry()
        else:
            controller.stop_all()

    @Slot(int)
    def _on_part(self, part: int) -> None:
        if part == Part.TOP_BAR:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show what is newest."""
        self.broker_lamp.set_status(*self._broker())
        self.provider_lamp.set_status(*self._provider())
        self.assessor_lamp.set_status(*self._assessor())
        self._set_buttons()

    def _set_buttons(self) -> None:
        controller = self._context.controller
        stopping = controller.is_stopping
        self.start_button.setEnabled(controller.can_start_all)
        self.stop_button.setEnabled(controller.can_stop_all)
        text = self.tr("Stop now") if stopping else self.tr("Stop all")
        if text != self.stop_button.text() or not self.stop_button.toolTip():
            self.stop_button.setText(text)
            self.stop_button.setToolTip(
                self.tr("Do not wait until the topics are read; what is left stays in Kafka")
                if stopping
                else self.tr(
                    "Stop all workers, producers first, and read what they left (Shift+F5)"
                )
            )

    def _broker(self) -> tuple[Level, str, str]:
        context = self._context
        kafka = context.settings.kafka
        embedded = kafka.mode == "embedded"
        name = self.tr("Embedded broker") if embedded else self.tr("Kafka cluster")
        match context.controller.session_state:
            case SessionState.CLOSED | SessionState.CLOSING:
                return "off", self.tr("{0}: closed").format(name), ""
            case SessionState.OPENING:
                return "info", self.tr("{0}: opening…").format(name), ""
            case SessionState.FAILED:
                return "danger", self.tr("{0}: failed").format(name), self._error()
            case SessionState.OPEN:
                return self._open_broker(name, embedded=embedded)

    def _error(self) -> str:
        return shown(self._context.controller.session_error)

    def _open_broker(self, name: str, *, embedded: bool) -> tuple[Level, str, str]:
        context = self._context
        session = context.session
        servers = session.kafka.bootstrap_servers if session is not None else ""
        text = f"{name} · {servers}"
        trouble = broker_trouble(context)
        if trouble is not None:
            return "danger", self.tr("{0}: not reached").format(text), trouble.text
        hint = (
            self.tr("Runs inside this program, for trying out: it keeps nothing over a restart")
            if embedded
            else servers
        )
        return "ok", text, hint

    def _provider(self) -> tuple[Level, str, str]:
        label = self._live_label(WorkerName.DETECTION, "provider")
        if label is None:
            return "off", self.tr("Model: not loaded"), self.tr("Detection is not at work")
        hint = self.tr("Execution provider and model of the detection")
        reason = self._live_label(WorkerName.DETECTION, "provider_reason")
        if reason:
            hint += "\n" + self.tr("Not in use: {0}").format(shown(reason))
        return "ok", label, hint

    def _assessor(self) -> tuple[Level, str, str]:
        label = self._live_label(WorkerName.SCHEDULER, "assessor")
        if label is None:
            return "off", self.tr("Assessor: none"), self.tr("The scheduler is not at work")
        if self._live_label(WorkerName.SCHEDULER, "assessor_kind") == "llm":
            return self._language_model(label)
        text = self.tr("Assessor: {0}").format(shown(label))
        hint = self.tr("Risks are judged by fixed rules over positions and speeds, offline")
        return "warning", text, hint

    def _language_model(self, label: str) -> tuple[Level, str, str]:
        gauges = self._context.figures.snapshot(WorkerName.SCHEDULER).gauges
        if gauges.get("rules_stand_in"):
            return (
                "warning",
                self.tr("Assessor: offline rules"),
                joining.closed_up(
                    self.tr("{0} cannot be had; the rules stand in: {1}").format(
                        label,
                        shown(self._context.controller.status(WorkerName.SCHEDULER).reason),
                    )
                ),
            )
        status = self._context.controller.status(WorkerName.SCHEDULER)
        level: Level = "warning" if gauges.get("paused") else "ok"
        hint = shown(status.reason) or self.tr("A language model judges the pictures: {0}").format(
            label
        )
        return level, self.tr("Assessor: {0}").format(label.partition(" · ")[0]), hint

    def _live_label(self, name: WorkerName, label: str) -> str | None:
        """Return a label of a worker that is at work; labels outlive the run that set them."""
        if self._context.controller.status(name).state not in ALIVE:
            return None
        return self._context.figures.snapshot(name).labels.get(label)
