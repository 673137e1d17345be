"""Asks a broker for partitions, committed offsets and ends; what the lag is made from.

Asked with plain consumers and not with an `AdminClient`, although that one has requests for all of
this: librdkafka's admin requests end the whole process with a failed assertion when the broker is
cut off at the wrong moment (librdkafka issue 4605; seen with 2.16, `eonce->refcnt > 0`). What is
asked every second in the process of the window must not be able to do that. The calls used here,
`committed`, `offsets_for_times` and `list_topics`, do not use that part of the library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaException, TopicPartition

REQUEST_TIMEOUT_S: Final = 3.0
Place = tuple[str, int]
"""Topic and partition."""

_LATEST: Final = -1
_EARLIEST: Final = -2
"""The timestamps that Kafka's ListOffsets request takes for the two ends."""


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


def partitions_of(consumer: Consumer, topics: list[str]) -> dict[str, list[int]]:
    """Return the partitions of those of `topics` that exist."""
    metadata = consumer.list_topics(timeout=REQUEST_TIMEOUT_S)
    return {
        topic: sorted(metadata.topics[topic].partitions)
        for topic in topics
        if topic in metadata.topics
    }


def committed_by(
    consumer: Consumer, partitions: dict[str, list[int]]
) -> dict[str, dict[int, int | None]]:
    """Return what the consumer's group has committed, by topic and partition.

    None where it never did; a partition of which the broker does not tell is left out.

    Raises:
        KafkaException: the broker told of none.
    """
    found: dict[str, dict[int, int | None]] = {topic: {} for topic in partitions}
    answers = consumer.committed(_listed(partitions), timeout=REQUEST_TIMEOUT_S)
    for answer in _without_failed(answers):
        never = answer.offset in {OFFSET_INVALID, -1}
        found[answer.topic][answer.partition] = None if never else answer.offset
    return found


def ends_of(consumer: Consumer, partitions: dict[str, list[int]]) -> dict[Place, End]:
    """Return the ends that the broker tells, as the consumer's `isolation.level` shows them.

    A partition that is between two leaders has none for a moment; the others are shown all the
    same.

    Raises:
        KafkaException: the broker told of none.
    """
    earliest = _offsets(consumer, partitions, _EARLIEST)
    latest = _offsets(consumer, partitions, _LATEST)
    return {place: End(earliest[place], latest[place]) for place in earliest.keys() & latest}


def _offsets(consumer: Consumer, partitions: dict[str, list[int]], at: int) -> dict[Place, int]:
    answers = consumer.offsets_for_times(_listed(partitions, at), timeout=REQUEST_TIMEOUT_S)
    return {
        (answer.topic, answer.partition): answer.offset
        for answer in _without_failed(answers)
        if answer.offset >= 0  # what was not answered still has the timestamp
    }


def _listed(partitions: dict[str, list[int]], offset: int = OFFSET_INVALID) -> list[TopicPartition]:
    return [
        TopicPartition(topic, partition, offset)
        for topic, numbers in partitions.items()
        for partition in numbers
    ]


def _without_failed(answers: list[TopicPartition]) -> list[TopicPartition]:
    good = [answer for answer in answers if answer.error is None]
    if answers and not good:
        raise KafkaException(answers[0].error)
    return good
