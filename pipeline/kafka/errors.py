"""What can go wrong with Kafka, as errors that a worker can raise and people can read."""

from __future__ import annotations

from typing import Final

from confluent_kafka import KafkaError

from pipeline.redact import redact_text
from pipeline.texts import NOTHING, Text, say, verbatim
from pipeline.worker import WorkerError


class KafkaSettingsError(WorkerError):
    """A client cannot be made with these settings; starting again cannot help."""

    def __init__(self, message: Text, *, next_step: Text = NOTHING) -> None:
        super().__init__(message, next_step=next_step, retriable=False)


class KafkaUnavailableError(WorkerError):
    """The broker refused, failed or stayed away longer than delivery may wait."""


class KafkaRefusedError(KafkaUnavailableError):
    """The broker will not have this client: its login, its encryption or its rights.

    Starting again cannot help; somebody must change the settings, or the rights in the cluster.
    """

    def __init__(self, message: Text, *, next_step: Text = NOTHING) -> None:
        super().__init__(message, next_step=next_step, retriable=False)


class MessageTooLargeError(WorkerError):
    """A message is larger than the broker takes; send it with less evidence."""


_REFUSALS: Final = {
    KafkaError._AUTHENTICATION: (
        say("The broker refuses the login"),
        (
            say(
                "Check sasl.mechanism, sasl.username and the password; the broker must know this user for "
                "this mechanism."
            )
        ),
    ),
    KafkaError._SSL: (
        say("The encryption to the broker fails"),
        (
            say(
                "Check security.protocol and the ssl.* settings: authority, certificate, key and its "
                "password; check-connection tells which."
            )
        ),
    ),
    KafkaError.TOPIC_AUTHORIZATION_FAILED: (
        say("The broker does not let this user use a topic"),
        (
            say(
                "Give the Kafka user the rights to read and write the topics of the settings; "
                "check-connection tells which are missing."
            )
        ),
    ),
    KafkaError.GROUP_AUTHORIZATION_FAILED: (
        say("The broker does not let this user read in its consumer group"),
        say("Give the Kafka user the right to read the groups under kafka.groups."),
    ),
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: (
        say("The broker does not let this user use the cluster"),
        say(
            "Give the Kafka user the right to write idempotently (IdempotentWrite on the cluster)."
        ),
    ),
}
_UNCONNECTED: Final = frozenset(
    {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE}
)
_PASSING: Final = ("disconnected", "reset", "timed out", "closed")
"""What librdkafka says of a greeting that was cut off: a broker that restarts does that, too."""


def connection_words(error: KafkaError) -> Text:
    """Return why a request was not answered, without the client's own terms where it never left."""
    if error.code() in _UNCONNECTED:
        return say("no connection to a broker")
    return verbatim(redact_text(error.str()))


def refusal(error: KafkaError) -> KafkaRefusedError | None:
    """Return what an error of a client means for its worker, if it is one that will not pass."""
    if error.code() not in _REFUSALS:
        return None
    words = redact_text(error.str()).rstrip(".")
    if error.code() == KafkaError._SSL and any(word in words.lower() for word in _PASSING):
        return None
    what, next_step = _REFUSALS[error.code()]
    return KafkaRefusedError(say("{what}: {words}.", what=what, words=words), next_step=next_step)
