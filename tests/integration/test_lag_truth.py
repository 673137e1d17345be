"""Lag on a broker that tells its ends too low, and on topics that are deleted and made anew."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from confluent_kafka.cimpl import NewTopic

from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.lag import LagMonitor, LinkLag
from tests.integration.kafka_brokers import open_access, take_all, telemetry, wait_until
from tests.integration.kafka_brokers import send_numbers as send

pytestmark = pytest.mark.integration


def link_of(monitor: LagMonitor, access: KafkaAccess) -> LinkLag | None:
    group, topic = access.settings.groups.generator, access.settings.topics.detection_results
    return monitor.snapshot().links.get((group, topic))


def wait_for_lag(
    monitor: LagMonitor, access: KafkaAccess, messages: int, partitions: int = 1
) -> None:
    def has_come() -> bool:
        link = link_of(monitor, access)
        return link is not None and (link.messages, len(link.partitions)) == (messages, partitions)

    wait_until(has_come)


def test_batches_are_counted_whole(tmp_path: Path) -> None:
    """Tansu tells the end of a batch of many as that of one; the dead letters' count is exact."""
    with open_access("tansu", tmp_path, partitions=1) as access:
        topic = access.settings.topics.detection_results
        monitor = LagMonitor(access)
        monitor.start()
        with contextlib.closing(access.producer(telemetry())) as producer:
            for number in range(40):
                producer.send(topic, "k", str(number).encode())
                producer.send(f"{topic}.dlq", "k", b"x")
        wait_for_lag(monitor, access, 40)
        wait_until(lambda: monitor.snapshot().dlq[topic] == 40)
        group = access.settings.groups.generator
        with contextlib.closing(access.consumer(group, [topic], telemetry())) as consumer:
            for delivery in take_all(consumer, lambda taken: len(taken) == 40)[:25]:
                delivery.done()
        wait_for_lag(monitor, access, 15)
        assert monitor.snapshot().dlq[topic] == 40
        monitor.stop()


@pytest.mark.slow
def test_a_topic_made_anew_with_more_partitions(tmp_path: Path) -> None:
    """The lag is that of the new one, although the group's commits are of the old one."""
    with open_access("tansu", tmp_path, partitions=1) as access:
        topic, group = access.settings.topics.detection_results, access.settings.groups.generator
        send(access, topic, 30)
        with contextlib.closing(access.consumer(group, [topic], telemetry())) as consumer:
            for delivery in take_all(consumer, lambda taken: len(taken) == 30):
                delivery.done()
        monitor = LagMonitor(access)
        monitor.start()
        wait_for_lag(monitor, access, 0)
        admin = access.admin()
        for deleted in admin.delete_topics([topic], request_timeout=10.0).values():
            deleted.result(10.0)
        for made in admin.create_topics([NewTopic(topic, 3)], request_timeout=10.0).values():
            made.result(10.0)
        send(access, topic, 12)
        wait_for_lag(monitor, access, 12, partitions=3)
        monitor.stop()
