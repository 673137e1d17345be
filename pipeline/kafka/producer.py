"""A producer that tells of every message whether the broker has it."""

from __future__ import annotations

import threading
import time
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
SEND_TIMEOUT_S = 30.0
"""How long `send` waits for space in a full local queue."""


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
        self._local_bytes = 0
        self._failure: str | None = None
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
        if len(self._producer) >= MAX_LOCAL_MESSAGES or self._local_bytes >= MAX_LOCAL_BYTES:
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
        sending = _Sending(self, topic, len(payload), on_delivered)
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
        """Send a message that cannot be processed to its dead-letter topic, unchanged.

        The message is done once the broker has the dead letter.

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
        self.send(
            dead_letters.dead_letter_topic(delivery.topic),
            delivery.key or "",
            delivery.value,
            on_delivered,
            dead_letters.headers(
                delivery.topic, delivery.partition, delivery.offset, worker, error
            ),
        )

    def check(self) -> None:
        """Raise if a message could not be delivered or the broker refuses this client.

        Raises:
            KafkaUnavailableError: says what the broker answered.
        """
        if self._failure is not None:
            raise KafkaUnavailableError(
                f"A message could not be delivered: {self._failure}.",
                next_step="The worker starts anew and reads its input again.",
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
        try:
            remaining = self._producer.flush(timeout_s)
            if remaining:
                # Reports them as failed, so that nobody believes they were delivered.
                self._producer.purge()
                self._producer.flush(1.0)
        except (KafkaException, SystemError) as error:
            remaining = len(self._producer)
            self._fail(str(error))
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
                self._fail(f"{sending.topic}: {error.str()}")
            return
        self._note_outcome(sending, message.partition() or 0, message.offset())
        if not sending.topic.endswith(dead_letters.DLQ_SUFFIX):
            self._telemetry.count("out")
        self._condition.set_up()
        if sending.on_delivered is not None:
            sending.on_delivered()

    def _try_send(
        self, sending: _Sending, key: str, payload: bytes, headers: Mapping[str, str] | None
    ) -> bool:
        """Hand the message to the client; False when its queue is full."""
        self.check()
        arguments: dict[str, Any] = {"headers": dict(headers)} if headers else {}
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
            self._fail(reason.str())
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

    def _fail(self, reason: str) -> None:
        if self._failure is None:
            self._failure = reason

    def _note_sending(self, sending: _Sending) -> None:
        with self._lock:
            self._local_bytes += sending.size
        if self._gate is not None:
            self._gate.note_sending(sending.topic, sending.size)

    def _note_outcome(self, sending: _Sending, partition: int, offset: int | None) -> None:
        with self._lock:
            self._local_bytes -= sending.size
        if self._gate is not None:
            self._gate.note_outcome(sending.topic, sending.size, partition, offset)
