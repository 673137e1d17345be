"""What can go wrong with Kafka, as errors that a worker can raise and people can read."""

from __future__ import annotations

from pipeline.worker import WorkerError


class KafkaSettingsError(WorkerError):
    """A client cannot be made with these settings; starting again cannot help."""

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step, retriable=False)


class KafkaUnavailableError(WorkerError):
    """The broker refused, failed or stayed away longer than delivery may wait."""


class MessageTooLargeError(WorkerError):
    """A message is larger than the broker takes; send it with less evidence."""
