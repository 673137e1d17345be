"""Messages sent in one go: all arrive, in order, each told once; a closed producer leaves at once."""

from __future__ import annotations

import gc
import threading
import weakref
from collections import Counter
from collections.abc import Iterator

import pytest

from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.kafka.errors import KafkaUnavailableError
from pipeline.kafka.sending import REDUCED_HEADER, Outgoing
from pipeline.settings import KafkaSettings
from pipeline.texts import verbatim
from tests.integration.kafka_brokers import TIMEOUT_S, take_all, telemetry
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration

TOPIC = "assessment-tasks"
QUEUE = 20
"""Messages for which the client has room in these tests."""


@pytest.fixture
def access() -> Iterator[KafkaAccess]:
    settings = KafkaSettings(producer={"queue.buffering.max.messages": QUEUE})
    broker = EmbeddedBroker(settings)
    yield KafkaAccess(settings, broker)
    broker.close()


class Told:
    """Which messages the broker is told to have, and how often each."""

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()
        self._changed = threading.Condition()

    def message(self, number: int, payload: bytes | None = None) -> Outgoing:
        def on_delivered() -> None:
            with self._changed:
                self.counts[number] += 1
                self._changed.notify_all()

        return "cam-1", str(number).encode() if payload is None else payload, on_delivered

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.counts) == count, TIMEOUT_S)


def read(access: KafkaAccess, count: int) -> list[bytes]:
    consumer = access.consumer("reader", [TOPIC], telemetry())
    try:
        return [one.value for one in take_all(consumer, lambda taken: len(taken) >= count)]
    finally:
        consumer.close()


def test_a_batch_larger_than_the_queue_arrives_whole_and_in_order(access: KafkaAccess) -> None:
    told, count = Told(), QUEUE * 10
    figures = telemetry()
    producer = access.producer(figures)
    for start in range(0, count, QUEUE * 5):
        sent = [told.message(number) for number in range(start, start + QUEUE * 5)]
        assert producer.send_all(TOPIC, sent) == []
    told.wait_for(count)
    assert producer.close() == 0
    assert set(told.counts.values()) == {1}
    assert [int(value) for value in read(access, count)] == list(range(count))
    assert figures.snapshot().counters["out"] == count


def test_one_that_is_too_large_is_named_and_the_others_arrive(access: KafkaAccess) -> None:
    told = Told()
    producer = access.producer(telemetry())
    sent = [told.message(n, b"x" * 2_000_000 if n == 3 else None) for n in range(8)]
    assert producer.send_all(TOPIC, sent) == [3]
    told.wait_for(7)
    assert producer.close() == 0
    assert [int(value) for value in read(access, 7)] == [0, 1, 2, 4, 5, 6, 7]


def test_one_that_is_too_large_goes_in_its_smaller_form(
    access: KafkaAccess, expect_log: ExpectLog
) -> None:
    expect_log("too large for assessment-tasks and is sent without its picture")
    told = Told()
    producer = access.producer(telemetry())
    sent = [told.message(n, b"x" * 2_000_000 if n == 3 else None) for n in range(8)]
    assert producer.send_all(TOPIC, sent, shrink=lambda _large: [lambda: b"3"]) == []
    told.wait_for(8)
    assert producer.close() == 0
    consumer = access.consumer("reader", [TOPIC], telemetry())
    taken = take_all(consumer, lambda taken: len(taken) == 8)
    consumer.close()
    assert sorted(int(one.value) for one in taken) == list(range(8))
    reduced = {one.value: one.headers for one in taken if one.headers}
    assert reduced == {b"3": ((REDUCED_HEADER, b"2000000"),)}


def test_nothing_counts_as_sent_that_a_failed_producer_refuses(access: KafkaAccess) -> None:
    """A worker waits for what is under way before it stops: it must not wait for ever."""
    told = Told()
    producer = access.producer(telemetry())
    producer._failure.note(verbatim("as after a refusal"))
    with pytest.raises(KafkaUnavailableError):
        producer.send_all(TOPIC, [told.message(number) for number in range(5)])
    assert producer._outstanding.messages == 0
    assert producer._outstanding.total_bytes == 0
    assert producer.close() == 0
    assert not told.counts


@pytest.mark.parametrize("spooled", [None, TOPIC])
def test_a_closed_producer_is_freed_at_once(access: KafkaAccess, spooled: str | None) -> None:
    """Its client has threads and connections, which must not wait for the garbage collector."""
    told = Told()
    producer = access.producer(telemetry(), spooled_topic=spooled)
    producer.send_all(TOPIC, [told.message(number) for number in range(5)])
    told.wait_for(5)
    assert producer.close() == 0
    gone = weakref.ref(producer)
    gc.disable()
    try:
        del producer
        assert gone() is None
    finally:
        gc.enable()
