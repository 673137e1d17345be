"""The only place where Kafka clients are made: merges the properties, checks them, explains."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from loguru import logger

from pipeline.kafka.checks import Properties, Role, as_text, check
from pipeline.kafka.condition import STATISTICS_INTERVAL_MS, BrokerCondition, ClientLogHandler
from pipeline.kafka.doctor.table import table
from pipeline.kafka.errors import KafkaSettingsError
from pipeline.kafka.secret_properties import with_secrets
from pipeline.settings import KafkaSettings
from pipeline.texts import in_a_row, say

ClientT = TypeVar("ClientT", Producer, Consumer, AdminClient)

RETRY_LIMIT: Final = "reconnect.backoff.max.ms"
RECONNECT: Properties = {
    # 10 s by default: an outage of 5 s would then last 10 s and more.
    RETRY_LIMIT: 2000,
}
PRODUCER_DEFAULTS: Properties = {
    **RECONNECT,
    "enable.idempotence": True,
    "acks": "all",
    "linger.ms": 5,
    "queue.buffering.max.messages": 20_000,
    "queue.buffering.max.kbytes": 65_536,
    # Longer than any broker restart, so that an outage is waited out and not counted as a loss.
    "message.timeout.ms": 300_000,
    "statistics.interval.ms": STATISTICS_INTERVAL_MS,
}
CONSUMER_DEFAULTS: Properties = {
    **RECONNECT,
    "enable.auto.commit": True,
    "enable.auto.offset.store": False,
    "auto.commit.interval.ms": 500,
    "auto.offset.reset": "earliest",
    "isolation.level": "read_committed",
    "partition.assignment.strategy": "cooperative-sticky",
    # A worker that died is replaced after this time (45 s by default). Tansu lets every start wait
    # for half of it.
    "session.timeout.ms": 10_000,
    "heartbeat.interval.ms": 3000,
    "max.poll.interval.ms": 300_000,
    "fetch.wait.max.ms": 100,
    "queued.max.messages.kbytes": 16_384,
    # How long fetching rests once that much is queued. At the default of 1 s a backlog was read at
    # 16 MB a second, whatever the size of its messages; measured: a quarter of what is possible.
    "fetch.queue.backoff.ms": 20,
    "statistics.interval.ms": STATISTICS_INTERVAL_MS,
}
SEVERAL_TOPICS: Properties = {
    # Gives each member the partitions of the same numbers of every topic; the sticky one balances
    # their number only, and one member may get one topic, another one the other.
    "partition.assignment.strategy": "range",
}
EMBEDDED_CONSUMER: Properties = {
    # The mock cluster lets a group settle only after session.timeout.ms - 1000.
    "session.timeout.ms": 2000,
    "heartbeat.interval.ms": 500,
    # It answers a waiting fetch only when the wait is over, so this is the delay of a hop.
    "fetch.wait.max.ms": 20,
    # The gate frees room by what is committed; commits cost nothing here.
    "auto.commit.interval.ms": 100,
}
_DECIDED_ELSEWHERE = {
    "bootstrap.servers": "kafka.bootstrap_servers",
    "metadata.broker.list": "kafka.bootstrap_servers",
    "group.id": "kafka.groups",
}
EMBEDDED_PRODUCER: Properties = {
    # Pictures do not compress, and nothing leaves the machine.
    "compression.type": "none",
}


def producer_properties(settings: KafkaSettings, servers: str, client: str) -> dict[str, Any]:
    """Return the properties of a producer."""
    _refuse_owned(settings)
    embedded = EMBEDDED_PRODUCER if settings.mode == "embedded" else {"compression.type": "lz4"}
    return merged(
        {"bootstrap.servers": servers, "client.id": client, **PRODUCER_DEFAULTS, **embedded},
        settings.common,
        settings.producer,
    )


def one_by_one(properties: Properties) -> dict[str, Any]:
    """Return the properties of a producer whose batches hold one message."""
    client = f"{properties['client.id']}-alone"
    return merged(properties, {"client.id": client, "batch.num.messages": 1, "linger.ms": 0})


def consumer_properties(
    settings: KafkaSettings, servers: str, client: str, group: str, *, several: bool = False
) -> dict[str, Any]:
    """Return the properties of a consumer; `several`: of topics that belong together."""
    _refuse_owned(settings)
    return merged(
        {
            "bootstrap.servers": servers,
            "client.id": client,
            "group.id": group,
            **CONSUMER_DEFAULTS,
            **(EMBEDDED_CONSUMER if settings.mode == "embedded" else {}),
            **(SEVERAL_TOPICS if several else {}),
        },
        settings.common,
        settings.consumer,
    )


def merged(*layers: Properties) -> dict[str, Any]:
    """Return the properties of all layers; a later one wins, also under another name.

    Many properties have two names, such as ``compression.type`` and ``compression.codec``: sent
    under both, the order would decide. What one layer itself sets twice stays, so that the check
    tells of it.
    """
    known = table().by_name

    def canonical(name: str) -> str:
        return known[name].name if name in known else name

    result: dict[str, Any] = {}
    for layer in layers:
        overridden = {canonical(name) for name in layer}
        result = {n: value for n, value in result.items() if canonical(n) not in overridden}
        result.update(layer)
    return result


def _refuse_owned(settings: KafkaSettings) -> None:
    """Refuse properties that other settings decide.

    Raises:
        KafkaSettingsError: names the property and where it belongs.
    """
    for section in ("common", "producer", "consumer"):
        for name in getattr(settings, section):
            if name in _DECIDED_ELSEWHERE:
                raise KafkaSettingsError(
                    say(
                        "Kafka settings: {name} does not belong under kafka.{section}.",
                        name=name,
                        section=section,
                    ),
                    next_step=say(
                        "Set {setting} instead.",
                        setting=_DECIDED_ELSEWHERE[name],
                    ),
                )


def make_producer(properties: Properties, condition: BrokerCondition) -> Producer:
    """Return a producer.

    Raises:
        KafkaSettingsError: the properties are wrong; says which and why.
    """
    return _construct(Producer, properties, "producer", condition)


def make_consumer(
    properties: Properties,
    condition: BrokerCondition,
    on_commit: Callable[[KafkaError | None, list[Any]], None],
) -> Consumer:
    """Return a consumer; `on_commit` hears of every commit.

    Raises:
        KafkaSettingsError: the properties are wrong; says which and why.
    """
    return _construct(Consumer, properties, "consumer", condition, on_commit=on_commit)


def make_bare(settings: KafkaSettings, servers: str, group: str) -> tuple[Producer, Consumer]:
    """Return clients without anything of ours around them, for a benchmark to compare with.

    They have the properties of the pipeline's own, except that a message counts as handled as soon
    as it is handed out.

    Raises:
        KafkaSettingsError: the properties are wrong; says which and why.
    """
    name = "signalbox-bare"
    reading = merged(
        consumer_properties(settings, servers, name, group), {"enable.auto.offset.store": True}
    )
    return (
        _construct(Producer, producer_properties(settings, servers, name), "producer", None),
        _construct(Consumer, reading, "consumer", None, loses=True),
    )


def make_reader(settings: KafkaSettings, servers: str) -> Consumer:
    """Return a consumer for looking: it tells the end of a partition.

    Assigned by hand it joins no group; since it stores no offset, nothing is committed.

    Raises:
        KafkaSettingsError: the properties are wrong; says which and why.
    """
    properties = merged(
        consumer_properties(settings, servers, "signalbox-reader", "signalbox-reader"),
        {"enable.partition.eof": True, "statistics.interval.ms": 0, "log_level": 2},
    )
    return _construct(Consumer, properties, "consumer", None, tells=False)


def make_asker(settings: KafkaSettings, servers: str, group: str) -> Consumer:
    """Return a consumer that is asked for the offsets of `group` and of its topics.

    Never subscribed, it does not join the group; nothing assigned, it commits nothing.

    Raises:
        KafkaSettingsError: the properties are wrong; says which and why.
    """
    properties = merged(
        consumer_properties(settings, servers, "signalbox-lag", group),
        {"statistics.interval.ms": 0, "log_level": 2},
    )
    return _construct(Consumer, properties, "consumer", None, tells=False)


def make_admin(
    settings: KafkaSettings,
    servers: str,
    on_error: Callable[[KafkaError], None] | None = None,
) -> AdminClient:
    """Return an admin client; `on_error` hears of its errors whenever it is polled.

    Raises:
        KafkaSettingsError: the properties are wrong; says which and why.
    """
    _refuse_owned(settings)
    properties = merged(
        {"bootstrap.servers": servers, "client.id": "signalbox-admin", "log_level": 2},
        settings.common,
    )
    callbacks: dict[str, Any] = {} if on_error is None else {"error_cb": on_error}
    return _construct(AdminClient, properties, "admin", None, **callbacks)


def _construct(
    kind: Callable[..., ClientT],
    properties: Properties,
    role: Role,
    condition: BrokerCondition | None,
    *,
    loses: bool = False,
    tells: bool = True,
    **callbacks: object,
) -> ClientT:
    """Check the properties and make the client.

    Advice is logged if `tells`; those that only look leave it to the workers' own clients.
    """
    properties = with_secrets(properties)
    findings = check(properties, role, loses=loses)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise KafkaSettingsError(
            say(
                "Kafka {role} settings: {findings}",
                role=role,
                findings=in_a_row(one.text for one in errors),
            ),
            next_step=say(
                "Correct them on the Kafka page under Properties (in the file: under "
                "kafka), then start again."
            ),
        )
    for finding in findings if tells else ():
        logger.bind(worker="kafka").warning("{} settings: {}", role, finding)
    conf: dict[str, Any] = {name: as_text(value) for name, value in properties.items()} | callbacks
    arguments: dict[str, Any] = {}
    if condition is not None:
        condition.retry_ms = int(properties.get(RETRY_LIMIT, condition.retry_ms))
        conf["error_cb"] = condition.on_error
        conf["stats_cb"] = condition.on_statistics
        log = logging.Logger(f"librdkafka.{conf['client.id']}")  # noqa: LOG001 - one a client, never shared
        log.addHandler(ClientLogHandler(condition.quiet))
        arguments["logger"] = log
    try:
        return kind(conf, **arguments)
    except (KafkaException, ValueError, TypeError) as error:
        raise KafkaSettingsError(
            say(
                "Kafka {role}: librdkafka refuses the settings: {error}.",
                role=role,
                error=_words(error),
            ),
            next_step=say(
                "Correct them on the Kafka page under Properties (in the file: under "
                "kafka), then start again."
            ),
        ) from error


def _words(error: Exception) -> str:
    cause = error.args[0] if error.args else error
    return cause.str() if isinstance(cause, KafkaError) else str(cause)
