"""Every finding is whole, and rules that no other test names."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import hypothesis
import pytest

from pipeline.kafka.doctor import Finding, Role, Severity, Value, examine
from pipeline.kafka.doctor.reading.files import read_clients
from pipeline.kafka.doctor.signalbox import examine_signalbox
from tests.support.certificates import make_certificate
from tests.support.property_sets import property_sets
from tests.support.trial_clients import TrialValue


def assert_whole(finding: Finding) -> None:
    """See that it says what, how bad, what will happen, why, what to do, and where to read on."""
    assert finding.severity in {"error", "warning", "advice"}
    assert finding.rule
    assert finding.name
    for part in (finding.effect, finding.reason):
        assert part
        assert not part.endswith(".")
    assert finding.fix.endswith((".", "?"))
    assert finding.reference.startswith("https://")
    for edit in finding.edits:
        assert edit.name
        assert (edit.new_name is not None) == (edit.action == "rename")
        assert edit.action != "set" or edit.value is not None


@hypothesis.settings(max_examples=200)
@hypothesis.given(property_sets())
def test_every_finding_is_whole(case: tuple[Role, dict[str, TrialValue]]) -> None:
    role, given = case
    properties: dict[str, Value] = dict(given)
    for finding in examine(properties, role):
        assert_whole(finding)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path, timedelta(days=400))[0]


def found(role: Role, properties: dict[str, Value], rule: str) -> Finding:
    given: dict[str, Value] = {"bootstrap.servers": "h:1", "group.id": "g", **properties}
    rules = {finding.rule: finding for finding in examine(given, role)}
    assert rule in rules, list(rules)
    assert_whole(rules[rule])
    return rules[rule]


def test_an_unknown_name_with_a_name_that_is_near() -> None:
    finding = found("consumer", {"fetch.min.byte": "1"}, "unknown-name")
    assert finding.refused
    assert finding.fix == "Did you mean fetch.min.bytes? Rename it."
    assert [str(edit) for edit in finding.edits] == ["rename fetch.min.byte to fetch.min.bytes"]


@pytest.mark.skipif(sys.platform == "win32", reason="the Windows wheel has Kerberos")
def test_a_mechanism_that_this_build_lacks() -> None:
    finding = found("consumer", {"security.protocol": "SASL_SSL"}, "mechanism-not-built")
    assert finding.refused
    assert "GSSAPI" in str(finding)


def test_a_certificate_without_its_key(certificate: Path) -> None:
    properties: dict[str, Value] = {
        "security.protocol": "ssl",
        "ssl.ca.location": str(certificate),
        "ssl.certificate.location": str(certificate),
    }
    finding = found("producer", properties, "certificate-without-key")
    assert "ssl.key.location" in str(finding)


def test_encryption_that_nobody_switched_on(certificate: Path) -> None:
    finding = found("producer", {"ssl.ca.location": str(certificate)}, "ssl-without-protocol")
    assert not finding.refused
    assert "security.protocol" in str(finding)


@pytest.mark.parametrize(
    ("text", "rule", "severity"),
    [
        ('[kafka.common]\n"bootstrap.servers" = "h:1"\n', "decided-elsewhere", Severity.ERROR),
        ('[kafka.consumer]\n"enable.auto.commit" = false\n', "kept-by-signalbox", Severity.ERROR),
        ("[kafka.consumer]\nfetch.min.bytes = 2\n", "unquoted-name", Severity.ERROR),
        ('[kafka.common]\n"sasl.password" = "p"\n', "plain-secret", Severity.ADVICE),
    ],
)
def test_rules_of_our_own_settings_file(
    text: str, rule: str, severity: Severity, tmp_path: Path
) -> None:
    path = tmp_path / "signalbox.toml"
    path.write_text(text, encoding="utf-8")
    findings = [
        finding
        for client in read_clients(path)
        for finding in examine_signalbox(path, client.settings, client.guessed_role())
        if finding.rule == rule
    ]
    assert findings
    for finding in findings:
        assert_whole(finding)
        assert finding.severity_level is severity
        assert finding.line == 2
