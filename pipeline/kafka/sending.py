"""One message on its way to the broker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from confluent_kafka import KafkaError, Message

REDUCED_HEADER: Final = "reduced.from.bytes"
"""Header of a message sent with a smaller picture or none, since it was too large: how long it was."""

Smaller = Callable[[], bytes]

Headers = list[tuple[str, str | bytes | None]]


@dataclass(slots=True, eq=False)
class Sending:
    """A message that a producer sends; called with the delivery report.

    Attributes:
        report: takes the delivery report.
        on_delivered: called once the broker has it.
        smaller: make what is sent instead when the broker finds it too large, one after the other.
        size: bytes of payload and headers.
    """

    report: Callable[[tuple[Sending, KafkaError | None, Message]], None]
    topic: str
    key: str | bytes | None
    payload: bytes
    headers: Headers
    on_delivered: Callable[[], None] | None
    smaller: Sequence[Smaller] = ()
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = len(self.payload)
        if self.headers:
            self.size += sum(len(name) + len(value or "") for name, value in self.headers)

    @property
    def is_reduced(self) -> bool:
        """Whether it stands in the place of a larger message."""
        return any(name == REDUCED_HEADER for name, _ in self.headers)

    def reduced(self) -> Sending:
        """Return the next smaller message in its place; a header says so."""
        make, *rest = self.smaller
        headers = self.headers
        if not self.is_reduced:
            headers = [*headers, (REDUCED_HEADER, str(self.size))]
        return replace(self, payload=make(), headers=headers, smaller=rest)

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        self.report((self, error, message))
