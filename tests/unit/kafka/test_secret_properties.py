"""Client properties given as references: resolved for the client, unseen anywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.kafka import clients
from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.connection_steps import StepState
from pipeline.kafka.connection_test import walk
from pipeline.kafka.doctor.report import as_text, examine_file
from pipeline.kafka.errors import KafkaSettingsError
from pipeline.kafka.secret_properties import with_secrets
from pipeline.redact import redact_text
from pipeline.secrets import store
from pipeline.settings import KafkaSettings
from tests.support.credential_store import TestStore, using

SECRET = "planted-4711-secret"
SASL = {
    "security.protocol": "sasl_plaintext",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": "signalbox",
}


@pytest.fixture(autouse=True)
def shelf() -> Iterator[TestStore]:
    shelf = TestStore()
    with using(shelf):
        yield shelf


def _cluster(**common: str) -> KafkaSettings:
    return KafkaSettings(mode="cluster", bootstrap_servers="127.0.0.1:1", common=common)


def test_a_reference_is_resolved_for_the_client() -> None:
    store("kafka", SECRET)
    found = with_secrets({**SASL, "sasl.password": "keyring:kafka", "client.id": "env:NOT_ONE"})
    assert found["sasl.password"] == SECRET
    assert found["client.id"] == "env:NOT_ONE"


def test_a_plain_secret_is_masked_from_then_on() -> None:
    with_secrets({"sasl.password": SECRET})
    assert SECRET not in redact_text(f"librdkafka says {SECRET} is wrong")


def test_a_client_is_made_with_a_reference() -> None:
    store("kafka", SECRET)
    settings = _cluster(**SASL, **{"sasl.password": "keyring:kafka"})
    assert clients.make_admin(settings, "127.0.0.1:1") is not None


def test_a_client_without_its_secret_names_the_property_and_the_way() -> None:
    settings = _cluster(**SASL, **{"sasl.password": "keyring:kafka"})
    with pytest.raises(KafkaSettingsError, match=r"for sasl\.password, since nothing") as raised:
        clients.make_admin(settings, "127.0.0.1:1")
    assert "keyring set Signalbox kafka" in raised.value.next_step
    assert not raised.value.retriable


def test_the_connection_test_tells_of_a_secret_that_is_not_there() -> None:
    settings = _cluster(**SASL, **{"sasl.password": "keyring:kafka"})
    step = next(walk(KafkaAccess(settings, None)))
    assert step.state is StepState.FAILED
    assert "nothing is stored as keyring:kafka" in step.detail
    assert "keyring set Signalbox kafka" in step.next_step


def _report(tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "settings.toml"
    path.write_text(
        "\n".join(
            [
                "[kafka]",
                'mode = "cluster"',
                'bootstrap_servers = "a:1"',
                "[kafka.common]",
                *(f'"{name}" = "{value}"' for name, value in SASL.items()),
                *lines,
            ]
        ),
        encoding="utf-8",
    )
    return as_text(examine_file(path))


def test_the_doctor_takes_a_reference_for_a_secret_that_is_set(tmp_path: Path) -> None:
    report = _report(tmp_path, '"sasl.password" = "keyring:kafka"')
    assert "0 errors, 0 warnings, 0 pieces of advice" in report


def test_the_doctor_advises_against_a_secret_in_the_file(tmp_path: Path) -> None:
    report = _report(tmp_path, f'"sasl.password" = "{SECRET}"')
    assert "0 errors, 0 warnings" in report
    assert "advice: sasl.password = ***" in report
    assert "credential store" in report
    assert SECRET not in report
