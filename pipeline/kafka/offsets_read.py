"""Asks a broker for partitions, committed offsets and ends; what the lag is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import (
    OFFSET_INVALID,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

REQUEST_TIMEOUT_S: Final = 3.0
Place = tuple[str, int]
"""Topic and partition."""

_SPECS: Final[tuple[Any, ...]] = (
    OffsetSpec.earliest(),  # type: ignore[no-untyped-call]
    OffsetSpec.latest(),  # type: ignore[no-untyped-call]
)


@dataclass(frozen=True, slots=True)
class End:
    """What a partition keeps.

    Attributes:
        earliest: offset of its oldest message.
        latest: offset that its next message will get.
        is_certain: whether `latest` may not be more.
    """

    earliest: int
    latest: int
    is_certain: bool = True


def partitions_of(admin: AdminClient, topics: list[str]) -> dict[str, list[int]]:
    """Return the partitions of those of `topics` that exist."""
    metadata = admin.list_topics(timeout=REQUEST_TIMEOUT_S)
    return {
        topic: sorted(metadata.topics[topic].partitions)
        for topic in topics
        if topic in metadata.topics
    }


def committed_by(
    admin: AdminClient, group: str, topic: str, partitions: list[int]
) -> dict[int, int | None]:
    """Return what `group` has committed, by partition; None where it never did."""
    request = ConsumerGroupTopicPartitions(
        group, [TopicPartition(topic, partition) for partition in partitions]
    )
    answers = admin.list_consumer_group_offsets([request], request_timeout=REQUEST_TIMEOUT_S)
    result = answers[group].result(REQUEST_TIMEOUT_S)
    return {
        answer.partition: None if answer.offset in {OFFSET_INVALID, -1} else answer.offset
        for answer in result.topic_partitions or []
    }


def ends_of(
    admin: AdminClient, partitions: dict[str, list[int]], *, uncommitted: bool = False
) -> dict[Place, End]:
    """Return the ends that the broker tells.

    Args:
        admin: asks.
        partitions: by topic.
        uncommitted: whether the readers also read what a transaction has not committed.
    """
    wanted = [
        TopicPartition(topic, partition)
        for topic, numbers in partitions.items()
        for partition in numbers
    ]
    level = IsolationLevel.READ_UNCOMMITTED if uncommitted else IsolationLevel.READ_COMMITTED
    offsets: list[dict[Place, int]] = []
    for spec in _SPECS:
        answers = admin.list_offsets(
            {partition: spec for partition in wanted},  # noqa: C420 - the type is dict[.., spec]
            isolation_level=level,
            request_timeout=REQUEST_TIMEOUT_S,
        )
        offsets.append(_answered(answers))
    earliest, latest = offsets
    return {
        key: End(max(0, earliest[key]), max(0, latest[key])) for key in earliest.keys() & latest
    }


def _answered(answers: dict[TopicPartition, Any]) -> dict[Place, int]:
    """Return the offsets that were answered.

    A partition that is between two leaders has none for a moment; the others are shown all the
    same.

    Raises:
        KafkaException: none was answered.
    """
    found = {}
    failed: KafkaException | None = None
    for partition, answer in answers.items():
        try:
            found[partition.topic, partition.partition] = answer.result(REQUEST_TIMEOUT_S).offset
        except KafkaException as error:
            failed = error
    if failed is not None and not found:
        raise failed
    return found
