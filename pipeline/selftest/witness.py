"""Reads every topic along with the pipeline, in a consumer group of its own."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from pipeline.kafka import KafkaAccess
from pipeline.kafka.dead_letters import dead_letter_topic
from pipeline.kafka.delivery import Delivery
from pipeline.messages import (
    AssessmentTask,
    DetectionResult,
    MessageError,
    RiskAlert,
    RiskAssessmentResult,
    decode,
    utc_now,
)
from pipeline.selftest.ledger import Ledger
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry

BATCH = 200
JOIN_TIMEOUT_S = 10.0


class Witness:
    """A reader that keeps the books; a thread of its own.

    Attributes:
        ledger: what was read; complete only after `stop`.
    """

    def __init__(self, kafka: KafkaAccess, group: str) -> None:
        self.ledger = Ledger()
        topics = kafka.settings.topics
        self._detection = topics.detection_results
        self._tasks = topics.assessment_tasks
        self._results = topics.risk_assessment_results
        self._alerts = topics.risk_alerts
        sources = [self._detection, self._tasks, self._results]
        self._sources_of_dlq = {dead_letter_topic(topic): topic for topic in sources}
        # Its own telemetry: what the witness reads must not count as the workers' work.
        self._consumer = kafka.consumer(
            group,
            [*sources, self._alerts, *self._sources_of_dlq],
            WorkerTelemetry(WorkerName.AGGREGATOR),
        )
        for topic in sources:
            kafka.add_reader(topic, group)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name="selftest-witness")
        self._thread.start()

    def missing(self, acknowledged: int, stored: set[str]) -> dict[str, list[str]]:
        """Return what is missing by now; see `Ledger.missing`."""
        with self._lock:
            return self.ledger.missing(acknowledged, stored)

    def seen(self) -> dict[str, int]:
        """Return how many well-formed messages each source topic has had, without repeats."""
        with self._lock:
            return {
                self._detection: len(self.ledger.requests),
                self._tasks: len(self.ledger.tasks),
                self._results: len(self.ledger.results),
            }

    def wrong_dead_letters(self, poison: Mapping[str, int]) -> list[str]:
        """Return what is wrong with the dead letters by now; see `Ledger.wrong_dead_letters`."""
        with self._lock:
            return self.ledger.wrong_dead_letters(poison)

    def stop(self) -> None:
        """Stop reading and leave the group."""
        self._stop.set()
        self._thread.join(JOIN_TIMEOUT_S)

    def _read(self) -> None:
        try:
            while not self._stop.is_set():
                for delivery in self._consumer.take(BATCH, 0.1):
                    with self._lock:
                        self._note(delivery)
                    delivery.done()
        finally:
            self._consumer.close()

    def _note(self, delivery: Delivery) -> None:
        if delivery.topic in self._sources_of_dlq:
            headers = dict(delivery.headers)
            origin = headers["source.partition"] + b"@" + headers["source.offset"]
            self.ledger.note_dead_letter(self._sources_of_dlq[delivery.topic], origin.decode())
            return
        try:
            if delivery.topic == self._detection:
                self.ledger.note_detection(decode(delivery.value, DetectionResult))
            elif delivery.topic == self._tasks:
                self.ledger.note_task(decode(delivery.value, AssessmentTask))
            elif delivery.topic == self._results:
                self.ledger.note_result(decode(delivery.value, RiskAssessmentResult))
            else:
                self.ledger.note_alert(decode(delivery.value, RiskAlert), utc_now())
        except MessageError:
            # Poison is the workers' business; the witness sees it again in the dead letters.
            return
