"""One message taken from a topic, and the partition that it was taken from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from confluent_kafka import Message

from pipeline.kafka.offsets import OffsetTracker

if TYPE_CHECKING:
    from pipeline.kafka.consumer import WorkConsumer


class Delivery(msgspec.Struct, eq=False):
    """One message taken from a topic; `done` says that its work is finished.

    What few need is read from the client's message only when it is asked for.

    Attributes:
        source: the partition that it was taken from, as it was assigned then.
        value: the payload; empty for a message without one.
    """

    message: Message
    source: AssignedPartition
    offset: int
    value: bytes

    @property
    def topic(self) -> str:
        """Where it was taken from."""
        return self.source.topic

    @property
    def partition(self) -> int:
        """Its partition of the topic."""
        return self.source.partition

    @property
    def key(self) -> str | None:
        """The key as text; bytes that are no UTF-8 are replaced."""
        raw = self.raw_key
        return None if raw is None else raw.decode("utf-8", errors="replace")

    @property
    def raw_key(self) -> bytes | None:
        """The key as it came."""
        key = self.message.key()
        return None if key is None else _bytes(key)

    @property
    def timestamp_ms(self) -> int | None:
        """When it was produced, ms since 1970; None if the broker does not say."""
        kind, timestamp_ms = self.message.timestamp()
        return timestamp_ms if kind else None

    @property
    def headers(self) -> tuple[tuple[str, bytes], ...]:
        """Its headers, in their order."""
        found: Any = self.message.headers()
        return tuple((str(name), _bytes(value)) for name, value in found or [])

    def done(self) -> None:
        """Mark the message as finished, from any thread.

        Without effect when its partition was taken away meanwhile.
        """
        self.source.consumer.finish(self)


@dataclass(slots=True, eq=False)
class AssignedPartition:
    """A partition that a consumer owns, from one assignment to its end.

    Attributes:
        is_ours: until it is taken away; what is finished later counts no more.
        finished: offset up to which everything is done and not told the client library yet.
    """

    consumer: WorkConsumer
    topic: str
    partition: int
    tracker: OffsetTracker = field(default_factory=OffsetTracker)
    is_ours: bool = True
    finished: int | None = None


def _bytes(value: Any) -> bytes:
    if value is None:
        return b""
    return value if isinstance(value, bytes) else str(value).encode()
