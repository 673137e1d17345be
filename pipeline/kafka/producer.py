"""A producer that tells of every message whether the broker has it."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from loguru import logger

from pipeline.kafka import dead_letters
from pipeline.kafka.condition import BrokerCondition
from pipeline.kafka.consumer import Delivery
from pipeline.kafka.errors import KafkaUnavailableError, MessageTooLargeError
from pipeline.kafka.retention import RetentionGate
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry

POLL_INTERVAL_S = 0.1
MAX_LOCAL_MESSAGES = 5_000
"""Messages in the local queue above which there is no room."""

MAX_LOCAL_BYTES = 32_000_000
CLOSE_TIMEOUT_DOWN_S = 3.0
"""How long a producer waits for its last deliveries while no broker answers anyhow."""

SEND_TIMEOUT_S = 30.0
"""How long `send` waits for space in a full local queue."""

Headers = list[tuple[str, str | bytes]]

_NEXT_STEPS = {
    KafkaError.MSG_SIZE_TOO_LARGE: "Raise max.message.bytes of the topic, or lower "
    "detection.evidence_max_bytes.",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "Give the Kafka user the right to write to the topic.",
    KafkaError.UNKNOWN_TOPIC_OR_PART: "Make the topic, or give the Kafka user the right to.",
    KafkaError._UNKNOWN_TOPIC: "Make the topic, or give the Kafka user the right to.",
}


@dataclass(slots=True)
class _Sending:
    """One message on its way; called with the delivery report."""

    producer: ReliableProducer
    topic: str
    size: int
    on_delivered: Callable[[], None] | None

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        self.producer.finish(self, error, message)


class ReliableProducer:
    """An idempotent producer; a thread of its own serves the delivery reports.

    A message that cannot be delivered is remembered: the next `send` or `check` raises, the worker
    starts anew, and its input, whose offset was not stored, is read again.
    """

    def __init__(
        self,
        producer: Producer,
        condition: BrokerCondition,
        telemetry: WorkerTelemetry,
        gate: RetentionGate | None,
    ) -> None:
        self._producer = producer
        self._condition = condition
        self._telemetry = telemetry
        self._gate = gate
        self._lock = threading.Lock()
        self._local_bytes: dict[str, int] = defaultdict(int)
        self._failure: tuple[str, str] | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(
            target=self._poll, name=f"{telemetry.name}-delivery", daemon=True
        )
        self._thread.start()

    def room(self, topic: str, key: str) -> bool:
        """Return whether a message of `topic` with `key` can be sent now.

        False while the local queue is nearly full, or while unread data of the embedded broker
        nears what it keeps.
        """
        del key  # every partition counts, see RetentionGate.has_room
        if len(self._producer) >= MAX_LOCAL_MESSAGES or self._queued_bytes() >= MAX_LOCAL_BYTES:
            return False
        return self._gate is None or self._gate.has_room(topic)

    def wait_for_room(self, topic: str, key: str, stop: threading.Event) -> bool:
        """Wait until there is room; return False when `stop` came first.

        Raises:
            KafkaUnavailableError: a message could not be delivered meanwhile.
        """
        while not self.room(topic, key):
            self.check()
            self._telemetry.beat()
            if stop.wait(0.05):
                return False
        return not stop.is_set()

    def send(
        self,
        topic: str,
        key: str,
        payload: bytes,
        on_delivered: Callable[[], None] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send a message; `on_delivered` is called from another thread once the broker has it.

        Raises:
            MessageTooLargeError: the message is larger than the broker takes.
            KafkaUnavailableError: an earlier message could not be delivered, or the local queue
                stayed full for `SEND_TIMEOUT_S`.
        """
        self._send(topic, key, payload, on_delivered, [*headers.items()] if headers else [])

    def _send(
        self,
        topic: str,
        key: str | bytes | None,
        payload: bytes,
        on_delivered: Callable[[], None] | None,
        headers: Headers,
    ) -> None:
        size = len(payload) + sum(len(name) + len(value) for name, value in headers)
        sending = _Sending(self, topic, size, on_delivered)
        deadline_s = time.monotonic() + SEND_TIMEOUT_S
        self._note_sending(sending)
        try:
            while not self._try_send(sending, key, payload, headers):
                if time.monotonic() > deadline_s:
                    raise KafkaUnavailableError(
                        f"The broker has not taken any message for {SEND_TIMEOUT_S:.0f} s.",
                        next_step="See whether the Kafka cluster is up and reachable.",
                    )
                self._closing.wait(0.02)
        except BaseException:
            self._note_outcome(sending, partition=0, offset=None)
            raise

    def dead_letter(self, delivery: Delivery, worker: WorkerName, error: str) -> None:
        """Send a message that cannot be processed to its dead-letter topic.

        Key, value and headers stay as they are, with headers on top that tell whence it came and
        why. A value larger than the broker takes is cut, which a header tells. The message is done
        once the broker has the dead letter.

        Raises:
            KafkaUnavailableError: as for `send`.
        """

        def on_delivered() -> None:
            self._telemetry.count("dead_lettered")
            delivery.done()

        with logger.contextualize(worker=worker.value):
            logger.warning(
                "message {}[{}]@{} goes to the dead letters: {}",
                delivery.topic,
                delivery.partition,
                delivery.offset,
                error,
            )
        topic = dead_letters.dead_letter_topic(delivery.topic)
        origin = dead_letters.headers(
            delivery.topic, delivery.partition, delivery.offset, worker, error
        )
        headers: Headers = [*delivery.headers, *origin.items()]
        try:
            self._send(topic, delivery.raw_key, delivery.value, on_delivered, headers)
        except MessageTooLargeError:
            cut = (dead_letters.CUT_HEADER, str(len(delivery.value)))
            value = delivery.value[: dead_letters.CUT_BYTES]
            self._send(topic, delivery.raw_key, value, on_delivered, [*origin.items(), cut])

    def check(self) -> None:
        """Raise if a message could not be delivered or the broker refuses this client.

        Raises:
            KafkaUnavailableError: says what the broker answered.
        """
        if self._failure is not None:
            reason, next_step = self._failure
            raise KafkaUnavailableError(
                f"A message could not be delivered: {reason}.", next_step=next_step
            )
        if self._condition.refused is not None:
            raise KafkaUnavailableError(
                f"The broker refuses this client: {self._condition.refused}.",
                next_step="Check user, password, certificates and rights in the Kafka settings.",
            )

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything sent is acknowledged; False when that took longer.

        Call it before the consumer of the input is closed, so that finished work is committed.
        """
        deadline_s = time.monotonic() + timeout_s
        while len(self._producer) and time.monotonic() < deadline_s and self._failure is None:
            self._closing.wait(0.01)
        return len(self._producer) == 0

    def close(self, timeout_s: float = 8.0) -> int:
        """Deliver what is under way, for at most `timeout_s`; return how many were not delivered."""
        self._closing.set()
        self._thread.join()
        if self._condition.is_down:
            timeout_s = min(timeout_s, CLOSE_TIMEOUT_DOWN_S)
        try:
            remaining = self._producer.flush(timeout_s)
            if remaining:
                # Reports them as failed, so that nobody believes they were delivered.
                self._producer.purge()
                self._producer.flush(1.0)
        except (KafkaException, SystemError) as error:
            remaining = len(self._producer)
            self._fail(str(error))
        self._release_unreported()
        if remaining:
            logger.bind(worker=self._telemetry.name.value).error(
                "{} messages could not be delivered before the stop; their input is read again",
                remaining,
            )
        self._condition.forget()
        return int(remaining)

    def finish(self, sending: _Sending, error: KafkaError | None, message: Message) -> None:
        """Take the delivery report of one message (called by the client library)."""
        if error is not None:
            self._note_outcome(sending, partition=0, offset=None)
            self._telemetry.count("undelivered")
            if not self._closing.is_set():
                self._fail(f"{sending.topic}: {error.str()}", _NEXT_STEPS.get(error.code()))
            return
        self._note_outcome(sending, message.partition() or 0, message.offset())
        if not sending.topic.endswith(dead_letters.DLQ_SUFFIX):
            self._telemetry.count("out")
        self._condition.set_up()
        if sending.on_delivered is not None:
            self._tell_delivered(sending)

    def _tell_delivered(self, sending: _Sending) -> None:
        assert sending.on_delivered is not None
        try:
            sending.on_delivered()
        except Exception as error:  # noqa: BLE001 - must not end the thread of the reports
            logger.bind(worker=self._telemetry.name.value).opt(exception=error).error(
                "a delivered message of {} could not be marked as done", sending.topic
            )
            self._fail(f"{sending.topic}: what follows a delivery failed: {error}")

    def _try_send(
        self, sending: _Sending, key: str | bytes | None, payload: bytes, headers: Headers
    ) -> bool:
        """Hand the message to the client; False when its queue is full."""
        self.check()
        arguments: dict[str, Any] = {"headers": headers} if headers else {}
        try:
            self._producer.produce(
                sending.topic, value=payload, key=key, on_delivery=sending, **arguments
            )
        except BufferError:
            return False
        except KafkaException as error:
            reason = error.args[0]
            if reason.code() == KafkaError.MSG_SIZE_TOO_LARGE:
                raise MessageTooLargeError(
                    f"A message of {sending.size} bytes for {sending.topic} is larger than the "
                    "broker takes."
                ) from error
            self._fail(reason.str(), _NEXT_STEPS.get(reason.code()))
            self.check()
        return True

    def _poll(self) -> None:
        while not self._closing.is_set():
            try:
                self._producer.poll(POLL_INTERVAL_S)
            except (KafkaException, SystemError) as error:
                # A fatal error of an idempotent producer: only a new one helps.
                self._fail(str(error))
                return

    def _fail(self, reason: str, next_step: str | None = None) -> None:
        if self._failure is None:
            self._failure = (
                reason,
                next_step or "The worker starts anew and reads its input again.",
            )

    def _queued_bytes(self) -> int:
        with self._lock:
            return sum(self._local_bytes.values())

    def _release_unreported(self) -> None:
        """Give back to the gate what a broken client will never report."""
        with self._lock:
            left = {topic: size for topic, size in self._local_bytes.items() if size}
            self._local_bytes.clear()
        if self._gate is not None:
            for topic, size in left.items():
                self._gate.note_outcome(topic, size, 0, None)

    def _note_sending(self, sending: _Sending) -> None:
        with self._lock:
            self._local_bytes[sending.topic] += sending.size
        if self._gate is not None:
            self._gate.note_sending(sending.topic, sending.size)

    def _note_outcome(self, sending: _Sending, partition: int, offset: int | None) -> None:
        with self._lock:
            self._local_bytes[sending.topic] -= sending.size
        if self._gate is not None:
            self._gate.note_outcome(sending.topic, sending.size, partition, offset)
