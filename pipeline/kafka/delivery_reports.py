"""Works through a producer's delivery reports: in one go, which is cheaper than one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from confluent_kafka import KafkaError
from loguru import logger

from pipeline.kafka.condition import BrokerCondition
from pipeline.kafka.dead_letters import DLQ_SUFFIX
from pipeline.kafka.outstanding import Outstanding
from pipeline.kafka.sending import Report, Sending
from pipeline.kafka.undelivered import UndeliveredMessages
from pipeline.telemetry import WorkerTelemetry
from pipeline.texts import Text, say


class DeliveryReports:
    """What the client library has reported of a producer's messages. Safe for threads.

    It knows nothing of its producer: a circle of the two would keep a closed client, its threads
    and its connections until the garbage collector comes by.

    Attributes:
        take: takes a report; called by the client library through the sending.
    """

    def __init__(
        self,
        outstanding: Outstanding,
        undelivered: UndeliveredMessages,
        condition: BrokerCondition,
        telemetry: WorkerTelemetry,
    ) -> None:
        """Settle with `outstanding` and `undelivered`."""
        self._waiting: deque[Report] = deque()
        self.take: Callable[[Report], None] = self._waiting.append
        self._outstanding = outstanding
        self._undelivered = undelivered
        self._condition = condition
        self._telemetry = telemetry

    def settle(
        self,
        on_refused: Callable[[Sending, KafkaError], None],
        on_failed: Callable[[Text], None],
    ) -> None:
        """Do what follows each report that has come.

        Args:
            on_refused: told of each message that the broker has not taken.
            on_failed: told when what follows a delivery fails.
        """
        waiting, settled = self._waiting, list[Report]()
        while waiting:
            try:
                settled.append(waiting.popleft())
            except IndexError:
                break  # the other thread was quicker
        if not settled:
            return
        total_bytes = acknowledged = delivered = 0
        undelivered = self._undelivered if self._undelivered.keeps else None
        for sending, error, _ in settled:
            total_bytes += sending.size
            if error is not None:
                on_refused(sending, error)
                continue
            acknowledged += 1
            if undelivered is not None:
                undelivered.release(sending)
            if sending.on_delivered is not None:
                try:
                    sending.on_delivered()
                except Exception as trouble:  # noqa: BLE001 - must not end the thread of the reports
                    on_failed(self._note_trouble(sending.topic, trouble))
            # Dead letters have headers, whatever else has.
            if not sending.headers or not sending.topic.endswith(DLQ_SUFFIX):
                delivered += 1
        self._outstanding.settle(settled, total_bytes)
        if delivered:
            self._telemetry.count("out", delivered)
        if acknowledged:
            self._condition.acknowledged()

    def _note_trouble(self, topic: str, trouble: Exception) -> Text:
        logger.bind(worker=self._telemetry.name.value).opt(exception=trouble).error(
            "a delivered message of {} could not be marked as done", topic
        )
        return say(
            "{topic}: what follows a delivery failed: {trouble}", topic=topic, trouble=trouble
        )
