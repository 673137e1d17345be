"""The second question: which Kafka."""

from __future__ import annotations

from pydantic import ValidationError
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton
from PySide6.QtWidgets import QWidget as Widget

from console.context import ConsoleContext
from console.first_start.step import Step
from console.theme.tokens import Space
from console.widgets.connection_dialog import ConnectionDialog
from pipeline.settings import KafkaSettings, Settings

EMBEDDED, CLUSTER = range(2)


class BrokerStep(Step):
    """The broker inside the program, or a cluster."""

    def __init__(self, context: ConsoleContext) -> None:
        super().__init__(
            self.tr("Which Kafka carries the work?"),
            self.tr("The workers hand their results on through it."),
        )
        self._context = context
        self.add_choice(
            self.tr("The one inside Signalbox"),
            self.tr("Nothing to set up; it forgets everything when the program ends."),
        )
        self.add_choice(
            self.tr("A Kafka cluster"),
            self.tr("Kafka 2.8 or newer. Logins and certificates are set on the Kafka page."),
            self._make_cluster(),
        )
        self.end()

    def _make_cluster(self) -> Widget:
        body = Widget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        self._servers = QLineEdit()
        self._servers.setPlaceholderText("kafka-1:9092,kafka-2:9092")
        self._servers.setAccessibleName(self.tr("Bootstrap servers"))
        self._servers.textChanged.connect(self._on_typed)
        test = QPushButton(self.tr("Test connection…"))
        test.clicked.connect(self._on_test)
        row.addWidget(self._servers, 1)
        row.addWidget(test)
        return body

    @Slot()
    def _on_typed(self) -> None:
        self.show_problem("")
        self.changed.emit()

    def _kafka(self) -> KafkaSettings | None:
        before = self._context.settings.kafka.model_dump()
        wanted = {"mode": "cluster", "bootstrap_servers": self._servers.text().strip()}
        try:
            return KafkaSettings.model_validate({**before, **wanted})
        except ValidationError:
            return None

    def problem(self) -> str:
        if self.chosen == CLUSTER and not self._servers.text().strip():
            return self.tr("Type the servers first, such as kafka-1:9092.")
        if self.chosen == CLUSTER and self._kafka() is None:
            return self.tr("These are no server names with ports, such as kafka-1:9092.")
        return ""

    @Slot()
    def _on_test(self) -> None:
        problem = self.problem()
        kafka = self._kafka()
        self.show_problem(problem)
        if problem or kafka is None:
            return
        from pipeline.kafka.access import KafkaAccess

        ConnectionDialog(KafkaAccess(kafka, None), self._context.theme, self).open()

    def applied(self, settings: Settings) -> Settings:
        kafka = self._kafka() if self.chosen == CLUSTER else None
        if kafka is None:
            kafka = settings.kafka.model_copy(update={"mode": "embedded"})
        return settings.model_copy(update={"kafka": kafka})
