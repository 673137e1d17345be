"""Brokers that the Kafka tests run against, and small steps that they share."""

from __future__ import annotations

import contextlib
import ctypes
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.consumer import WorkConsumer
from pipeline.kafka.delivery import Delivery
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.kafka.librdkafka import library
from pipeline.settings import KafkaSettings
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry
from tests.integration.tansu import running_tansu

# Tansu lets each join of a group wait for half a session: true, and slow.
BROKERS = ("embedded", pytest.param("tansu", marks=pytest.mark.slow))
TIMEOUT_S = 30.0

# Tansu lets a group wait for half of it at every join; 6 s is the least that Kafka takes.
_QUICK: dict[str, str | int | float | bool] = {
    "session.timeout.ms": 6000,
    "heartbeat.interval.ms": 1500,
}


def cluster_settings(servers: str, *, embedded: bool) -> KafkaSettings:
    """Return settings of a client in another process, as for any outside broker."""
    quick = _QUICK if not embedded else {"session.timeout.ms": 2000, "heartbeat.interval.ms": 500}
    return KafkaSettings(mode="cluster", bootstrap_servers=servers, consumer=quick)


@contextlib.contextmanager
def open_access(broker: str, folder: Path, partitions: int = 4) -> Iterator[KafkaAccess]:
    """Give access to a fresh broker of that kind, its topics made."""
    if broker == "embedded":
        settings = KafkaSettings(partitions=partitions)
        embedded = EmbeddedBroker(settings)
        try:
            yield KafkaAccess(settings, embedded)
        finally:
            embedded.close()
        return
    with running_tansu(folder) as tansu:
        settings = cluster_settings(tansu.bootstrap_servers, embedded=False).model_copy(
            update={"partitions": partitions}
        )
        access = KafkaAccess(settings, None)
        access.ensure_topics()
        yield access


def telemetry() -> WorkerTelemetry:
    """Return telemetry of some worker."""
    return WorkerTelemetry(WorkerName.GENERATOR)


def wait_until(condition: Callable[[], bool], timeout_s: float = TIMEOUT_S) -> None:
    """Wait for a condition.

    Raises:
        AssertionError: it did not come true in time.
    """
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.01)


def take_all(
    consumer: WorkConsumer,
    enough: Callable[[list[Delivery]], bool],
    timeout_s: float = TIMEOUT_S,
) -> list[Delivery]:
    """Take messages until there are enough.

    Raises:
        AssertionError: they did not come in time.
    """
    taken: list[Delivery] = []
    deadline_s = time.monotonic() + timeout_s
    while not enough(taken):
        assert time.monotonic() < deadline_s, f"only {len(taken)} messages came"
        taken += consumer.take(100, 0.1)
    return taken


def send_numbers(access: KafkaAccess, topic: str, count: int, keys: int = 8) -> None:
    """Send ``0`` ... ``count - 1`` with `keys` different keys; all are acknowledged on return."""
    producer = access.producer(telemetry())
    for number in range(count):
        producer.send(topic, f"cam-{number % keys}", str(number).encode())
    assert producer.close() == 0
    producer.check()


def numbers(deliveries: list[Delivery]) -> set[int]:
    """Return the numbers that `send_numbers` sent, as they came."""
    return {int(delivery.value) for delivery in deliveries}


def answer_next(broker: EmbeddedBroker, request: int, code: int) -> None:
    """Have the broker answer the next request of a kind (its number in the protocol) with an error."""
    push = library().rd_kafka_mock_push_request_errors_array
    push.restype = None
    push.argtypes = [ctypes.c_void_p, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(ctypes.c_int)]
    push(broker._cluster, request, 1, (ctypes.c_int * 1)(code))
