"""What happens while no broker answers, and what is left after a stop."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType

from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.kafka.errors import KafkaUnavailableError, MessageTooLargeError
from pipeline.kafka.lag import LagMonitor
from pipeline.kafka.lag_rules import LagStatus
from pipeline.settings import KafkaSettings
from tests.integration.kafka_brokers import (
    BROKERS,
    cluster_settings,
    open_access,
    send_numbers,
    take_all,
    telemetry,
    wait_until,
)
from tests.integration.tansu import running_tansu
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration

STOP_LIMIT_S = 10.0
PROCESS = Path("/proc/self")


@pytest.mark.slow
def test_a_broker_that_goes_away_degrades_and_a_stop_stays_short(
    tmp_path: Path, expect_log: ExpectLog
) -> None:
    """The worker says so, counts what it could not deliver, and stops within its time."""
    expect_log("brokers are down", maybe=True)
    expect_log("Connect to|Disconnected|Connection refused|timed out|Coordinator", maybe=True)
    expect_log("could not commit its last offsets|commit failed", maybe=True)
    expect_log("lost 4 partitions", maybe=True)
    expect_log("2 messages could not be delivered before the stop")
    figures = telemetry()
    with running_tansu(tmp_path) as tansu:
        access = KafkaAccess(cluster_settings(tansu.bootstrap_servers, embedded=False), None)
        access.ensure_topics()
        topic = access.settings.topics.detection_results
        monitor = LagMonitor(access)
        monitor.start()
        send_numbers(access, topic, 20)
        producer = access.producer(figures)
        consumer = access.consumer("group", [topic], figures)
        for delivery in take_all(consumer, lambda taken: len(taken) == 20):
            delivery.done()
        assert monitor.wait_for_next(10.0)
        assert monitor.snapshot().broker_ok
        tansu.kill()
        wait_until(lambda: figures.degraded is not None)
        assert tansu.bootstrap_servers in str(figures.degraded)
        delivered: list[int] = []
        for number in range(2):
            producer.send(topic, "k", b"x", lambda number=number: delivered.append(number))  # type: ignore[misc]
        wait_until(lambda: not monitor.snapshot().broker_ok)
        assert monitor.snapshot().error
        assert monitor.snapshot().links
        began_s = time.monotonic()
        consumer.close()
        assert producer.close() == 2
        assert time.monotonic() - began_s < STOP_LIMIT_S
        assert delivered == []
        assert figures.degraded is None
        began_s = time.monotonic()
        monitor.stop()
        assert time.monotonic() - began_s < STOP_LIMIT_S
        # Left to librdkafka, which gives up after the session; waited for to leave no thread.
        wait_until(lambda: not consumer.is_leaving)


def test_topics_without_a_broker_name_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says where nobody answers, and what to look at."""
    monkeypatch.setattr("pipeline.kafka.access.METADATA_TIMEOUT_S", 1.0)
    settings = KafkaSettings(mode="cluster", bootstrap_servers="127.0.0.1:1")
    with pytest.raises(KafkaUnavailableError, match=r"127\.0\.0\.1:1") as caught:
        KafkaAccess(settings, None).ensure_topics()
    assert "address" in caught.value.next_step


def test_topics_are_made_once_with_the_wanted_partitions(tmp_path: Path) -> None:
    """Topics that are there are left as they are."""
    with open_access("tansu", tmp_path, partitions=3) as access:
        access.ensure_topics()
        more = access.settings.model_copy(update={"partitions": 5})
        KafkaAccess(more, None).ensure_topics()
        topics = access.admin().list_topics(timeout=5.0).topics
        made = {name: len(topic.partitions) for name, topic in topics.items()}
        assert set(made.values()) == {3}
        assert {
            "detection-results",
            "detection-results.dlq",
            "assessment-tasks",
            "risk-alerts",
        } <= set(made)


def test_a_message_that_is_too_large_says_so(tmp_path: Path) -> None:
    """The worker can send it with less evidence, and the producer goes on."""
    with open_access("embedded", tmp_path) as access:
        producer = access.producer(telemetry())
        with pytest.raises(MessageTooLargeError, match="2000000 bytes"):
            producer.send("detection-results", "k", b"x" * 2_000_000)
        producer.check()
        assert producer.room("detection-results", "k")
        assert producer.close() == 0


@pytest.mark.parametrize("broker", BROKERS)
def test_lag_follows_the_group(broker: str, tmp_path: Path) -> None:
    """Lag rises with what nobody reads, also after the reader has gone, and falls to nothing."""
    with open_access(broker, tmp_path, partitions=1) as access:
        topic = access.settings.topics.detection_results
        group = access.settings.groups.generator
        monitor = LagMonitor(access)
        monitor.start()

        def lag() -> int:
            link = monitor.snapshot().links.get((group, topic))
            return -1 if link is None else link.messages

        wait_until(lambda: lag() == 0)
        send_numbers(access, topic, 3)
        wait_until(lambda: lag() == 3)
        link = monitor.snapshot().links[group, topic]
        assert link.seconds is None or link.seconds >= 0.0
        consumer = access.consumer(group, [topic], telemetry())
        for delivery in take_all(consumer, lambda taken: len(taken) == 3):
            delivery.done()
        # What is done is stored by the next take, as in a worker's loop.
        wait_until(lambda: consumer.take(0, 0.05) == [] and lag() == 0)
        consumer.close()
        send_numbers(access, topic, 1)
        wait_until(lambda: lag() == 1)
        wait_until(lambda: (monitor.snapshot().links[group, topic].seconds or 0.0) > 1.5)
        snapshot = monitor.snapshot()
        assert snapshot.links[group, topic].status is LagStatus.OK
        assert [messages for _, messages in monitor.history(group, topic)][-1] == 1
        monitor.stop()


def test_a_crowd_of_unread_messages_is_never_negative_on_tansu(tmp_path: Path) -> None:
    """Tansu tells too low an end after a batch; what is committed is believed instead."""
    with open_access("tansu", tmp_path, partitions=1) as access:
        topic = access.settings.topics.detection_results
        group = access.settings.groups.generator
        send_numbers(access, topic, 100)
        consumer = access.consumer(group, [topic], telemetry())
        for delivery in take_all(consumer, lambda taken: len(taken) == 100):
            delivery.done()
        consumer.close()
        monitor = LagMonitor(access)
        monitor.start()
        assert monitor.wait_for_next(10.0)
        monitor.stop()
        [partition] = monitor.snapshot().links[group, topic].partitions
        assert (partition.committed, partition.end, partition.messages) == (100, 100, 0)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts by /proc")
def test_ten_starts_leave_no_thread_and_no_handle() -> None:
    """Broker, clients and lag monitor end without a trace."""

    def count() -> tuple[int, int]:
        return len(list(PROCESS.joinpath("fd").iterdir())), len(
            list(PROCESS.joinpath("task").iterdir())
        )

    def start_and_stop() -> None:
        settings = KafkaSettings()
        broker = EmbeddedBroker(settings)
        access = KafkaAccess(settings, broker)
        monitor = LagMonitor(access)
        monitor.start()
        producer = access.producer(telemetry())
        consumer = access.consumer("group", [settings.topics.detection_results], telemetry())
        producer.send(settings.topics.detection_results, "k", b"x")
        for delivery in take_all(consumer, lambda taken: len(taken) == 1):
            delivery.done()
        consumer.close()
        assert producer.close() == 0
        assert monitor.wait_for_next(10.0)
        monitor.stop()
        broker.close()

    start_and_stop()
    before = count()
    for _ in range(10):
        start_and_stop()
    wait_until(lambda: count() <= before)


@pytest.mark.parametrize(("hours", "wanted"), [(0, None), (48, "172800000")])
def test_topics_are_made_with_the_retention_of_the_settings(
    hours: int, wanted: str | None, tmp_path: Path
) -> None:
    with running_tansu(tmp_path) as tansu:
        settings = cluster_settings(tansu.bootstrap_servers, embedded=False)
        access = KafkaAccess(settings.model_copy(update={"retention_hours": hours}), None)
        access.ensure_topics()
        resource = ConfigResource(ResourceType.TOPIC, settings.topics.detection_results)
        admin = access.admin()
        (future,) = admin.describe_configs([resource]).values()
        told = future.result(30.0)
        found = told["retention.ms"].value if "retention.ms" in told else None
        assert found == wanted
