"""Logins that succeed: PLAIN, SCRAM and OAUTHBEARER, ended by a proxy before a broker that offers none itself."""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.connection_steps import Step, StepName, StepState, first_failed
from pipeline.kafka.connection_test import walk
from pipeline.settings import KafkaSettings
from pipeline.states import WorkerName, WorkerState
from tests.integration.kafka_brokers import send_numbers, take_all, telemetry, wait_until
from tests.integration.sasl_gate import MECHANISMS, OAUTH, SaslGate
from tests.integration.tls_proxy import Proxy, before_tansu
from tests.integration.token_endpoint import TokenEndpoint
from tests.support.certificates import make_certificate
from tests.support.log_guard import ExpectLog
from tests.support.stages import line, stage_settings

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
USER = "signalbox"
PASSWORD = "Kept-To-Myself, = 77"  # a comma and an equals sign mean something to SCRAM
VARIABLE = "SIGNALBOX_TEST_KAFKA_PASSWORD"
LIMIT_S = 5.0
MESSAGES = 20
LOGIN_STEPS = (StepName.TCP, StepName.KAFKA, StepName.SASL, StepName.METADATA, StepName.TOPICS)


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings name a variable, which holds the password."""
    monkeypatch.setenv(VARIABLE, PASSWORD)


def login_by(mechanism: str, protocol: str = "SASL_PLAINTEXT") -> dict[str, str]:
    return {
        "security.protocol": protocol,
        "sasl.mechanism": mechanism,
        "sasl.username": USER,
        "sasl.password": f"env:{VARIABLE}",
    }


def access_to(servers: str, common: dict[str, str]) -> KafkaAccess:
    settings = KafkaSettings(mode="cluster", bootstrap_servers=servers, common=dict(common))
    return KafkaAccess(settings, None)


@contextlib.contextmanager
def asking_for_login(
    folder: Path, context: ssl.SSLContext | None = None
) -> Iterator[tuple[str, SaslGate]]:
    """Give the address of a broker that wants a login, and what has logged in there."""
    gate = SaslGate(USER, PASSWORD)
    with before_tansu(Proxy(context, gate), folder) as address:
        yield address, gate


def assert_messages_cross(access: KafkaAccess) -> None:
    """Topics are made, messages sent, read and committed."""
    access.ensure_topics()
    topic = access.settings.topics.detection_results
    send_numbers(access, topic, MESSAGES)
    with contextlib.closing(access.consumer("reader", [topic], telemetry())) as consumer:
        taken = take_all(consumer, lambda taken: len(taken) == MESSAGES)
        assert sorted(int(one.value) for one in taken) == list(range(MESSAGES))
        for one in taken:
            one.done()
        wait_until(lambda: consumer.take(0, 0.05) == [] and consumer.in_flight == 0)


def assert_passes(steps: list[Step], mechanism: str, *more: StepName) -> None:
    assert first_failed(steps) is None, steps
    found = {step.name: step for step in steps}
    for name in (*LOGIN_STEPS, *more):
        assert found[name].state is StepState.OK, found[name]
    assert found[StepName.SASL].detail == f"logged in by {mechanism}"
    assert PASSWORD not in str(steps)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_messages_cross_after_a_login(
    mechanism: str, tmp_path: Path, expect_log: ExpectLog
) -> None:
    expect_log("the password crosses the network in clear text", maybe=mechanism != "PLAIN")
    with asking_for_login(tmp_path) as (address, gate):
        access = access_to(address, login_by(mechanism))
        assert_messages_cross(access)
        assert_passes(list(walk(access, LIMIT_S)), mechanism)
        assert set(gate.logins) == {mechanism}
        assert gate.refused == []


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_messages_cross_after_a_login_within_tls(mechanism: str, tmp_path: Path) -> None:
    """As most clusters have it; no word about clear text."""
    certificate = make_certificate(tmp_path, timedelta(days=30))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with asking_for_login(tmp_path, context) as (address, gate):
        trusted = {"ssl.ca.location": str(certificate[0])}
        access = access_to(address, login_by(mechanism, "SASL_SSL") | trusted)
        assert_messages_cross(access)
        assert_passes(list(walk(access, LIMIT_S)), mechanism, StepName.TLS)
        assert set(gate.logins) == {mechanism}


def oauth_by(url: str) -> dict[str, str]:
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": OAUTH,
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.token.endpoint.url": url,
        "sasl.oauthbearer.client.id": USER,
        "sasl.oauthbearer.client.secret": f"env:{VARIABLE}",
    }


def test_messages_cross_after_a_login_by_a_token(tmp_path: Path, expect_log: ExpectLog) -> None:
    """A token is fetched from an OAuth server and shown to the broker."""
    expect_log("crosses the network in clear text", maybe=True)
    with TokenEndpoint(USER, PASSWORD) as tokens:
        gate = SaslGate(USER, PASSWORD, tokens.is_token)
        with before_tansu(Proxy(None, gate), tmp_path) as address:
            access = access_to(address, oauth_by(tokens.url))
            assert_messages_cross(access)
            assert_passes(list(walk(access, LIMIT_S)), OAUTH)
            assert set(gate.logins) == {OAUTH}
            assert gate.refused == []
        assert tokens.asked


def test_a_wrong_secret_for_the_token_is_told_at_its_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    expect_log("crosses the network in clear text", maybe=True)
    wrong = PASSWORD + "8"
    monkeypatch.setenv(VARIABLE, wrong)
    with TokenEndpoint(USER, PASSWORD) as tokens:
        gate = SaslGate(USER, PASSWORD, tokens.is_token)
        with before_tansu(Proxy(None, gate), tmp_path) as address:
            steps = list(walk(access_to(address, oauth_by(tokens.url)), LIMIT_S))
        assert gate.logins == []
        assert tokens.asked
    failed = first_failed(steps)
    assert failed is not None
    assert failed.name is StepName.SASL, steps
    assert "token" in failed.detail
    assert failed.next_step
    assert wrong not in str(steps)


def test_the_command_logs_in(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    with asking_for_login(tmp_path) as (address, gate):
        table = "\n".join(
            f'"{name}" = "{value}"' for name, value in login_by("SCRAM-SHA-256").items()
        )
        config.write_text(
            f'[kafka]\nmode = "cluster"\nbootstrap_servers = "{address}"\n[kafka.common]\n{table}\n'
        )
        ended = subprocess.run(
            [sys.executable, "main.py", "check-connection", "--json", "--config", str(config)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60.0,
            check=False,
            env=os.environ | {"SIGNALBOX_HOME": str(tmp_path / "home")},
        )
        assert gate.logins
    assert ended.returncode == 0, ended.stdout + ended.stderr
    states = {step["name"]: step["state"] for step in json.loads(ended.stdout)}
    assert all(states[name] == "ok" for name in LOGIN_STEPS)
    assert PASSWORD not in ended.stdout + ended.stderr


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_password_is_told_at_its_step(
    mechanism: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    expect_log("the password crosses the network in clear text", maybe=mechanism != "PLAIN")
    wrong = PASSWORD + "8"
    monkeypatch.setenv(VARIABLE, wrong)
    with asking_for_login(tmp_path) as (address, gate):
        steps = list(walk(access_to(address, login_by(mechanism)), LIMIT_S))
        assert set(gate.refused) == {mechanism}
        assert gate.logins == []
    failed = first_failed(steps)
    assert failed is not None
    assert failed.name is StepName.SASL
    assert "refuses the login" in failed.detail
    assert "sasl.mechanism" in failed.next_step
    assert wrong not in str(steps)


def test_nobody_passes_without_a_login(tmp_path: Path) -> None:
    """Or the tests above would show nothing."""
    with asking_for_login(tmp_path) as (address, gate):
        failed = first_failed(list(walk(access_to(address, {}), 1.0)))
        assert gate.logins == []
    assert failed is not None
    assert failed.name is StepName.METADATA


def test_a_worker_with_a_wrong_password_fails_and_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    expect_log("ERROR generator failed: .*refuses the login")
    expect_log("ERROR Generator stays stopped")
    expect_log("SASL|authentication|brokers are down", maybe=True)
    monkeypatch.setenv(VARIABLE, "another")
    with asking_for_login(tmp_path) as (address, gate):
        kafka = {
            "mode": "cluster",
            "bootstrap_servers": address,
            "common": login_by("SCRAM-SHA-512"),
        }
        with line(stage_settings(tmp_path / "alarms.db", kafka=kafka)) as running:
            running.start(WorkerName.GENERATOR, until=WorkerState.FAILED)
        assert gate.logins == []
