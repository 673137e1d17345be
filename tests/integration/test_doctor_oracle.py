"""The settings doctor against librdkafka: an error exactly where no client can be made."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from pipeline.kafka.doctor import Finding, Property, Role, Setting, examine, table
from tests.support.property_sets import NAMES, ROLES, SERVERS, property_sets
from tests.support.trial_clients import TrialProcess, TrialValue

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def trial() -> Iterator[TrialProcess]:
    process = TrialProcess()
    yield process
    process.close()


def _refused(role: Role, properties: dict[str, TrialValue]) -> list[Finding]:
    settings = [Setting(name, value) for name, value in properties.items()]
    return [finding for finding in examine(settings, role) if finding.refused]


def _compare(trial: TrialProcess, role: Role, properties: dict[str, TrialValue]) -> None:
    findings = _refused(role, properties)
    answer = trial.refusal(role, list(properties.items()))
    assert bool(findings) == (answer is not None), (
        f"librdkafka: {answer}; doctor: {[str(finding) for finding in findings]}"
    )


def _sound_value(found: Property) -> str:
    usual = {"flags": "all", "boolean": "true", "sasl.mechanisms": "PLAIN"}
    return found.default or (found.values or ("",))[0] or usual.get(found.kind, "x")


@pytest.mark.parametrize("role", ROLES)
def test_what_librdkafka_warns_of_is_found(trial: TrialProcess, role: Role) -> None:
    """It logs what it ignores, or will not take for long; the doctor says so before."""
    silent = []
    for name in NAMES:
        value = _sound_value(table().by_name[name])
        properties: dict[str, TrialValue] = {**dict([SERVERS]), "group.id": "g", name: value}
        about = {finding.name for finding in examine(dict(properties), role)}
        for words in trial.warnings(role, list(properties.items())):
            told = re.search(r"property `?([\w.]+)", words)
            if told and table().by_name[told[1]].name == table().by_name[name].name:
                silent += [words] if name not in about else []
    assert not silent


@pytest.mark.parametrize(
    "paths", ["/no/such/plugin.so", "/no/such/plugin", "/no/a;/no/b", ";", ";;", ""]
)
def test_a_plugin_that_is_missing_is_found(trial: TrialProcess, paths: str) -> None:
    _compare(trial, "producer", {**dict([SERVERS]), "plugin.library.paths": paths})


def _openssl(*arguments: str, folder: Path) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and certificates of many kinds, in one folder."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates")
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("a", "b"):
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "2", "-subj", "/CN=x"),
            folder=folder,
        )
    _openssl(
        *("ec", "-in", "a.key", "-aes256", "-passout", "pass:word", "-out", "locked.key"),
        folder=folder,
    )
    _openssl(
        *("pkcs12", "-export", "-in", "a.pem", "-inkey", "a.key", "-passout", "pass:word"),
        *("-out", "a.p12"),
        folder=folder,
    )
    (folder / "store.jks").write_bytes(b"\xfe\xed\xfe\xed\x00\x00\x00\x02")
    (folder / "words.txt").write_text("neither key nor certificate", encoding="utf-8")
    (folder / "empty.pem").touch()
    return folder


@pytest.mark.parametrize(
    "properties",
    [
        {"ssl.ca.location": "a.pem"},
        {"ssl.ca.location": "words.txt"},
        {"ssl.ca.location": "empty.pem"},
        {"ssl.ca.location": "a.key"},
        {"ssl.ca.location": "no.pem"},
        {"ssl.ca.location": "."},
        {"ssl.crl.location": "words.txt"},
        {"ssl.ca.pem": "a.pem"},
        {"ssl.ca.pem": "words.txt"},
        {"ssl.certificate.pem": "a.pem"},
        {"ssl.certificate.pem": "words.txt"},
        {"ssl.certificate.pem": "a.pem", "ssl.key.pem": "a.key"},
        {"ssl.certificate.pem": "a.pem", "ssl.key.pem": "words.txt"},
        {"ssl.key.pem": "a.key"},
        {"ssl.certificate.location": "a.pem"},
        {"ssl.certificate.location": "words.txt"},
        {"ssl.certificate.location": "a.key"},
        {"ssl.key.location": "a.key"},
        {"ssl.certificate.location": "a.pem", "ssl.key.location": "a.key"},
        {"ssl.certificate.location": "a.pem", "ssl.key.location": "b.key"},
        {"ssl.certificate.location": "a.pem", "ssl.key.location": "a.pem"},
        {"ssl.certificate.location": "a.pem", "ssl.key.location": "locked.key"},
        {
            "ssl.certificate.location": "a.pem",
            "ssl.key.location": "locked.key",
            "ssl.key.password": "word",
        },
        {
            "ssl.certificate.location": "a.pem",
            "ssl.key.location": "locked.key",
            "ssl.key.password": "wrong",
        },
        {"ssl.keystore.location": "a.p12"},
        {"ssl.keystore.location": "a.p12", "ssl.keystore.password": "word"},
        {"ssl.keystore.location": "store.jks", "ssl.keystore.password": "word"},
        {"ssl.keystore.location": "words.txt", "ssl.keystore.password": "word"},
        {"ssl.keystore.location": "no.p12", "ssl.keystore.password": "word"},
    ],
    ids=lambda properties: ",".join(f"{name}={value}" for name, value in properties.items()),
)
def test_certificates(
    trial: TrialProcess, certificates: Path, properties: dict[str, TrialValue]
) -> None:
    placed = {
        name: str(certificates / str(value))
        if name.endswith("location")
        else (certificates / str(value)).read_text(encoding="utf-8")
        if name.endswith(".pem")
        else value
        for name, value in properties.items()
    }
    _compare(trial, "admin", {**dict([SERVERS]), "security.protocol": "ssl", **placed})


@hypothesis.settings(max_examples=400)
@hypothesis.given(property_sets())
def test_some_hundreds(trial: TrialProcess, case: tuple[Role, dict[str, TrialValue]]) -> None:
    _compare(trial, *case)


@pytest.mark.slow
@hypothesis.settings(max_examples=5000, derandomize=False)
@hypothesis.given(property_sets())
def test_thousands(trial: TrialProcess, case: tuple[Role, dict[str, TrialValue]]) -> None:
    _compare(trial, *case)
