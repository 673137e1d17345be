"""One message on its way to the broker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from confluent_kafka import KafkaError, Message

REDUCED_HEADER: Final = "reduced.from.bytes"
"""Header of a message sent with less in it, since it was too large: how long it was."""

Headers = list[tuple[str, str | bytes | None]]


@dataclass(slots=True, eq=False)
class Sending:
    """A message that a producer sends; called with the delivery report.

    Attributes:
        report: takes the delivery report.
        on_delivered: called once the broker has it.
        smaller: makes what is sent instead when the broker finds it too large.
        size: bytes of payload and headers.
    """

    report: Callable[[tuple[Sending, KafkaError | None, Message]], None]
    topic: str
    key: str | bytes | None
    payload: bytes
    headers: Headers
    on_delivered: Callable[[], None] | None
    smaller: Callable[[], bytes] | None = None
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = len(self.payload)
        if self.headers:
            self.size += sum(len(name) + len(value or "") for name, value in self.headers)

    def reduced(self) -> Sending:
        """Return the smaller message in its place; a header says so."""
        assert self.smaller is not None
        note = (REDUCED_HEADER, str(self.size))
        return replace(self, payload=self.smaller(), headers=[*self.headers, note], smaller=None)

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        self.report((self, error, message))
