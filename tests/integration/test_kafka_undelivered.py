"""What the source could not deliver outlives the process; what is too large goes without pictures."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.detection.analysis import Analysis
from pipeline.detection.frames import CapturedFrame
from pipeline.detection.publishing import ResultPublisher
from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.dead_letters import CUT_BYTES, CUT_HEADER, dead_letter_topic
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.kafka.errors import KafkaUnavailableError
from pipeline.kafka.producer import ReliableProducer
from pipeline.kafka.sending import REDUCED_HEADER
from pipeline.messages import DetectionResult, TrafficGroup, decode, utc_now
from pipeline.selftest.proxy import BrokerProxy
from pipeline.settings import KafkaSettings
from pipeline.states import WorkerName
from tests.integration.kafka_brokers import (
    TIMEOUT_S,
    answer_next,
    cluster_settings,
    numbers,
    take_all,
    telemetry,
    wait_until,
)
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration

TOPIC = "detection-results"
COUNT = 40
PRODUCE = 0
MESSAGE_TOO_LARGE = 10
OUT_OF_ORDER_SEQUENCE = 45


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    opened = EmbeddedBroker(KafkaSettings())
    yield opened
    opened.close()


@pytest.fixture
def proxy(broker: EmbeddedBroker) -> Iterator[BrokerProxy]:
    opened = BrokerProxy(broker.bootstrap_servers)
    yield opened
    opened.close()


@pytest.fixture
def access(proxy: BrokerProxy) -> KafkaAccess:
    """Give access as to any outside broker, through a line that can be cut."""
    return KafkaAccess(cluster_settings(proxy.address, embedded=True), None)


def source_producer(access: KafkaAccess) -> ReliableProducer:
    """Return a producer as the detection worker has it."""
    return access.producer(telemetry(), spooled_topic=TOPIC)


def deliver_one(producer: ReliableProducer, number: int = 0) -> None:
    delivered = threading.Event()
    producer.send(TOPIC, "k", str(number).encode(), delivered.set)
    assert delivered.wait(TIMEOUT_S)


def spool_files(access: KafkaAccess) -> list[Path]:
    return sorted(access.spool_folder.glob("*.spool"))


def read_numbers(access: KafkaAccess, count: int) -> list[int]:
    with contextlib.closing(access.consumer("reader", [TOPIC], telemetry())) as consumer:
        taken = take_all(consumer, lambda taken: len(numbers(taken)) == count)
        return [int(delivery.value) for delivery in taken]


@pytest.fixture
def outage_log(expect_log: ExpectLog) -> None:
    expect_log("brokers are down|Connect to|Connection refused|Disconnected", maybe=True)
    expect_log("could not be delivered before the stop; [0-9]+ of them are kept")


@pytest.mark.usefixtures("outage_log")
def test_what_could_not_be_delivered_is_sent_first_at_the_next_start(
    access: KafkaAccess, proxy: BrokerProxy
) -> None:
    """In the order in which it was sent; the file goes with the last acknowledgement."""
    producer = source_producer(access)
    deliver_one(producer)
    proxy.cut()
    for number in range(1, COUNT):
        producer.send(TOPIC, "k", str(number).encode(), headers={"number": str(number)})
    assert producer.close(1.0) == COUNT - 1
    assert [path.name for path in spool_files(access)] == ["detection-results.spool"]
    proxy.mend()
    after = source_producer(access)
    deliver_one(after, COUNT)
    wait_until(lambda: not spool_files(access))
    assert after.close() == 0
    assert read_numbers(access, COUNT + 1) == list(range(COUNT + 1))


@pytest.mark.usefixtures("outage_log")
def test_a_second_start_without_a_broker_keeps_everything(
    access: KafkaAccess, proxy: BrokerProxy
) -> None:
    """The new ones come behind the old ones, and none twice."""
    proxy.cut()
    for start in range(3):
        producer = source_producer(access)
        producer.send(TOPIC, "k", str(start).encode())
        assert producer.close(0.5) == start + 1
    proxy.mend()
    producer = source_producer(access)
    assert producer.flush(TIMEOUT_S)
    assert producer.close() == 0
    assert read_numbers(access, 3) == [0, 1, 2]
    assert not spool_files(access)


@pytest.mark.usefixtures("outage_log")
def test_a_producer_that_breaks_down_is_replaced_and_nothing_is_lost(
    access: KafkaAccess, broker: EmbeddedBroker, expect_log: ExpectLog
) -> None:
    """A fatal error of the idempotent client: what it held goes with the next one."""
    expect_log("Fatal error|sequence", maybe=True)
    producer = source_producer(access)
    deliver_one(producer)
    answer_next(broker, PRODUCE, OUT_OF_ORDER_SEQUENCE)
    producer.send(TOPIC, "k", b"1")

    def failed() -> bool:
        try:
            producer.check()
        except KafkaUnavailableError:
            return True
        return False

    wait_until(failed)
    with pytest.raises(KafkaUnavailableError):
        producer.send(TOPIC, "k", b"2")
    assert producer.close() == 2
    after = source_producer(access)
    assert after.flush(TIMEOUT_S)
    assert after.close() == 0
    assert sorted(set(read_numbers(access, 3))) == [0, 1, 2]


def test_a_message_that_the_broker_finds_too_large_goes_without_its_pictures(
    access: KafkaAccess, broker: EmbeddedBroker, expect_log: ExpectLog
) -> None:
    """The broker's own limit shows only in its answer; the worker goes on."""
    expect_log("too large for detection-results and is sent without its picture")
    producer = source_producer(access)
    answer_next(broker, PRODUCE, MESSAGE_TOO_LARGE)  # the batch
    answer_next(broker, PRODUCE, MESSAGE_TOO_LARGE)  # the message, alone
    delivered = threading.Event()
    producer.send(TOPIC, "k", b"1" * 1000, delivered.set, shrink=lambda _large: [lambda: b"1"])
    assert delivered.wait(TIMEOUT_S)
    producer.check()
    assert producer.close() == 0
    with contextlib.closing(access.consumer("reader", [TOPIC], telemetry())) as consumer:
        [message] = take_all(consumer, lambda taken: len(taken) == 1)
    assert message.value == b"1"
    assert message.headers == ((REDUCED_HEADER, b"1000"),)


def test_a_message_becomes_smaller_step_by_step(
    access: KafkaAccess, broker: EmbeddedBroker, expect_log: ExpectLog
) -> None:
    """No further than the broker asks for; the header tells the size that it had at first."""
    expect_log("too large for detection-results and is sent with a smaller picture")
    figures = telemetry()
    producer = access.producer(figures, spooled_topic=TOPIC)
    for _ in range(3):  # the batch; the message, alone; its first smaller form
        answer_next(broker, PRODUCE, MESSAGE_TOO_LARGE)
    delivered = threading.Event()
    steps = [lambda size=size: b"1" * size for size in (500, 200, 1)]
    producer.send(TOPIC, "k", b"1" * 1000, delivered.set, shrink=lambda _large: steps)
    assert delivered.wait(TIMEOUT_S)
    producer.check()
    assert producer.close() == 0
    with contextlib.closing(access.consumer("reader", [TOPIC], telemetry())) as consumer:
        [message] = take_all(consumer, lambda taken: len(taken) == 1)
    assert message.value == b"1" * 200
    assert message.headers == ((REDUCED_HEADER, b"1000"),)
    assert figures.snapshot().counters["reduced"] == 1


def test_what_is_small_itself_outlives_a_batch_that_is_too_large(
    access: KafkaAccess, broker: EmbeddedBroker
) -> None:
    """The broker refuses all of a batch and does not say whose fault it is."""
    figures = telemetry()
    producer = access.producer(figures, spooled_topic=TOPIC)
    deliver_one(producer)
    answer_next(broker, PRODUCE, MESSAGE_TOO_LARGE)
    told = [threading.Event() for _ in range(COUNT)]
    sent = [("k", str(n + 1).encode(), event.set) for n, event in enumerate(told)]
    assert producer.send_all(TOPIC, sent, shrink=lambda _large: [lambda: b"0"]) == []
    assert all(event.wait(TIMEOUT_S) for event in told)
    producer.check()
    assert producer.close() == 0
    assert sorted(read_numbers(access, COUNT + 1)) == list(range(COUNT + 1))
    assert "reduced" not in figures.snapshot().counters


def test_a_dead_letter_that_the_broker_finds_too_large_is_cut(
    access: KafkaAccess, broker: EmbeddedBroker, expect_log: ExpectLog
) -> None:
    expect_log("goes to the dead letters")
    expect_log("too large for detection-results.dlq and is cut to its first 100000 bytes")
    producer = source_producer(access)
    delivered = threading.Event()
    producer.send(TOPIC, "k", b"x" * 500_000, delivered.set)
    assert delivered.wait(TIMEOUT_S)
    with contextlib.closing(access.consumer("reader", [TOPIC], telemetry())) as consumer:
        [poison] = take_all(consumer, lambda taken: len(taken) == 1)
        answer_next(broker, PRODUCE, MESSAGE_TOO_LARGE)
        answer_next(broker, PRODUCE, MESSAGE_TOO_LARGE)
        producer.dead_letter(poison, WorkerName.GENERATOR, "no JSON")
        wait_until(lambda: consumer.in_flight == 0)
    assert producer.close() == 0
    dead = dead_letter_topic(TOPIC)
    with contextlib.closing(access.consumer("graves", [dead], telemetry())) as consumer:
        [letter] = take_all(consumer, lambda taken: len(taken) == 1)
    assert letter.value == b"x" * CUT_BYTES
    assert dict(letter.headers)[CUT_HEADER] == b"500000"


def test_detection_makes_the_evidence_of_a_result_that_is_too_large_smaller(
    access: KafkaAccess, expect_log: ExpectLog
) -> None:
    """Six groups of noise at the highest setting: all pictures arrive, smaller."""
    expect_log("too large for detection-results and is sent with a smaller picture")
    noise = np.random.default_rng(1).integers(0, 256, (800, 800, 3), np.uint8)
    groups = tuple(
        TrafficGroup(
            group_index=index,
            object_count=1,
            bbox=(0.0, 0.0, 800.0, 800.0),
            classes=("car",),
            average_confidence=0.5,
            object_indices=(),
            reason="new",
        )
        for index in range(6)
    )
    figures = telemetry()
    producer = access.producer(figures, spooled_topic=TOPIC)
    publisher = ResultPublisher(producer, TOPIC, figures, evidence_max_bytes=500_000)
    publisher.submit(CapturedFrame("cam-1", noise, 0.0, utc_now(), 0.0, 0), Analysis((), groups))
    publisher.close()
    assert producer.close() == 0
    with contextlib.closing(access.consumer("reader", [TOPIC], telemetry())) as consumer:
        [message] = take_all(consumer, lambda taken: len(taken) == 1)
    result = decode(message.value, DetectionResult)
    assert [group.reason for group in result.traffic_groups] == ["new"] * 6
    for group in result.traffic_groups:
        assert group.group_image_base64 is not None
        picture = cv2.imdecode(np.frombuffer(group.group_image_base64.jpeg, np.uint8), 1)
        assert picture is not None
        assert len(group.group_image_base64) < 100_000
    assert int(dict(message.headers)[REDUCED_HEADER]) > 1_000_000
    assert figures.snapshot().counters["reduced"] == 1


def test_a_broker_that_hangs_degrades_the_reader_until_it_answers(
    access: KafkaAccess, proxy: BrokerProxy, expect_log: ExpectLog
) -> None:
    """Its connections stay open, so that only the membership that ends tells of it."""
    expect_log("lost 4 partitions")
    expect_log("timed out|commit failed|coordinator", maybe=True)
    figures = telemetry()
    with contextlib.closing(access.consumer("reader", [TOPIC], figures)) as consumer:
        with contextlib.closing(source_producer(access)) as producer:
            deliver_one(producer)
        take_all(consumer, lambda taken: len(taken) == 1)[0].done()
        proxy.freeze()
        wait_until(lambda: consumer.take(1) == [] and figures.degraded is not None)
        assert "did not answer in time" in str(figures.degraded)
        proxy.thaw()
        wait_until(lambda: consumer.take(1) == [] and figures.degraded is None)
