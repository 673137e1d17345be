"""Dead-letter topics: their names and the headers of a dead letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loguru import logger

from pipeline.states import WorkerName

if TYPE_CHECKING:
    from pipeline.kafka.delivery import Delivery
    from pipeline.kafka.sending import Headers

DLQ_SUFFIX = ".dlq"
MAX_ERROR_CHARACTERS = 1000

CUT_BYTES = 100_000
"""How much of a value is kept that is too large for the broker."""

CUT_HEADER = "source.bytes"
"""Header of a dead letter whose value was cut: how long it was."""

ORIGIN_HEADERS = frozenset(
    {"source.topic", "source.partition", "source.offset", "worker", "error", CUT_HEADER}
)
"""Headers that a dead letter has on top of the message's own."""


def dead_letter_topic(topic: str) -> str:
    """Return the name of the topic for messages of `topic` that cannot be processed."""
    return topic + DLQ_SUFFIX


def headers(
    topic: str, partition: int, offset: int, worker: WorkerName, error: str
) -> dict[str, str]:
    """Return the headers that tell where a dead letter came from, and why it is one."""
    return {
        "source.topic": topic,
        "source.partition": str(partition),
        "source.offset": str(offset),
        "worker": worker.value,
        "error": error[:MAX_ERROR_CHARACTERS],
    }


def made_from(delivery: Delivery, worker: WorkerName, error: str) -> tuple[bytes, Headers]:
    """Return value and headers of the dead letter: the message's own, and those of its origin."""
    origin = headers(delivery.topic, delivery.partition, delivery.offset, worker, error)
    return delivery.value, [*delivery.headers, *origin.items()]


def cut_from(delivery: Delivery, worker: WorkerName, error: str) -> tuple[bytes, Headers]:
    """Return the same for a message larger than the broker takes: its beginning, and its size."""
    origin = headers(delivery.topic, delivery.partition, delivery.offset, worker, error)
    cut = (CUT_HEADER, str(len(delivery.value)))
    return delivery.value[:CUT_BYTES], [*origin.items(), cut]


def tell(delivery: Delivery, worker: WorkerName, error: str) -> None:
    """Log that a message is put aside, and why."""
    with logger.contextualize(worker=worker.value):
        logger.warning(
            "message {}[{}]@{} goes to the dead letters: {}",
            delivery.topic,
            delivery.partition,
            delivery.offset,
            error,
        )
