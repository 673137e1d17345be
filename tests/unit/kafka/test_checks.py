"""Client properties: what is refused before a client is made, and in which words."""

from __future__ import annotations

import pytest

from pipeline.kafka import clients
from pipeline.kafka.checks import Finding, Properties, Role, check
from pipeline.kafka.condition import BrokerCondition
from pipeline.kafka.errors import KafkaSettingsError
from pipeline.settings import KafkaSettings
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry

SERVERS = "127.0.0.1:9092"
GOOD: dict[Role, Properties] = {
    "producer": clients.producer_properties(KafkaSettings(), SERVERS, "p"),
    "consumer": clients.consumer_properties(KafkaSettings(), SERVERS, "c", "group"),
    "admin": {"bootstrap.servers": SERVERS},
}


@pytest.mark.parametrize("role", list(GOOD))
def test_own_defaults_are_clean(role: Role) -> None:
    """Signalbox's own properties give no finding."""
    assert check(GOOD[role], role) == []


def test_cluster_defaults_are_clean() -> None:
    """The same holds for a cluster."""
    settings = KafkaSettings(mode="cluster", bootstrap_servers="a:1, b:2")
    assert check(clients.producer_properties(settings, "a:1, b:2", "p"), "producer") == []
    assert check(clients.consumer_properties(settings, "a:1, b:2", "c", "g"), "consumer") == []


def _only(role: Role, name: str, value: str | int | float | bool) -> Finding:
    findings = check({**GOOD[role], name: value}, role)
    assert len(findings) == 1, findings
    return findings[0]


@pytest.mark.parametrize(
    ("role", "name", "value", "severity", "words"),
    [
        ("consumer", "group.id", "", "error", "no consumer group"),
        ("consumer", "group.id", "  ", "error", "no consumer group"),
        ("consumer", "max.poll.records", 500, "warning", "does nothing"),
        ("producer", "max.poll.records", "500", "warning", "does nothing"),
        ("consumer", "no.such.thing", "1", "error", "no such property"),
        ("consumer", "Group.Protocol", "classic", "error", "no such property"),
        ("consumer", "key.deserializer", "String", "error", "msg.key()"),
        ("producer", "max.request.size", 1000, "error", "message.max.bytes"),
        ("producer", "delivery.timeout.ms.", 1000, "error", "no such property"),
        ("producer", "acks", "1", "error", "acks = all"),
        ("producer", "enable.idempotence", False, "error", "twice"),
        ("producer", "max.in.flight", 6, "error", "at most 5"),
        ("producer", "retries", 0, "error", "retries"),
        ("producer", "linger.ms", "5ms", "error", "unit"),
        ("producer", "message.timeout.ms", "60s", "error", "unit"),
        ("consumer", "enable.auto.offset.store", True, "error", "crash"),
        ("consumer", "enable.auto.commit", False, "error", "crash"),
        ("consumer", "check.crcs", "yes", "error", "check.crcs"),
        ("consumer", "heartbeat.interval.ms", 1000, "warning", "heartbeats"),
        ("consumer", "heartbeat.interval.ms", 60_000, "error", "heartbeats"),
        ("consumer", "max.poll.interval.ms", 1500, "error", "session.timeout.ms"),
        ("consumer", "auto.offset.reset", "none", "error", "auto.offset.reset"),
        ("admin", "bootstrap.servers", "", "error", "no broker"),
        ("admin", "bootstrap.servers", ":::", "error", "no address"),
        ("admin", "bootstrap.servers", "host:99999", "error", "no address"),
        ("admin", "bootstrap.servers", "http://host:9092", "error", "web address"),
        ("admin", "bootstrap.servers", "SSL://host:9092", "error", "security.protocol"),
    ],
)
def test_finding(role: Role, name: str, value: str | int | bool, severity: str, words: str) -> None:
    """One wrong property gives one finding that names it and says what to do."""
    finding = _only(role, name, value)
    assert finding.name == name
    assert finding.severity == severity
    assert words in str(finding)
    assert finding.fix.endswith(".")


@pytest.mark.parametrize(
    "value", ["127.0.0.1:9092", "a:1,b:2", "host", "[::1]:9092", "PLAINTEXT://h:1"]
)
def test_good_servers(value: str) -> None:
    """Addresses that librdkafka reads are taken."""
    assert check({"bootstrap.servers": value}, "admin") == []


def test_secret_is_masked() -> None:
    """A finding about a password does not show it."""
    findings = check({**GOOD["admin"], "sasl.passwort.password": "hunter2"}, "admin")
    assert "hunter2" not in str(findings[0])


def test_errors_come_first() -> None:
    """The reader sees what stops him before what is merely useless."""
    findings = check({**GOOD["consumer"], "max.poll.records": 1, "no.such.thing": 1}, "consumer")
    assert [finding.severity for finding in findings] == ["error", "warning"]


def _condition() -> BrokerCondition:
    return BrokerCondition("test", SERVERS, WorkerTelemetry(WorkerName.GENERATOR))


def test_empty_group_is_refused_before_the_library_sees_it() -> None:
    """The library would abort the whole process."""
    properties = clients.consumer_properties(KafkaSettings(), SERVERS, "c", "")
    with pytest.raises(KafkaSettingsError, match=r"group\.id"):
        clients.make_consumer(properties, _condition(), lambda _error, _partitions: None)


def test_refusal_of_the_library_is_explained() -> None:
    """What only construction finds is no bare KafkaException either."""
    settings = KafkaSettings(producer={"transactional.id": "t", "socket.timeout.ms": 299_000})
    properties = clients.producer_properties(settings, SERVERS, "p")
    with pytest.raises(KafkaSettingsError, match="timeout") as caught:
        clients.make_producer(properties, _condition())
    assert caught.value.next_step
    assert not caught.value.retriable


@pytest.mark.parametrize(
    "settings",
    [
        KafkaSettings(common={"bootstrap.servers": "elsewhere:1"}),
        KafkaSettings(consumer={"group.id": "other"}),
    ],
)
def test_properties_that_other_settings_decide(settings: KafkaSettings) -> None:
    """A group or an address must not be changed behind the back of the rest."""
    with pytest.raises(KafkaSettingsError, match="does not belong") as caught:
        clients.consumer_properties(settings, SERVERS, "c", "g")
    assert "kafka." in caught.value.next_step
