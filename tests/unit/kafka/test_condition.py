"""What a client's errors do to its worker, and a storm of them to the log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError
from loguru import logger

from pipeline.kafka import clients, condition
from pipeline.kafka.condition import BrokerCondition, QuietLog
from pipeline.kafka.errors import KafkaRefusedError
from pipeline.settings import KafkaSettings
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry
from tests.support.log_guard import ExpectLog

STORM = 500
UP = '{"brokers": {"b": {"nodeid": 1, "state": "UP"}}}'


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Every line that is logged."""
    caught: list[str] = []
    sink = logger.add(lambda line: caught.append(str(line)), format="{level} {message}")
    yield caught
    logger.remove(sink)


def made() -> tuple[BrokerCondition, WorkerTelemetry]:
    telemetry = WorkerTelemetry(WorkerName.GENERATOR)
    return BrokerCondition("client-1", "host:9092", telemetry), telemetry


def test_a_storm_is_one_line_and_a_sum(lines: list[str], expect_log: ExpectLog) -> None:
    """Of each kind one, and how many more once the broker is back; braces break nothing."""
    expect_log("brokers are down|refused")
    broker, telemetry = made()
    broker.on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN, "3/3 brokers are down {not} a {0}"))
    for _ in range(STORM):
        broker.on_error(KafkaError(KafkaError._TRANSPORT, "{host}: connection refused {"))
    assert len([line for line in lines if "refused" in line]) == 1
    assert any("{not} a {0}" in line for line in lines)
    assert "host:9092 not reachable since" in str(telemetry.degraded)
    broker.on_statistics(UP)
    assert telemetry.degraded is None
    assert any(f"client-1: {STORM - 1} more messages" in line for line in lines)
    assert broker.trouble is None


def test_a_broker_that_is_reached_and_acknowledges_nothing_is_told() -> None:
    broker, telemetry = made()
    broker.watch(3, now_s=100.0)
    broker.watch(5, now_s=100.0 + condition.SILENT_S - 0.1)
    assert telemetry.degraded is None
    broker.watch(9, now_s=100.0 + condition.SILENT_S)
    assert "host:9092 is reached, but has acknowledged nothing" in str(telemetry.degraded)
    broker.acknowledged()
    assert telemetry.degraded is None
    broker.watch(9, now_s=130.0)
    broker.watch(0, now_s=140.0)  # all of it went out
    broker.watch(1, now_s=130.0 + condition.SILENT_S)
    assert telemetry.degraded is None


@pytest.mark.parametrize(
    ("common", "words"),
    [
        ({}, "at the latest 2 s after"),
        ({"reconnect.backoff.max.ms": 4500}, "at the latest 4.5 s after"),
        ({"reconnect.backoff.max.ms": "60000"}, "at the latest 60 s after"),
    ],
)
def test_when_it_tries_again_is_what_the_client_was_given(
    common: dict[str, str | int | float | bool], words: str, expect_log: ExpectLog
) -> None:
    expect_log("brokers are down|refused", maybe=True)
    broker, telemetry = made()
    settings = KafkaSettings(mode="cluster", bootstrap_servers="127.0.0.1:1", common=common)
    properties = clients.producer_properties(settings, settings.bootstrap_servers, "client-1")
    clients.make_producer(properties, broker)
    broker.on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
    assert words in str(telemetry.degraded)


def test_a_kind_is_told_again_after_a_while(
    lines: list[str], expect_log: ExpectLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With how many came meanwhile."""
    expect_log("away")
    now_s = [100.0]
    monkeypatch.setattr("pipeline.kafka.condition.time.monotonic", lambda: now_s[0])
    quiet = QuietLog("client-1")
    for _ in range(STORM):
        quiet.write("WARNING", "FAIL", "away")
    now_s[0] += condition.REPEAT_QUIET_S
    quiet.write("WARNING", "FAIL", "away")
    assert [line.strip() for line in lines] == [
        "WARNING client-1: away",
        f"WARNING client-1: away (and {STORM - 1} more of its kind)",
    ]


@pytest.mark.parametrize(
    ("code", "words", "trouble", "next_step"),
    [
        (KafkaError._AUTHENTICATION, "wrong password", "refuses the login", "sasl.mechanism"),
        (KafkaError._SSL, "certificate verify failed", "encryption", "ssl.*"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "denied", "use a topic", "rights"),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, "denied", "consumer group", "right to read"),
        (KafkaError.CLUSTER_AUTHORIZATION_FAILED, "denied", "use the cluster", "Idempotent"),
    ],
)
def test_what_will_not_pass_is_refused(
    code: int, words: str, trouble: str, next_step: str, expect_log: ExpectLog
) -> None:
    """The worker goes to Failed, and is told what to do."""
    expect_log(words)
    broker, _ = made()
    broker.on_error(KafkaError(code, words))
    assert isinstance(broker.trouble, KafkaRefusedError)
    assert trouble in str(broker.trouble)
    assert words in str(broker.trouble)
    assert next_step in broker.trouble.next_step
    assert not broker.trouble.retriable


def test_a_greeting_that_was_cut_off_may_pass(expect_log: ExpectLog) -> None:
    """As when a broker behind TLS restarts."""
    expect_log("Disconnected")
    broker, _ = made()
    broker.on_error(KafkaError(KafkaError._SSL, "SSL handshake failed: Disconnected"))
    assert broker.trouble is None


def test_a_fatal_error_wants_a_new_client(expect_log: ExpectLog) -> None:
    """The worker starts anew by itself."""
    expect_log("out of sequence")
    broker, _ = made()
    broker.on_error(KafkaError(KafkaError._FATAL, "out of sequence", fatal=True))
    assert broker.trouble is not None
    assert broker.trouble.retriable
    assert "starts anew" in broker.trouble.next_step
