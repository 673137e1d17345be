"""One message on its way to the broker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from confluent_kafka import KafkaError, Message

REDUCED_HEADER: Final = "reduced.from.bytes"
"""Header of a message sent with a smaller picture or none, since it was too large: how long it was."""

Smaller = Callable[[], bytes]

Shrink = Callable[[bytes], Sequence[Smaller]]
"""Takes a message that turned out too large; returns what makes smaller ones, one after the other.

Made from the bytes, and only then: were every message's smaller forms held until it is delivered,
so would be all that it was made from, and the garbage collector would go over it again and again
(measured: a fifth of the generator's time).
"""

Headers = Sequence[tuple[str, str | bytes | None]]

OnDelivered = Callable[[], None]

Outgoing = tuple[str, bytes, OnDelivered | None]
"""Key, payload, and what is called once the broker has it."""


class Sending(msgspec.Struct, eq=False):
    """A message that a producer sends; called with the delivery report.

    A struct, as one is made for each message: made in half the time of a dataclass.

    Attributes:
        report: takes the delivery report.
        size: bytes of payload and headers, see `size_of`.
        on_delivered: called once the broker has it.
        shrink: makes what is sent instead when the broker finds it too large.
        goes_alone: in a batch of its own, as the one it was in was too large.
    """

    report: Callable[[Report], None]
    topic: str
    key: str | bytes | None
    payload: bytes
    size: int
    headers: Headers = ()
    on_delivered: OnDelivered | None = None
    shrink: Shrink | None = None
    goes_alone: bool = False

    @property
    def is_reduced(self) -> bool:
        """Whether it stands in the place of a larger message."""
        return any(name == REDUCED_HEADER for name, _ in self.headers)

    def reduced(self) -> Sending | None:
        """Return the next smaller message in its place, or None; a header says so."""
        smaller = self.shrink(self.payload) if self.shrink is not None else ()
        if not smaller:
            return None
        make, *rest = smaller
        payload, headers = make(), self.headers
        if not self.is_reduced:
            headers = [*headers, (REDUCED_HEADER, str(self.size))]
        return msgspec.structs.replace(
            self,
            payload=payload,
            size=size_of(payload, headers),
            headers=headers,
            shrink=(lambda _payload: rest) if rest else None,
        )

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        self.report((self, error, message))


Report = tuple[Sending, KafkaError | None, Message]
"""What became of a sending: the error, or None and the message with its partition and offset."""


def size_of(payload: bytes, headers: Headers) -> int:
    """Return the bytes of a message."""
    return len(payload) + sum(len(name) + len(value or "") for name, value in headers)
