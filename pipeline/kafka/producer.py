"""A producer that tells of every message whether the broker has it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence

import msgspec
from confluent_kafka import KafkaError, KafkaException

from pipeline.kafka import dead_letters
from pipeline.kafka.condition import BrokerCondition
from pipeline.kafka.dead_letters import DeadLetter
from pipeline.kafka.delivery import Delivery
from pipeline.kafka.delivery_failure import DeliveryFailure
from pipeline.kafka.delivery_reports import DeliveryReports
from pipeline.kafka.errors import KafkaUnavailableError, MessageTooLargeError
from pipeline.kafka.handover import NEVER_TAKEN, NEXT_STEPS, Handover
from pipeline.kafka.outstanding import Outstanding
from pipeline.kafka.reducing import reduced
from pipeline.kafka.retention import RetentionGate
from pipeline.kafka.sending import (
    Headers,
    OnDelivered,
    Outgoing,
    Sending,
    Shrink,
    size_of,
)
from pipeline.kafka.spool import TopicSpool
from pipeline.kafka.undelivered import UndeliveredMessages
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry
from pipeline.texts import say, verbatim, words_of

POLL_INTERVAL_S = 0.1
SERVE_EVERY = 50
"""Messages after which the sending thread takes the delivery reports itself.

Were they left to another thread at a high rate, every single one would make the two hand the
interpreter lock to and fro; measured: half of the throughput.
"""

SENDER_SERVES_S = 0.005
"""How long the thread of the reports rests once the sending thread has taken some."""

MAX_LOCAL_MESSAGES = 5_000
"""Messages in the local queue above which there is no room."""

MAX_LOCAL_BYTES = 32_000_000
CLOSE_TIMEOUT_DOWN_S = 3.0
"""How long a producer waits for its last deliveries while no broker answers anyhow."""

CLOSE_TIMEOUT_FLUSHED_S = 1.0
"""The same after a `flush` in vain: a worker has 10 s for its whole stop."""

SEND_TIMEOUT_S = 30.0
"""How long `send` waits for space in a full local queue."""


class ReliableProducer:
    """An idempotent producer; a thread of its own takes the delivery reports.

    While much is sent, the sending thread takes them (see `SERVE_EVERY`).

    A message that cannot be delivered is remembered: the next `send` or `check` raises, the worker
    starts anew, and its input, whose offset was not stored, is read again. A worker whose input
    cannot be read again gives a `spool`: there `close` keeps what was not delivered, and the next
    producer sends it first.
    """

    def __init__(
        self,
        handover: Handover,
        condition: BrokerCondition,
        telemetry: WorkerTelemetry,
        gate: RetentionGate | None,
        spool: TopicSpool | None = None,
    ) -> None:
        self._handover = handover
        self._condition = condition
        self._telemetry = telemetry
        self._gate = gate
        self._outstanding = Outstanding(gate)
        self._sent_unserved = 0
        self._served_s = 0.0
        self._undelivered = UndeliveredMessages(spool, telemetry.name)
        self._reports = DeliveryReports(self._outstanding, self._undelivered, condition, telemetry)
        self._again: deque[Sending] = deque()
        self._flushed_in_vain = False
        self._failure = DeliveryFailure(condition)
        self._closing = threading.Event()
        self._thread = threading.Thread(
            target=self._poll, name=f"{telemetry.name}-delivery", daemon=True
        )
        self._thread.start()
        if spool is not None:
            self._send_kept(spool.topic)

    def room(self, topic: str, key: str) -> bool:
        """Return whether a message of `topic` with `key` can be sent now.

        False while the local queue is nearly full, or while unread data of the embedded broker
        nears what it keeps.
        """
        del key  # every partition counts, see RetentionGate.has_room
        outstanding = self._outstanding
        if outstanding.messages >= MAX_LOCAL_MESSAGES or outstanding.total_bytes >= MAX_LOCAL_BYTES:
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
        on_delivered: OnDelivered | None = None,
        headers: Mapping[str, str] | None = None,
        shrink: Shrink | None = None,
    ) -> None:
        """Send a message; `on_delivered` is called once the broker has it.

        That is from another thread, or from within a later call of this one.

        Args:
            topic: where to.
            key: decides about the partition.
            payload: the message.
            on_delivered: see above.
            headers: go with it.
            shrink: makes smaller messages, sent in its place one after the other while it turns
                out too large for the broker, with `REDUCED_HEADER`; may be called from another
                thread.

        Raises:
            MessageTooLargeError: the message is larger than the broker takes.
            KafkaUnavailableError: an earlier message could not be delivered, or the local queue
                stayed full for `SEND_TIMEOUT_S`. With a spool the message is kept all the same.
        """
        made: Headers = [*headers.items()] if headers else ()
        self._send(self._sending(topic, key, payload, made, on_delivered, shrink))
        self._serve_now_and_then(1)

    def send_all(
        self, topic: str, messages: Sequence[Outgoing], shrink: Shrink | None = None
    ) -> list[int]:
        """Send messages in one go, which costs less than one by one; see `send`.

        One that turns out too large is sent in a smaller form after the others.

        Returns:
            The positions of those that are larger than the broker takes and are not sent.

        Raises:
            KafkaUnavailableError: as for `send`.
        """
        report = self._reports.take
        sendings = [
            Sending(report, topic, key, payload, len(payload), (), on_delivered, shrink)
            for key, payload, on_delivered in messages
        ]
        if self._undelivered.keeps:
            for sending in sendings:
                self._undelivered.keep(sending)
        self._outstanding.add(topic, len(sendings), sum(sending.size for sending in sendings))
        left = deque(sendings)
        too_large = []
        try:
            left = deque(self._try_send_all(topic, sendings))
            while left:
                sending = left.popleft()
                try:
                    self._hand_over(sending)
                except MessageTooLargeError:
                    too_large.append(sendings.index(sending))
        except BaseException:
            for sending in left:
                self._outstanding.fail(sending)
            raise
        self._serve_now_and_then(len(sendings))
        return too_large

    def _sending(
        self,
        topic: str,
        key: str | bytes | None,
        payload: bytes,
        headers: Headers,
        on_delivered: OnDelivered | None,
        shrink: Shrink | None = None,
    ) -> Sending:
        size = size_of(payload, headers)
        return Sending(self._reports.take, topic, key, payload, size, headers, on_delivered, shrink)

    def _serve_now_and_then(self, sent: int) -> None:
        self._sent_unserved += sent
        if self._sent_unserved >= SERVE_EVERY:
            self._sent_unserved = 0
            self._serve(0.0)
            self._served_s = time.monotonic()

    def _send(self, sending: Sending) -> None:
        if self._undelivered.keeps:
            self._undelivered.keep(sending)
        self._outstanding.add(sending.topic, 1, sending.size)
        self._hand_over(sending)

    def _hand_over(self, sending: Sending) -> None:
        """Hand over a message noted as outstanding already, or a smaller one in its place."""
        try:
            if not self._try_send(sending):
                self._send_when_there_is_space(sending)
        except MessageTooLargeError:
            self._outstanding.fail(sending)
            self._undelivered.release(sending)
            smaller = reduced(sending, self._condition.quiet, self._telemetry)
            if smaller is None:
                raise
            self._send(smaller)
        except BaseException:
            self._outstanding.fail(sending)
            raise

    def _send_when_there_is_space(self, sending: Sending) -> None:
        deadline_s = time.monotonic() + SEND_TIMEOUT_S
        while not self._try_send(sending):
            if time.monotonic() > deadline_s:
                raise KafkaUnavailableError(
                    say(
                        "The broker has not taken any message for {limit_s:.0f} s.",
                        limit_s=SEND_TIMEOUT_S,
                    ),
                    next_step=say("See whether the Kafka cluster is up and reachable."),
                )
            self._closing.wait(0.02)

    def forward(
        self,
        topic: str,
        key: bytes | None,
        payload: bytes,
        headers: Headers,
        on_delivered: OnDelivered,
    ) -> None:
        """Send a message as it came from elsewhere, byte by byte.

        Raises:
            MessageTooLargeError: the message is larger than the broker takes.
            KafkaUnavailableError: as for `send`.
        """
        self._send(self._sending(topic, key, payload, headers, on_delivered))

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

        dead_letters.tell(delivery, worker, error)
        topic, key = dead_letters.dead_letter_topic(delivery.topic), delivery.raw_key
        value, headers = dead_letters.made_from(delivery, worker, error)
        size = size_of(value, headers)
        self._send(DeadLetter(self._reports.take, topic, key, value, size, headers, on_delivered))

    def check(self) -> None:
        """Raise if a message could not be delivered or the broker refuses this client.

        Raises:
            KafkaUnavailableError: says what the broker answered.
        """
        self._failure.check()

    def flush(self, timeout_s: float = 3.0) -> bool:
        """Wait until everything sent is acknowledged; False when that took longer.

        Call it before the consumer of the input is closed, so that finished work is committed.
        """
        deadline_s = time.monotonic() + timeout_s
        while self._outstanding.messages and time.monotonic() < deadline_s and not self._failure:
            self._closing.wait(0.01)
        self._flushed_in_vain = self._outstanding.messages > 0
        return not self._flushed_in_vain

    def close(self, timeout_s: float = 6.0) -> int:
        """Deliver what is under way, for at most `timeout_s`; return how many were not delivered."""
        self._closing.set()
        self._thread.join()
        if self._condition.is_down:
            timeout_s = min(timeout_s, CLOSE_TIMEOUT_DOWN_S)
        if self._flushed_in_vain:
            timeout_s = min(timeout_s, CLOSE_TIMEOUT_FLUSHED_S)
        try:
            remaining = self._handover.flush(timeout_s)
            self._settle()
            if self._again:
                self._send_again()
                remaining = self._handover.flush(timeout_s)
            if remaining:
                # Reports them as failed, so that nobody believes they were delivered.
                self._handover.purge()
                self._handover.flush(1.0)
        except (KafkaException, SystemError) as error:
            remaining = len(self._handover)
            self._failure.note(words_of(error))
        self._settle()
        self._outstanding.forget_all()
        remaining = self._undelivered.close(remaining + len(self._again))
        self._condition.forget()
        return remaining

    def _settle(self) -> None:
        self._reports.settle(self._take_refusal, self._failure.note)

    def _take_refusal(self, sending: Sending, error: KafkaError) -> None:
        if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
            if not sending.goes_alone:
                # Its batch was too large; which message made it so shows when each goes alone.
                self._undelivered.release(sending)
                self._queue_again(msgspec.structs.replace(sending, goes_alone=True))
                return
            smaller = reduced(sending, self._condition.quiet, self._telemetry)
            if smaller is not None:
                self._undelivered.release(sending)
                self._queue_again(smaller)  # sent by the thread of the reports
                return
        self._telemetry.count("undelivered")
        if error.code() in NEVER_TAKEN:
            self._undelivered.release(sending)
        if not self._closing.is_set():
            self._failure.note(
                verbatim(f"{sending.topic}: {error.str()}"), NEXT_STEPS.get(error.code())
            )

    def _send_again(self) -> None:
        """Hand over what is sent anew with less in it; goes on later when the queue is full."""
        while self._again and not self._failure:
            sending = self._again[0]
            try:
                if not self._try_send(sending):
                    return
            except KafkaUnavailableError:
                return  # the worker hears of it at its next call
            except MessageTooLargeError as error:
                self._outstanding.fail(sending)
                self._undelivered.release(sending)
                smaller = reduced(sending, self._condition.quiet, self._telemetry)
                if smaller is not None:
                    self._queue_again(smaller)
                else:
                    self._failure.note(words_of(error), NEXT_STEPS[KafkaError.MSG_SIZE_TOO_LARGE])
            self._again.popleft()

    def _queue_again(self, smaller: Sending) -> None:
        self._undelivered.keep(smaller)
        self._outstanding.add(smaller.topic, 1, smaller.size)
        self._again.append(smaller)

    def _try_send(self, sending: Sending) -> bool:
        """Hand the message to the client; False when its queue is full."""
        self.check()
        try:
            return self._handover.give(sending)
        except KafkaException as error:
            self._failure.raise_for(error)
            return False

    def _try_send_all(self, topic: str, sendings: list[Sending]) -> list[Sending]:
        """Hand messages to the client; return those that it has not taken."""
        self.check()
        try:
            return self._handover.give_all(topic, sendings)
        except KafkaException as error:
            self._failure.raise_for(error)
            return sendings

    def _poll(self) -> None:
        while not self._closing.is_set():
            if time.monotonic() - self._served_s < SENDER_SERVES_S:
                self._closing.wait(SENDER_SERVES_S)
            elif not self._serve(POLL_INTERVAL_S):
                return
            self._send_again()
            self._condition.watch(self._outstanding.messages, time.monotonic())

    def _serve(self, timeout_s: float) -> bool:
        """Take delivery reports; False when the client is broken and only a new one helps."""
        try:
            self._handover.poll(timeout_s)
        except (KafkaException, SystemError) as error:
            self._failure.note(words_of(error))  # a fatal error of an idempotent producer
            return False
        finally:
            self._settle()
        return True

    def _send_kept(self, topic: str) -> None:
        """Send what an earlier producer could not deliver, before anything else."""
        made = [
            self._sending(topic, kept.key, kept.payload, kept.headers, None)
            for kept in self._undelivered.load()
        ]
        if not made:
            return
        # All of them before the first is sent: a failure must find the rest there, too.
        self._undelivered.keep_from_before(made)
        for sending in made:
            try:
                self._send(sending)
            except MessageTooLargeError as error:
                self._condition.quiet.write("ERROR", "kept", f"a kept message is lost: {error}")
            except KafkaUnavailableError as error:
                self._failure.note(error.text, error.next_step)
                return
