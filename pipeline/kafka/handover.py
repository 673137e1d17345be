"""Hands messages to the client library, and says what its refusals mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer

from pipeline.kafka.errors import MessageTooLargeError
from pipeline.kafka.sending import Sending

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
    KafkaError.MSG_SIZE_TOO_LARGE: "Raise max.message.bytes of the topic, or lower "
    "detection.evidence_max_bytes.",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "Give the Kafka user the right to write to the topic.",
    KafkaError.UNKNOWN_TOPIC_OR_PART: "Make the topic, or give the Kafka user the right to.",
    KafkaError._UNKNOWN_TOPIC: "Make the topic, or give the Kafka user the right to.",
}


def hand_over(producer: Producer, sending: Sending) -> bool:
    """Hand a message to the client library; False when its queue is full.

    Raises:
        MessageTooLargeError: it is larger than the client's own limit.
        KafkaException: it is refused for another reason.
    """
    arguments: dict[str, Any] = {"headers": [*sending.headers]} if sending.headers else {}
    try:
        producer.produce(
            sending.topic, sending.payload, sending.key, on_delivery=sending, **arguments
        )
    except BufferError:
        return False
    except KafkaException as error:
        if error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
            raise MessageTooLargeError(
                f"A message of {sending.size} bytes for {sending.topic} is larger than the "
                "broker takes."
            ) from error
        raise
    return True


def hand_over_all(producer: Producer, topic: str, sendings: Sequence[Sending]) -> list[Sending]:
    """Hand messages of one topic over in one go; return those not taken, in their order.

    A batch costs half of what its messages cost one by one. A full queue refuses all from the
    first one on that it has no room for, so that what is handed over later stays in order; any
    other refusal is of that message. None may have headers: a batch drops them silently.

    Raises:
        KafkaException: none is taken.
    """
    batch = [
        {"value": sending.payload, "key": sending.key, "callback": sending} for sending in sendings
    ]
    if producer.produce_batch(topic, batch) == len(batch):
        return []
    return [sending for sending, tried in zip(sendings, batch, strict=True) if "_error" in tried]
