"""Dead-letter topics: their names, and what a dead letter is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from loguru import logger

from pipeline.kafka.sending import Headers, Sending, size_of
from pipeline.states import WorkerName
from pipeline.wording import to_bytes, wording_of

if TYPE_CHECKING:
    from pipeline.kafka.delivery import Delivery

DLQ_SUFFIX = ".dlq"
MAX_ERROR_CHARACTERS = 1000

CUT_BYTES = 100_000
"""How much of a value is kept that is too large for the broker."""

CUT_HEADER = "source.bytes"
"""Header of a dead letter whose value was cut: how long it was."""

WORDING_HEADER = "error.wording"
"""Header with what the error is made of, as JSON, for readers in another language."""

ORIGIN_HEADERS = frozenset(
    {
        "source.topic",
        "source.partition",
        "source.offset",
        "worker",
        "error",
        WORDING_HEADER,
        CUT_HEADER,
    }
)
"""Headers that a dead letter has on top of the message's own."""


def dead_letter_topic(topic: str) -> str:
    """Return the name of the topic for messages of `topic` that cannot be processed."""
    return topic + DLQ_SUFFIX


def headers(
    topic: str, partition: int, offset: int, worker: WorkerName, error: str
) -> dict[str, str]:
    """Return the headers that tell where a dead letter came from, and why it is one."""
    made = {
        "source.topic": topic,
        "source.partition": str(partition),
        "source.offset": str(offset),
        "worker": worker.value,
        "error": error[:MAX_ERROR_CHARACTERS],
    }
    if wording := wording_of(error):
        made[WORDING_HEADER] = to_bytes(wording).decode()
    return made


def made_from(delivery: Delivery, worker: WorkerName, error: str) -> tuple[bytes, Headers]:
    """Return value and headers of the dead letter: the message's own, and those of its origin."""
    origin = headers(delivery.topic, delivery.partition, delivery.offset, worker, error)
    return delivery.value, [*delivery.headers, *origin.items()]


class DeadLetter(Sending):
    """A message on its way to the dead letters; too large for the broker, it is cut."""

    def reduced(self) -> Sending | None:
        """Return its beginning, with its size in a header; None when that is not smaller."""
        if len(self.payload) <= CUT_BYTES:
            return None
        payload = self.payload[:CUT_BYTES]
        origin = [header for header in self.headers if header[0] in ORIGIN_HEADERS]
        headers = [*origin, (CUT_HEADER, str(len(self.payload)))]
        size = size_of(payload, headers)
        return msgspec.structs.replace(self, payload=payload, size=size, headers=headers)


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
