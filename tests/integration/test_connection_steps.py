"""The connection test against real things: each failure is found at its step, in plain words."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.kafka import KafkaAccess
from pipeline.kafka.connection_steps import Step, StepName, StepState, first_failed
from pipeline.kafka.connection_test import walk
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.settings import KafkaSettings
from tests.integration.kafka_brokers import answer_next, open_access
from tests.integration.tansu import running_tansu
from tests.integration.tls_proxy import tls_before_tansu
from tests.support.certificates import make_certificate
from tests.support.log_guard import ExpectLog
from tests.support.said import untranslatable

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 2.0
OFFSET_FETCH = 9
GROUP_AUTHORIZATION_FAILED = 30
PASSWORD = "Kept-To-Myself-77"


def examine(servers: str, **common: str) -> dict[StepName, Step]:
    settings = KafkaSettings(mode="cluster", bootstrap_servers=servers, common=common)
    steps = list(walk(KafkaAccess(settings, None), LIMIT_S))
    assert [step.name for step in steps] == list(StepName)
    assert all(PASSWORD not in f"{step}" for step in steps)
    texts = [text for step in steps for text in (step.detail, step.next_step)]
    assert [words for text in texts for words in untranslatable(text)] == []
    return {step.name: step for step in steps}


def assert_fails(steps: dict[StepName, Step], name: StepName) -> Step:
    """The named step failed first, all before it did not, all after it were left out."""
    failed = first_failed(list(steps.values()))
    assert failed is not None
    assert failed.name is name, steps
    order = list(StepName)
    after = order[order.index(name) + 1 :]
    assert {steps[later].state for later in after} <= {StepState.SKIPPED}
    assert failed.next_step
    return failed


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Give the address of a port whose connections go to `serve`, one after the other."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        over = threading.Event()

        def run() -> None:
            while not over.is_set():
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(10.0)
                    serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            socket.create_connection(listener.getsockname(), 5.0).close()
            thread.join(15.0)


def say_nothing(connection: socket.socket) -> None:
    """Take what comes until the other side gives up."""
    while connection.recv(4096):
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    return make_certificate(tmp_path_factory.mktemp("tls"), timedelta(days=30))


@contextlib.contextmanager
def tls_port(certificate: tuple[Path, Path]) -> Iterator[str]:
    """Give a port that speaks TLS and nothing within."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            say_nothing(encrypted)

    with listening(serve) as address:
        yield address


def test_a_setting_that_no_client_takes() -> None:
    failed = assert_fails(examine("127.0.0.1:9092", acks="some"), StepName.SETTINGS)
    assert "acks" in failed.detail


def test_a_name_that_nobody_knows() -> None:
    failed = assert_fails(examine("broker.invalid:9092"), StepName.DNS)
    assert "broker.invalid" in failed.detail


def test_a_closed_port() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    failed = assert_fails(examine(f"127.0.0.1:{port}"), StepName.TCP)
    assert f"127.0.0.1:{port} refuses connections" in failed.detail


def test_a_port_that_accepts_and_says_nothing() -> None:
    with listening(say_nothing) as address:
        plain = assert_fails(examine(address), StepName.KAFKA)
        encrypted = assert_fails(examine(address, **{"security.protocol": "SSL"}), StepName.TLS)
    assert f"{address} accepts connections, but has not answered" in plain.detail
    assert f"{address} accepts connections, but has not answered the TLS" in encrypted.detail
    assert plain.took_ms < (2 * LIMIT_S + 1) * 1000 + 500


def test_a_web_server() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with listening(serve) as address:
        failed = assert_fails(examine(address), StepName.KAFKA)
    assert "is a web server" in failed.detail


def test_a_self_signed_certificate_that_nobody_vouches_for(
    certificate: tuple[Path, Path],
) -> None:
    with tls_port(certificate) as address:
        failed = assert_fails(examine(address, **{"security.protocol": "ssl"}), StepName.TLS)
    assert "self-signed certificate" in failed.detail
    assert "ssl.ca.location" in failed.next_step


def test_a_certificate_of_another_host(certificate: tuple[Path, Path]) -> None:
    trusted = {"security.protocol": "ssl", "ssl.ca.location": str(certificate[0])}
    with tls_port(certificate) as address:
        port = address.rpartition(":")[2]
        failed = assert_fails(examine(f"localhost:{port}", **trusted), StepName.TLS)
    assert "localhost" in failed.detail
    assert "host name" in failed.next_step


def test_a_certificate_that_has_expired(tmp_path: Path) -> None:
    expired = make_certificate(tmp_path, -timedelta(days=1))
    trusted = {"security.protocol": "ssl", "ssl.ca.location": str(expired[0])}
    with tls_port(expired) as address:
        failed = assert_fails(examine(address, **trusted), StepName.TLS)
    assert "expired" in failed.detail
    assert "renewed" in failed.next_step


def test_plain_settings_for_a_tls_port(certificate: tuple[Path, Path]) -> None:
    with tls_port(certificate) as address:
        failed = assert_fails(examine(address), StepName.KAFKA)
    assert "speaks TLS" in failed.detail
    assert "security.protocol" in failed.next_step


def test_a_broker_that_wants_to_see_a_client_certificate(certificate: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificate[0])
    context.load_cert_chain(*certificate)
    context.verify_mode = ssl.CERT_REQUIRED

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            say_nothing(encrypted)

    trusted = {"security.protocol": "ssl", "ssl.ca.location": str(certificate[0])}
    with listening(serve) as address:
        failed = assert_fails(examine(address, **trusted), StepName.TLS)
    assert "ssl.certificate.location" in failed.next_step


def test_tls_settings_for_a_plain_broker(tmp_path: Path) -> None:
    with running_tansu(tmp_path) as broker:
        steps = examine(broker.bootstrap_servers, **{"security.protocol": "ssl"})
    assert_fails(steps, StepName.TLS)


def test_an_authority_that_is_no_certificate(tmp_path: Path) -> None:
    file = tmp_path / "authority.pem"
    file.write_text("no certificate")
    failed = assert_fails(
        examine("127.0.0.1:9092", **{"security.protocol": "ssl", "ssl.ca.location": str(file)}),
        StepName.SETTINGS,
    )
    assert "authority.pem" in failed.detail or "ssl.ca.location" in failed.detail


@pytest.mark.parametrize("kind", ["embedded", "tansu"])
def test_a_broker_that_is_well(kind: str, tmp_path: Path) -> None:
    with open_access(kind, tmp_path) as access:
        steps = {step.name: step for step in walk(access, LIMIT_S)}
    assert first_failed(list(steps.values())) is None
    for name in (StepName.DNS, StepName.TCP, StepName.KAFKA, StepName.METADATA, StepName.TOPICS):
        assert steps[name].state is StepState.OK
    assert steps[StepName.TLS].state is steps[StepName.SASL].state is StepState.SKIPPED
    assert "all 7 are there" in steps[StepName.TOPICS].detail


def test_topics_that_are_missing_are_named_and_not_made(tmp_path: Path) -> None:
    with running_tansu(tmp_path) as broker:
        examine(broker.bootstrap_servers)
        step = examine(broker.bootstrap_servers)[StepName.TOPICS]
    assert step.state is StepState.OK
    assert {"detection-results", "assessment-tasks.dlq"} <= set(step.missing_topics)
    assert "made when workers start" in step.next_step
    # The cluster decides how long messages stay, unless the settings do.
    assert "keeping messages" not in step.next_step


def test_topics_that_are_missing_are_offered_with_their_retention(tmp_path: Path) -> None:
    with running_tansu(tmp_path) as broker:
        settings = KafkaSettings(
            mode="cluster", bootstrap_servers=broker.bootstrap_servers, retention_hours=48
        )
        steps = list(walk(KafkaAccess(settings, None), LIMIT_S))
    (step,) = [step for step in steps if step.name is StepName.TOPICS]
    assert "4 partitions each, keeping messages for 48 h" in step.next_step


def test_one_of_two_servers_away_is_said_and_enough(tmp_path: Path) -> None:
    with running_tansu(tmp_path) as broker:
        steps = examine(f"127.0.0.1:1,{broker.bootstrap_servers}")
    assert first_failed(list(steps.values())) is None
    assert "1 of 2 servers" in steps[StepName.TCP].detail
    assert "127.0.0.1:1 refuses" in steps[StepName.TCP].detail


def test_a_cluster_over_tls_whose_authority_is_known(
    certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    trusted = {"security.protocol": "ssl", "ssl.ca.location": str(certificate[0])}
    with tls_before_tansu(certificate, tmp_path) as address:
        steps = examine(address, **trusted)
    assert first_failed(list(steps.values())) is None, steps
    for name in (StepName.TLS, StepName.KAFKA, StepName.METADATA):
        assert steps[name].state is StepState.OK


def test_a_login_that_the_broker_refuses(tmp_path: Path, expect_log: ExpectLog) -> None:
    expect_log("the password crosses the network in clear text")
    login = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "somebody",
        "sasl.password": PASSWORD,
    }
    with running_tansu(tmp_path) as broker:
        failed = assert_fails(examine(broker.bootstrap_servers, **login), StepName.SASL)
    assert "refuses the login" in failed.detail
    assert "sasl.mechanism" in failed.next_step


def test_a_group_that_this_user_may_not_use_is_named() -> None:
    settings = KafkaSettings()
    broker = EmbeddedBroker(settings)
    try:
        answer_next(broker, OFFSET_FETCH, GROUP_AUTHORIZATION_FAILED)
        failed = assert_fails(examine(broker.bootstrap_servers), StepName.ACL)
        assert failed.detail == f"this user may not: use the group {settings.groups.generator}"
    finally:
        broker.close()


def test_a_broker_that_names_an_address_nobody_reaches(tmp_path: Path) -> None:
    with running_tansu(tmp_path, advertised="broker.invalid:9092") as broker:
        failed = assert_fails(examine(broker.bootstrap_servers), StepName.METADATA)
    assert "broker.invalid" in failed.detail
    assert "advertised.listeners" in failed.next_step


@pytest.mark.parametrize("well", [True, False])
def test_the_command_tells_programs(*, well: bool, tmp_path: Path) -> None:
    words = ["check-connection", "--json"] + ([] if well else ["--bootstrap", "127.0.0.1:1"])
    ended = subprocess.run(
        [sys.executable, "main.py", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60.0,
        check=False,
        env=os.environ | {"SIGNALBOX_HOME": str(tmp_path)},
    )
    assert ended.returncode == (0 if well else 1), ended.stderr
    steps = json.loads(ended.stdout)
    assert [step["name"] for step in steps] == list(StepName)
    assert any(step["state"] == "failed" for step in steps) is not well
