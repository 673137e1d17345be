"""Reads topics of a broker along, and what its groups have committed there."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Generic

from confluent_kafka import Consumer, TopicPartition

from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.messages import MessageT, decode

TIMEOUT_S = 10.0


class Topic(Generic[MessageT]):
    """All messages of one topic, also those that the broker has let go since they were read.

    Args:
        broker: lives as long as this is used.
        topic: its name.
        kind: what its messages are.
    """

    def __init__(self, broker: EmbeddedBroker, topic: str, kind: type[MessageT]) -> None:
        self._servers = broker.bootstrap_servers
        self._topic = topic
        self._kind = kind
        self._read: dict[int, list[MessageT]] = {}

    def all(self) -> list[MessageT]:
        """Return every message until now, partition by partition."""
        with self._consumer("test-reader") as consumer:
            for part in self._partitions(consumer):
                known = self._read.setdefault(part, [])
                low, high = consumer.get_watermark_offsets(
                    TopicPartition(self._topic, part), TIMEOUT_S
                )
                assert low <= len(known), "the broker has let go what was not read yet"
                consumer.assign([TopicPartition(self._topic, part, len(known))])
                while len(known) < high:
                    message = consumer.poll(TIMEOUT_S)
                    assert message is not None, f"{self._topic} [{part}] is silent"
                    assert message.error() is None, message.error()
                    assert message.offset() == len(known)
                    known.append(decode(message.value(), self._kind))
        return [message for part in sorted(self._read) for message in self._read[part]]

    def committed(self, group: str) -> dict[int, int]:
        """Return the offset that a group would go on from, by partition."""
        with self._consumer(group) as consumer:
            parts = [TopicPartition(self._topic, part) for part in self._partitions(consumer)]
            found = consumer.committed(parts, TIMEOUT_S)
        return {part.partition: max(part.offset, 0) for part in found}

    def before(self, offsets: Mapping[int, int]) -> list[MessageT]:
        """Return the messages before these offsets."""
        self.all()
        return [
            message for part, offset in offsets.items() for message in self._read[part][:offset]
        ]

    def _consumer(self, group: str) -> contextlib.closing[Any]:
        return contextlib.closing(
            Consumer(
                {
                    "bootstrap.servers": self._servers,
                    "group.id": group,
                    "enable.auto.commit": False,
                    "auto.offset.reset": "error",
                }
            )
        )

    def _partitions(self, consumer: Consumer) -> list[int]:
        found = consumer.list_topics(self._topic, TIMEOUT_S).topics[self._topic]
        return sorted(found.partitions)
