"""What a producer makes of a broker's answers: retried, refused, or the end of this producer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.kafka.errors import KafkaUnavailableError
from pipeline.kafka.producer import ReliableProducer
from pipeline.settings import KafkaSettings
from tests.integration.kafka_brokers import TIMEOUT_S, answer_next, telemetry, wait_until
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration

PRODUCE = 0
NOT_LEADER = 6
REQUEST_TIMED_OUT = 7
MESSAGE_TOO_LARGE = 10
TOPIC_AUTHORIZATION_FAILED = 29
OUT_OF_ORDER_SEQUENCE = 45
TOPIC = "detection-results"


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    opened = EmbeddedBroker(KafkaSettings())
    yield opened
    opened.close()


@pytest.fixture
def producer(broker: EmbeddedBroker) -> Iterator[ReliableProducer]:
    """Give a producer that has delivered before."""
    opened = KafkaAccess(KafkaSettings(), broker).producer(telemetry())
    delivered = threading.Event()
    opened.send(TOPIC, "k", b"before", delivered.set)
    assert delivered.wait(TIMEOUT_S)
    yield opened
    opened.close()


@pytest.fixture
def answer(broker: EmbeddedBroker) -> Callable[[int], None]:
    """Have the broker answer the next produce request with an error."""
    return lambda code: answer_next(broker, PRODUCE, code)


@pytest.mark.parametrize("code", [NOT_LEADER, REQUEST_TIMED_OUT])
def test_passing_trouble_is_retried(
    code: int, producer: ReliableProducer, answer: Callable[[int], None]
) -> None:
    """The worker never hears of it."""
    answer(code)
    delivered = threading.Event()
    producer.send(TOPIC, "k", b"x", delivered.set)
    assert delivered.wait(TIMEOUT_S)
    producer.check()


@pytest.mark.parametrize(
    ("code", "words", "next_step"),
    [
        (MESSAGE_TOO_LARGE, "too large", "max.message.bytes"),
        (TOPIC_AUTHORIZATION_FAILED, "authorization failed", "right to write"),
        (OUT_OF_ORDER_SEQUENCE, "sequence", "starts anew"),
    ],
)
def test_a_refusal_is_told_and_nothing_counts_as_delivered(
    code: int,
    words: str,
    next_step: str,
    broker: EmbeddedBroker,
    producer: ReliableProducer,
    answer: Callable[[int], None],
    expect_log: ExpectLog,
) -> None:
    """The worker must not mark its input as done; the next call says what the broker answered."""
    expect_log("Fatal error", maybe=True)
    answer(code)
    if code == MESSAGE_TOO_LARGE:
        answer(code)  # that was the batch; now for the message alone
    delivered = threading.Event()
    producer.send(TOPIC, "k", b"x", delivered.set)

    refusals: list[KafkaUnavailableError] = []

    def refused() -> bool:
        try:
            producer.check()
        except KafkaUnavailableError as error:
            refusals.append(error)
        return bool(refusals)

    wait_until(refused)
    assert words in str(refusals[0])
    assert next_step in refusals[0].next_step
    assert not delivered.is_set()
    with pytest.raises(KafkaUnavailableError):
        producer.send(TOPIC, "k", b"y")
    producer.close()
    # A fresh producer works, and nothing of the broken one blocks the gate.
    fresh = KafkaAccess(KafkaSettings(), broker).producer(telemetry())
    assert fresh.room(TOPIC, "k")
    fresh.send(TOPIC, "k", b"z", delivered.set)
    assert delivered.wait(TIMEOUT_S)
    assert fresh.close() == 0
