"""Encrypted ways to a broker, and logins: what works from end to end, and what is refused for good."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.errors import KafkaRefusedError
from pipeline.settings import KafkaSettings
from tests.integration.kafka_brokers import send_numbers, take_all, telemetry, wait_until
from tests.integration.tansu import running_tansu
from tests.integration.tls_proxy import tls_before_tansu
from tests.support.certificates import make_certificate
from tests.support.log_guard import ExpectLog

pytestmark = [pytest.mark.integration, pytest.mark.slow]

MESSAGES = 20
Pair = tuple[Path, Path]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The broker's certificate, which is for 127.0.0.1, and its key."""
    return make_certificate(tmp_path_factory.mktemp("server"), timedelta(days=30))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A client's certificate and key."""
    return make_certificate(tmp_path_factory.mktemp("client"), timedelta(days=30))


def access_to(servers: str, **common: str) -> KafkaAccess:
    return KafkaAccess(
        KafkaSettings(mode="cluster", bootstrap_servers=servers, common=dict(common)), None
    )


def encrypted(authority: Path, client: Pair | None = None) -> dict[str, str]:
    wanted = {"security.protocol": "SSL", "ssl.ca.location": str(authority)}
    if client is not None:
        wanted |= {
            "ssl.certificate.location": str(client[0]),
            "ssl.key.location": str(client[1]),
        }
    return wanted


def assert_refused(access: KafkaAccess, words: str, next_step: str) -> None:
    """See that a worker would go straight to Failed, with words that help."""
    with pytest.raises(KafkaRefusedError, match=words) as caught:
        access.ensure_topics()
    assert not caught.value.retriable
    assert next_step in caught.value.next_step


def test_messages_cross_a_line_that_asks_both_sides_for_a_certificate(
    server: Pair, client: Pair, tmp_path: Path
) -> None:
    """Topics are made, messages sent, read and committed, with the host name checked."""
    with tls_before_tansu(server, tmp_path, client[0]) as address:
        access = access_to(address, **encrypted(server[0], client))
        access.ensure_topics()
        topic = access.settings.topics.detection_results
        send_numbers(access, topic, MESSAGES)
        with contextlib.closing(access.consumer("reader", [topic], telemetry())) as consumer:
            taken = take_all(consumer, lambda taken: len(taken) == MESSAGES)
            assert sorted(int(one.value) for one in taken) == list(range(MESSAGES))
            for one in taken:
                one.done()
            wait_until(lambda: consumer.take(0, 0.05) == [] and consumer.in_flight == 0)


def test_an_authority_that_is_not_known(server: Pair, client: Pair, tmp_path: Path) -> None:
    with tls_before_tansu(server, tmp_path) as address:
        access = access_to(address, **encrypted(client[0]))
        assert_refused(access, "encryption .* fails: .*certificate verify failed", "ssl.")


def test_a_host_name_that_the_certificate_does_not_hold(server: Pair, tmp_path: Path) -> None:
    with tls_before_tansu(server, tmp_path) as address:
        access = access_to(address.replace("127.0.0.1", "localhost"), **encrypted(server[0]))
        assert_refused(access, "encryption .* fails: .*certificate verify failed", "ssl.")


def test_a_login_that_the_broker_refuses(tmp_path: Path, expect_log: ExpectLog) -> None:
    """Before the first start of a worker, and in a client that is at work."""
    expect_log("the password crosses the network in clear text")
    expect_log("SASL|authentication|brokers are down", maybe=True)
    with running_tansu(tmp_path) as broker:
        access = access_to(
            broker.bootstrap_servers,
            **{
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": "PLAIN",
                "sasl.username": "somebody",
                "sasl.password": "a password that nobody has",
            },
        )
        assert_refused(access, "refuses the login", "sasl.mechanism")
        consumer = access.consumer("reader", ["detection-results"], telemetry())

        def refused() -> bool:
            try:
                consumer.take(1)
            except KafkaRefusedError:
                return True
            return False

        wait_until(refused)
        consumer.close()
