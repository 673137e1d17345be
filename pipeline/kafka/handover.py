"""Hands messages to the client library, and says what its refusals mean."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer

from pipeline.kafka.errors import MessageTooLargeError
from pipeline.kafka.sending import Sending
from pipeline.texts import say

NEVER_TAKEN: Final = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.INVALID_MSG,
        KafkaError.INVALID_RECORD,
        KafkaError.INVALID_TIMESTAMP,
        KafkaError.POLICY_VIOLATION,
    }
)
"""The broker refuses the message itself: sent again, it is refused again."""

NEXT_STEPS: Final = {
    KafkaError.MSG_SIZE_TOO_LARGE: say(
        "Raise max.message.bytes of the topic, or lower detection.evidence_max_bytes."
    ),
    KafkaError.TOPIC_AUTHORIZATION_FAILED: say(
        "Give the Kafka user the right to write to the topic."
    ),
    KafkaError.UNKNOWN_TOPIC_OR_PART: say("Make the topic, or give the Kafka user the right to."),
    KafkaError._UNKNOWN_TOPIC: say("Make the topic, or give the Kafka user the right to."),
}


class Handover:
    """Hands messages to the client library, those that must go alone to a second client.

    A broker refuses a whole batch as too large and does not say which message made it so. Each is
    then sent alone: what is refused there is too large itself. No client can do both, as the size
    of its batches is a property; the second one is made when it is first needed.

    Args:
        together: the client that sends in batches.
        make_alone: makes the one whose batches hold one message.
    """

    def __init__(self, together: Producer, make_alone: Callable[[], Producer]) -> None:
        self._together = together
        self._make_alone = make_alone
        self._alone: Producer | None = None

    def __len__(self) -> int:
        """Return how many messages the client library holds."""
        return sum(len(client) for client in self._clients())

    def give(self, sending: Sending) -> bool:
        """Hand a message over; False when the queue is full.

        Raises:
            MessageTooLargeError: it is larger than the client's own limit.
            KafkaException: it is refused for another reason.
        """
        client = self._together
        if sending.goes_alone:
            if self._alone is None:
                self._alone = self._make_alone()
            client = self._alone
        arguments: dict[str, Any] = {"headers": [*sending.headers]} if sending.headers else {}
        try:
            client.produce(
                sending.topic, sending.payload, sending.key, on_delivery=sending, **arguments
            )
        except BufferError:
            return False
        except KafkaException as error:
            if error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
                raise MessageTooLargeError(
                    say(
                        "A message of {size} bytes for {topic} is larger than the broker takes.",
                        size=sending.size,
                        topic=sending.topic,
                    )
                ) from error
            raise
        return True

    def give_all(self, topic: str, sendings: Sequence[Sending]) -> list[Sending]:
        """Hand messages of one topic over in one go; return those not taken, in their order.

        A batch costs half of what its messages cost one by one. A full queue refuses all from the
        first one on that it has no room for, so that what is handed over later stays in order; any
        other refusal is of that message. None may have headers: a batch drops them silently.

        Raises:
            KafkaException: none is taken.
        """
        batch = [
            {"value": sending.payload, "key": sending.key, "callback": sending}
            for sending in sendings
        ]
        if self._together.produce_batch(topic, batch) == len(batch):
            return []
        return [
            sending for sending, tried in zip(sendings, batch, strict=True) if "_error" in tried
        ]

    def poll(self, timeout_s: float) -> None:
        """Have the delivery reports called that have come, or come within `timeout_s`.

        Raises:
            KafkaException: the client is broken and only a new one helps.
        """
        if self._alone is not None:
            self._alone.poll(0.0)
        self._together.poll(timeout_s)

    def flush(self, timeout_s: float) -> int:
        """Wait for what is under way, for at most `timeout_s`; return how much is left.

        Raises:
            KafkaException: as for `poll`.
        """
        deadline_s = time.monotonic() + timeout_s
        return sum(
            client.flush(max(0.0, deadline_s - time.monotonic())) for client in self._clients()
        )

    def purge(self) -> None:
        """Give up what is under way; the next `flush` reports it as failed."""
        for client in self._clients():
            client.purge()

    def _clients(self) -> list[Producer]:
        return [self._together] if self._alone is None else [self._together, self._alone]
