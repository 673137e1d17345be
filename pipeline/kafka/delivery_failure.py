"""What a producer could not deliver for good: noted by any thread, told at the worker's next call."""

from __future__ import annotations

from confluent_kafka import KafkaException

from pipeline.kafka.condition import BrokerCondition
from pipeline.kafka.errors import KafkaUnavailableError
from pipeline.kafka.handover import NEXT_STEPS
from pipeline.texts import Text, say, verbatim


class DeliveryFailure:
    """The first failure of a producer, which only a new producer gets over."""

    def __init__(self, condition: BrokerCondition) -> None:
        self._condition = condition
        self._noted: tuple[Text, Text] | None = None

    def __bool__(self) -> bool:
        """Whether a message could not be delivered."""
        return self._noted is not None

    def note(self, reason: Text, next_step: Text | None = None) -> None:
        """Note why a message could not be delivered, and what to do; only the first counts."""
        if self._noted is None:
            self._noted = (
                reason,
                next_step or say("The worker starts anew and reads its input again."),
            )

    def check(self) -> None:
        """Raise if a message could not be delivered or the broker refuses this client.

        Raises:
            KafkaUnavailableError: says what the broker answered.
        """
        if self._noted is not None:
            reason, next_step = self._noted
            raise KafkaUnavailableError(
                say("A message could not be delivered: {reason}.", reason=reason),
                next_step=next_step,
            )
        if self._condition.trouble is not None:
            raise self._condition.trouble

    def raise_for(self, error: KafkaException) -> None:
        """Note that the client has refused a message, and raise what says so.

        Raises:
            KafkaUnavailableError: says why.
        """
        reason = error.args[0]
        self.note(verbatim(reason.str()), NEXT_STEPS.get(reason.code()))
        self.check()
