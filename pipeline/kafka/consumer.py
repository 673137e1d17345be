"""A consumer for work that finishes later and out of order: at least once, never skipped.

An offset is stored when everything up to it is done (`OffsetTracker`); librdkafka commits what is
stored. A partition that is taken away is given back with its finished prefix committed; what was
not finished is read by its next owner.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from loguru import logger

from pipeline.kafka.condition import BrokerCondition
from pipeline.kafka.delivery import AssignedPartition, Delivery
from pipeline.kafka.errors import KafkaUnavailableError
from pipeline.kafka.retention import RetentionGate
from pipeline.telemetry import WorkerTelemetry
from pipeline.texts import say

REVOKE_WAIT_S = 2.0
"""How long a partition that is taken away waits for its unfinished work."""

CLOSE_TIMEOUT_S = 4.0
"""How long leaving the group may take; a worker has 10 s for its whole stop."""

MAX_POLL_GAP_S = 5.0
"""A consumer that takes nothing for this long is paused and polled, to stay in its group."""

STORE_INTERVAL_S = 0.02
"""How often the client library is told what is finished, while messages come; it commits much less
often, and to tell of each partition after each batch is dear."""

_EXPECTED_ON_COMMIT = frozenset(
    {
        KafkaError._NO_OFFSET,
        KafkaError._STATE,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
    }
)
"""The partition has another owner already, or nothing was finished: a repeat, not a loss."""


class WorkConsumer:
    """A member of a consumer group; used by one thread, finished from any."""

    def __init__(
        self,
        group: str,
        topics: Sequence[str],
        condition: BrokerCondition,
        telemetry: WorkerTelemetry,
        gate: RetentionGate | None,
        beside: Sequence[str] = (),
    ) -> None:
        """Read `topics`, whose messages are the worker's work, and others `beside` them."""
        self._group = group
        self._topics = [*topics, *beside]
        self._beside = frozenset(beside)
        self._condition = condition
        self._telemetry = telemetry
        self._gate = gate
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiting = False
        self._finished: deque[Delivery] = deque()
        self._assigned: dict[tuple[str, int], AssignedPartition] = {}
        self._lost_key = f"lost-{group}"
        self._paused = False
        self._closed = False
        self._polled_s = time.monotonic()
        self._stored_s = 0.0
        self._leaving: threading.Thread | None = None
        self._consumer: Consumer

    def open(self, consumer: Consumer) -> None:
        """Join the group with `consumer`, whose commits are reported to `on_commit`."""
        self._consumer = consumer
        consumer.subscribe(
            self._topics,
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )
        logger.bind(worker=self._telemetry.name.value).info(
            "Kafka consumer started: group={}, topics={}", self._group, self._topics
        )

    def owns(self, topic: str, partition: int) -> bool:
        """Return whether a partition is assigned to this member of the group."""
        with self._lock:
            return (topic, partition) in self._assigned

    @property
    def in_flight(self) -> int:
        """How many messages are taken and not finished."""
        with self._lock:
            self._take_up_finished()
            return sum(owned.tracker.unfinished for owned in self._assigned.values())

    @property
    def is_leaving(self) -> bool:
        """Whether the client library is still at work on the leave that `close` began."""
        return self._leaving is not None and self._leaving.is_alive()

    def take(self, max_messages: int, timeout_s: float = 0.2) -> list[Delivery]:
        """Return up to `max_messages` messages, as soon as there is one.

        Take only as many as there are free slots. With 0 the call waits for `timeout_s` and keeps
        the membership alive; call again within a few seconds in any case.

        Raises:
            KafkaUnavailableError: the broker refuses this client.
        """
        self._telemetry.beat()
        if self._condition.trouble is not None:
            raise self._condition.trouble
        now_s = time.monotonic()
        if max_messages <= 0 or now_s - self._stored_s >= STORE_INTERVAL_S:
            self._store_finished()
            self._stored_s = now_s
        if max_messages <= 0:
            self._wait_without_taking(timeout_s)
            return []
        self._resume()
        self._polled_s = now_s
        # One poll, then what is there already: a batch call would wait for the batch to fill.
        first = self._poll(timeout_s)
        if first is None:
            return []
        # Tracked before the next call, in which its partition may go and come again.
        deliveries: list[Delivery] = []
        self._track([first], deliveries)
        if max_messages > 1:
            self._track(self._consumer.consume(max_messages - 1, 0.0), deliveries)
        beside = self._beside
        work = sum(one.topic not in beside for one in deliveries) if beside else len(deliveries)
        self._telemetry.count("in", work)
        return deliveries

    def finish(self, delivery: Delivery) -> None:
        """Note that a delivery is done (see `Delivery.done`).

        The next `take` stores the completed prefix: since 2.16 the client library lets every other
        thread wait while one polls, and that would hold up all acknowledgements.
        """
        self._finished.append(delivery)
        if self._waiting:
            with self._changed:
                self._changed.notify_all()

    def close(self) -> None:
        """Commit the completed prefix and leave the group; unfinished work returns to it.

        Returns after `CLOSE_TIMEOUT_S` at the latest. With the broker away librdkafka keeps trying
        to commit for a session timeout; it is left to that then, and what it cannot commit is read
        again.
        """
        if self._leaving is not None:
            return
        leaving = threading.Thread(target=self._leave, name=f"{self._group}-close", daemon=True)
        self._leaving = leaving
        leaving.start()
        leaving.join(CLOSE_TIMEOUT_S)
        if self.is_leaving:
            logger.bind(worker=self._telemetry.name.value).warning(
                "{} could not commit its last offsets: no broker answers; what was read since the "
                "last commit is read again",
                self._group,
            )
        self._telemetry.recover(self._lost_key)
        self._condition.forget()

    def on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        """Take the outcome of a commit (called by the client library)."""
        if error is not None:
            if error.code() not in _EXPECTED_ON_COMMIT:
                self._condition.quiet.write("WARNING", "commit", f"commit failed: {error.str()}")
            return
        self._condition.set_up()
        self._tell_gate(partitions)

    def _take_up_finished(self) -> None:
        """Move the completed prefixes to what is finished by now; the lock must be held."""
        finished = self._finished
        while finished:
            delivery = finished.popleft()
            source = delivery.source
            if source.is_ours:
                store = source.tracker.done(delivery.offset)
                if store is not None:
                    source.finished = store

    def _forget(self, keys: Iterable[tuple[str, int]]) -> None:
        """Own these partitions no longer; the lock must be held."""
        for key in keys:
            owned = self._assigned.pop(key, None)
            if owned is not None:
                owned.is_ours = False

    def _leave(self) -> None:
        self._give_back(list(self._assigned))
        with self._changed:
            self._closed = True
            self._forget(list(self._assigned))
        try:
            self._consumer.close()
        except (KafkaException, RuntimeError, SystemError) as error:
            self._condition.quiet.write("WARNING", "close", f"closing failed: {error}")

    def _poll(self, timeout_s: float) -> Message | None:
        try:
            return self._consumer.poll(timeout_s)
        except (KafkaException, SystemError) as error:
            raise KafkaUnavailableError(
                say(
                    "The Kafka consumer of {group} broke down: {error}.",
                    group=self._group,
                    error=error,
                ),
                next_step=say("The worker starts anew and reads on from its last commit."),
            ) from error

    def _track(self, messages: list[Any], deliveries: list[Delivery]) -> None:
        """Add to `deliveries` what came of the partitions that are ours.

        Args:
            messages: as the client library gives them; its types allow None where none comes.
            deliveries: is added to.
        """
        errors = []
        owned: AssignedPartition | None = None
        take: Callable[[int], None]
        with self._lock:
            for message in messages:
                error = message.error()
                if error is not None:
                    errors.append(error)
                    continue
                topic, partition = message.topic(), message.partition()
                if owned is None or owned.partition != partition or owned.topic != topic:
                    owned = self._assigned.get((topic, partition))
                    if owned is None:
                        continue  # taken away between fetch and here; its next owner reads it
                    take = owned.tracker.take
                offset = message.offset()
                take(offset)
                deliveries.append(Delivery(message, owned, offset, message.value() or b""))
        for error in errors:
            self._note_error(error)

    def _note_error(self, error: KafkaError) -> None:
        """Take an error that came in the place of a message, such as a right that is missing."""
        if error.code() != KafkaError._PARTITION_EOF:
            self._condition.on_error(error)

    def _wait_without_taking(self, timeout_s: float) -> None:
        # Pausing drops what was fetched ahead, so it is kept for waits that are really long.
        if not self._paused and time.monotonic() - self._polled_s < MAX_POLL_GAP_S:
            with self._changed:
                self._waiting = True
                if not self._finished:
                    self._changed.wait(timeout_s)
                self._waiting = False
            return
        if not self._paused:
            self._paused = True
            self._pause()
        message = self._poll(timeout_s)
        self._polled_s = time.monotonic()
        if message is None:
            return
        error = message.error()
        if error is not None:
            self._note_error(error)
        else:
            self._put_back(message)

    def _pause(self) -> None:
        assignment = self._consumer.assignment()
        if assignment:
            self._consumer.pause(assignment)

    def _put_back(self, message: Message) -> None:
        """Have a message read again later that came although nothing was wanted.

        Its partition was assigned during the pause, and is not paused itself.
        """
        topic, partition, offset = _place(message)
        place = TopicPartition(topic, partition, offset)
        self._consumer.pause([place])
        self._consumer.seek(place)

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            assignment = self._consumer.assignment()
            if assignment:
                self._consumer.resume(assignment)

    def _on_assign(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        with self._changed:
            for partition in partitions:
                key = (partition.topic, partition.partition)
                self._forget([key])
                self._assigned[key] = AssignedPartition(self, *key)
        self._telemetry.recover(self._lost_key)
        if partitions:
            logger.bind(worker="kafka").info(
                "{} got {} partitions of {}", self._group, len(partitions), _names(partitions)
            )

    def _on_revoke(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        keys = [(partition.topic, partition.partition) for partition in partitions]
        self._give_back(keys)
        with self._changed:
            self._forget(keys)

    def _on_lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        with self._changed:
            self._forget((partition.topic, partition.partition) for partition in partitions)
        # A broker that hangs shows in nothing else for a minute: its connections stay open.
        if not self._closed:
            self._telemetry.degrade(
                self._lost_key,
                say("broker did not answer in time; joining the group again, nothing is lost"),
            )
        logger.bind(worker="kafka").warning(
            "{} lost {} partitions; unfinished work is read again by their next owner",
            self._group,
            len(partitions),
        )

    def _give_back(self, keys: list[tuple[str, int]]) -> None:
        """Wait a little for unfinished work of these partitions, then commit their prefix."""

        def finished() -> bool:
            self._take_up_finished()
            return not any(
                owned.tracker.unfinished
                for key in keys
                if (owned := self._assigned.get(key)) is not None
            )

        with self._changed:
            self._waiting = True  # before the first look: who finishes after it must wake us
            self._changed.wait_for(finished, REVOKE_WAIT_S)
            self._waiting = False
        self._store_finished()
        if self._condition.is_down:
            return  # a commit would wait for the broker for a whole session timeout, in vain
        try:
            committed = self._consumer.commit(asynchronous=False)
        except KafkaException as error:
            if error.args[0].code() not in _EXPECTED_ON_COMMIT:
                self._condition.quiet.write("WARNING", "commit", f"commit failed: {error}")
            return
        self._tell_gate(committed or [])

    def _store_finished(self) -> None:
        """Tell the client library what may be committed; called by the thread that takes."""
        with self._lock:
            self._take_up_finished()
            offsets = [
                TopicPartition(topic, partition, owned.finished)
                for (topic, partition), owned in self._assigned.items()
                if owned.finished is not None
            ]
            for owned in self._assigned.values():
                owned.finished = None
        if not offsets:
            return
        try:
            self._consumer.store_offsets(offsets=offsets)
        except KafkaException as error:
            if error.args[0].code() not in _EXPECTED_ON_COMMIT:
                raise

    def _tell_gate(self, partitions: list[TopicPartition]) -> None:
        if self._gate is not None:
            self._gate.note_committed(
                self._group,
                [
                    (partition.topic, partition.partition, partition.offset)
                    for partition in partitions
                    if partition.error is None and partition.offset >= 0
                ],
            )


def _place(message: Message) -> tuple[str, int, int]:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    return topic, partition, offset


def _names(partitions: list[TopicPartition]) -> str:
    return ", ".join(sorted({partition.topic for partition in partitions}))
