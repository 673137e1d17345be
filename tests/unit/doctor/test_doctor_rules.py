"""What the settings doctor finds, rule by rule, and that its edits mend it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.kafka.doctor import Code, Finding, Role, Setting, Severity, Value, examine

P = {"bootstrap.servers": "h:9092", "enable.idempotence": "true"}
C = {"bootstrap.servers": "h:9092", "group.id": "g", "enable.auto.offset.store": "false"}
GOOD: dict[Role, dict[str, str]] = {
    "producer": P,
    "consumer": C,
    "admin": {"bootstrap.servers": "h:9092"},
}
SASL = {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN"}
OAUTH = {
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "OAUTHBEARER",
    "sasl.oauthbearer.method": "oidc",
}
JWT = {
    **OAUTH,
    "sasl.oauthbearer.grant.type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "sasl.oauthbearer.token.endpoint.url": "https://idp/token",
}


def _find(role: Role, properties: dict[str, Value]) -> list[Finding]:
    return examine({**GOOD[role], **properties}, role)


@pytest.mark.parametrize("role", list(GOOD))
def test_sound_settings_are_clean(role: Role) -> None:
    assert _find(role, {}) == []


ROWS: list[tuple[Role, dict[str, Value], str, str, str, bool]] = [
    # role, properties, rule, about which, severity, refused by librdkafka
    ("producer", {"acks": 1}, "idempotence-acks", "acks", "error", True),
    ("producer", {"request.required.acks": "0"}, "idempotence-acks", "request.required.acks",
     "error", True),
    ("producer", {"max.in.flight": 6}, "idempotence-in-flight", "max.in.flight", "error", True),
    ("producer", {"retries": 0}, "idempotence-retries", "retries", "error", True),
    ("producer", {"queuing.strategy": "lifo"}, "idempotence-order", "queuing.strategy", "error",
     True),
    ("producer", {"queue.buffering.backpressure.threshold": 2}, "idempotence-backpressure",
     "queue.buffering.backpressure.threshold", "error", True),
    ("producer", {"enable.idempotence": False, "enable.gapless.guarantee": True},
     "gapless-idempotence", "enable.gapless.guarantee", "error", True),
    ("producer", {"enable.idempotence": False, "transactional.id": "t"},
     "transactions-idempotence", "enable.idempotence", "error", True),
    ("producer", {"transactional.id": "t", "message.timeout.ms": 60_001},
     "transactions-message-timeout", "message.timeout.ms", "error", True),
    ("producer", {"transactional.id": "t", "socket.timeout.ms": 60_101},
     "transactions-socket-timeout", "socket.timeout.ms", "error", True),
    ("producer", {"transactional.id": "t", "transaction.timeout.ms": 2**31 - 2,
                  "socket.timeout.ms": 100}, "transactions-socket-timeout", "socket.timeout.ms",
     "error", True),
    ("producer", {"linger.ms": 1000, "message.timeout.ms": 1000}, "linger-message-timeout",
     "linger.ms", "error", True),
    ("producer", {"linger.ms": 300_000}, "linger-message-timeout", "linger.ms", "error", False),
    ("producer", {"enable.idempotence": False, "acks": 2}, "acks-number", "acks", "error", False),
    ("producer", {"enable.idempotence": False, "acks": 0}, "acks-none", "acks", "warning", False),
    ("producer", {"request.timeout.ms": 400_000}, "request-timeout", "request.timeout.ms",
     "warning", False),
    ("producer", {"batch.size": 2_000_000}, "batch-size", "batch.size", "warning", False),
    ("producer", {"queue.buffering.max.kbytes": 10}, "queue-size", "queue.buffering.max.kbytes",
     "warning", False),
    ("producer", {"compression.type": "gzip", "compression.level": 12}, "compression-level",
     "compression.level", "warning", False),
    ("producer", {"compression.level": 1}, "compression-level", "compression.level", "warning",
     False),
    ("producer", {"session.timeout.ms": 6000}, "wrong-side", "session.timeout.ms", "warning",
     False),
    ("producer", {"delivery.report.only.error": "true"}, "python-bool",
     "delivery.report.only.error", "error", True),
    ("consumer", {"group.id": ""}, "group-empty", "group.id", "error", True),
    ("consumer", {"group.id": " \t"}, "group-empty", "group.id", "error", True),
    ("consumer", {"group.id": None}, "group-empty", "group.id", "error", True),
    ("consumer", {"acks": "all"}, "wrong-side", "acks", "warning", False),
    ("consumer", {"request.timeout.ms": 1000}, "wrong-side", "request.timeout.ms", "warning",
     False),
    ("admin", {"group.id": "g"}, "wrong-side", "group.id", "warning", False),
    ("consumer", {"max.poll.records": 500}, "share-consumer-only", "max.poll.records", "warning",
     False),
    ("consumer", {"max.poll.interval.ms": 44_999}, "poll-session", "max.poll.interval.ms",
     "error", True),
    ("consumer", {"session.timeout.ms": 300_001}, "poll-session", "session.timeout.ms", "error",
     True),
    ("consumer", {"heartbeat.interval.ms": 15_001}, "heartbeat-session", "heartbeat.interval.ms",
     "warning", False),
    ("consumer", {"heartbeat.interval.ms": 45_000}, "heartbeat-session", "heartbeat.interval.ms",
     "error", False),
    ("consumer", {"group.protocol": "consumer", "session.timeout.ms": 6000}, "group-protocol",
     "session.timeout.ms", "error", True),
    ("consumer", {"group.remote.assignor": "uniform"}, "remote-assignor",
     "group.remote.assignor", "warning", False),
    ("consumer", {"partition.assignment.strategy": "range,cooperative-sticky"},
     "assignors-mixed", "partition.assignment.strategy", "error", True),
    ("consumer", {"partition.assignment.strategy": "sticky"}, "assignor-unknown",
     "partition.assignment.strategy", "error", True),
    ("consumer", {"group.protocol.type": "connect"}, "group-protocol-type",
     "group.protocol.type", "error", True),
    ("consumer", {"fetch.min.bytes": 0}, "fetch-min", "fetch.min.bytes", "error", True),
    ("consumer", {"fetch.max.bytes": 999_999}, "fetch-message", "fetch.max.bytes", "error", True),
    ("consumer", {"receive.message.max.bytes": 52_429_311}, "receive-fetch",
     "receive.message.max.bytes", "error", True),
    ("consumer", {"max.partition.fetch.bytes": 100_000_000}, "partition-fetch",
     "max.partition.fetch.bytes", "warning", False),
    ("consumer", {"queued.max.messages.kbytes": 1}, "queue-fetch", "queued.max.messages.kbytes",
     "warning", False),
    ("consumer", {"fetch.wait.max.ms": 59_001}, "fetch-wait", "fetch.wait.max.ms", "warning",
     False),
    ("consumer", {"enable.auto.commit": False, "auto.commit.interval.ms": 100},
     "commit-interval", "auto.commit.interval.ms", "warning", False),
    ("consumer", {"auto.commit.interval.ms": 0}, "commit-interval", "auto.commit.interval.ms",
     "warning", False),
    ("consumer", {"enable.auto.offset.store": True}, "store-before-work",
     "enable.auto.offset.store", "warning", False),
    ("admin", {"reconnect.backoff.ms": 10_001}, "reconnect-backoff", "reconnect.backoff.ms",
     "error", True),
    ("admin", {"retry.backoff.ms": 1001}, "retry-backoff", "retry.backoff.ms", "warning", False),
    ("admin", {"bootstrap.servers": ""}, "bad-server", "bootstrap.servers", "error", False),
    ("admin", {"bootstrap.servers": "a:1,b:99999"}, "bad-server", "bootstrap.servers", "error",
     False),
    ("admin", {"bootstrap.servers": "ssl://a:1"}, "server-protocol", "bootstrap.servers", "error",
     False),
    ("admin", {"bootstrap.servers": ["a:1", "b:1"]}, "list-value", "bootstrap.servers", "error",
     False),
    ("admin", {"client.id": "a", "sasl.username": "u"}, "sasl-without-protocol", "sasl.username",
     "warning", False),
    ("admin", dict(SASL), "credentials-missing", "sasl.mechanism", "error", True),
    ("admin", {**SASL, "sasl.mechanism": "plain"}, "mechanism-unknown", "sasl.mechanism", "error",
     True),
    ("admin", {**SASL, "security.protocol": "sasl_plaintext", "sasl.username": "u",
               "sasl.password": "p"}, "password-in-clear", "security.protocol", "warning", False),
    ("admin", {**OAUTH, "sasl.oauthbearer.method": "default"}, "oauth-no-token",
     "sasl.mechanism", "warning", False),
    ("admin", dict(OAUTH), "oauth-endpoint", "sasl.oauthbearer.method", "error", True),
    ("admin", {**OAUTH, "sasl.oauthbearer.metadata.authentication.type": "azure_imds",
               "sasl.oauthbearer.config": "query"}, "oauth-config", "sasl.oauthbearer.config",
     "error", True),
    ("admin", dict(OAUTH), "oauth-client", "sasl.oauthbearer.method", "error", True),
    ("admin", dict(JWT), "oauth-key", "sasl.oauthbearer.method", "error", True),
    ("admin", {**JWT, "sasl.oauthbearer.assertion.file": "f",
               "sasl.oauthbearer.assertion.claim.sub": "s"}, "oauth-exclusive",
     "sasl.oauthbearer.assertion.claim.sub", "error", True),
    ("admin", {**OAUTH, "enable.sasl.oauthbearer.unsecure.jwt": True}, "oauth-unsecure",
     "enable.sasl.oauthbearer.unsecure.jwt", "error", True),
    ("admin", {"sasl.oauthbearer.metadata.authentication.type": "aws_iam"}, "oauth-aws-method",
     "sasl.oauthbearer.metadata.authentication.type", "error", True),
    ("admin", {"ssl.keystore.location": "/no/k"}, "keystore-password", "ssl.keystore.location",
     "error", True),
    ("admin", {"ssl.ca.location": "/no/ca.pem"}, "file-missing", "ssl.ca.location", "warning",
     False),
    ("admin", {"security.protocol": "ssl", "ssl.ca.location": "/no/ca.pem"}, "file-missing",
     "ssl.ca.location", "error", True),
    ("admin", {"security.protocol": "ssl", "ssl.key.location": __file__},
     "key-without-certificate", "ssl.key.location", "error", True),
    ("admin", {"security.protocol": "ssl", "ssl.ca.location": __file__}, "not-pem",
     "ssl.ca.location", "error", True),
    ("admin", {"security.protocol": "ssl", "ssl.cipher.suites": "TLS_A,TLS_B"}, "no-cipher",
     "ssl.cipher.suites", "error", True),
    ("admin", {"security.protocol": "ssl", "ssl.providers": "nope"}, "no-provider",
     "ssl.providers", "error", True),
    ("admin", {"security.protocol": "ssl", "enable.ssl.certificate.verification": "false"},
     "no-verification", "enable.ssl.certificate.verification", "warning", False),
    ("admin", {"security.protocol": "ssl", "ssl.endpoint.identification.algorithm": "none"},
     "no-hostname-check", "ssl.endpoint.identification.algorithm", "warning", False),
    ("admin", {"https.ca.location": "/no"}, "file-missing", "https.ca.location", "error", True),
    ("admin", {"socket.timeout.ms": "60s"}, "misread-number", "socket.timeout.ms", "error",
     False),
    ("admin", {"socket.timeout.ms": "4294967396"}, "misread-number", "socket.timeout.ms", "error",
     False),
    ("admin", {"socket.timeout.ms": 9}, "out-of-range", "socket.timeout.ms", "error", True),
    ("admin", {"socket.timeout.ms": "soon"}, "wrong-type", "socket.timeout.ms", "error", True),
    ("admin", {"socket.timeout.ms": "060000"}, "octal-number", "socket.timeout.ms", "warning",
     False),
    ("admin", {"socket.keepalive.enable": "yes"}, "wrong-type", "socket.keepalive.enable",
     "error", True),
    ("admin", {"broker.address.family": "v5"}, "bad-word", "broker.address.family", "error",
     True),
    ("admin", {"broker.address.family": " "}, "empty-value", "broker.address.family", "warning",
     False),
    ("admin", {"debug": "brokers"}, "bad-word", "debug", "error", True),
    ("admin", {"topic.blacklist": "^(a"}, "bad-word", "topic.blacklist", "error", True),
    ("admin", {"socket.blocking.max.ms": 1}, "deprecated", "socket.blocking.max.ms", "warning",
     False),
    ("admin", {"opaque": "x"}, "not-a-text", "opaque", "error", True),
    ("producer", {"dr_cb": Code.UNKNOWN}, "not-a-text", "dr_cb", "error", True),
    ("admin", {"error_cb": "x"}, "callback-as-text", "error_cb", "error", True),
    ("admin", {"enable.sparse.connections": "true"}, "internal-property",
     "enable.sparse.connections", "warning", False),
    ("producer", {"retries": "9" * 5000}, "out-of-range", "retries", "error", True),
    ("producer", {"linger.ms": "0x1p99999"}, "out-of-range", "linger.ms", "error", True),
    ("producer", {"linger.ms": "\uff15"}, "wrong-type", "linger.ms", "error", True),
    ("producer", {"retries": [1, 2]}, "list-value", "retries", "error", True),
    ("producer", {"client.id": [1, 2]}, "list-value", "client.id", "error", False),
    ("producer", {"security.protocol": "ssl", "ssl.ca.pem": "\u4e2d"}, "not-pem", "ssl.ca.pem",
     "error", True),
    ("producer", {"security.protocol": "ssl", "ssl.ca.location": "x" * 9000}, "file-missing",
     "ssl.ca.location", "error", True),
    ("producer", {"ssl.key.location": "x" * 9000}, "file-missing", "ssl.key.location", "warning",
     False),
    ("producer", {**OAUTH, "sasl.oauthbearer.metadata.authentication.type": "azure_imds",
     "sasl.oauthbearer.token.endpoint.url": "https://idp/token", "sasl.oauthbearer.config": "x"},
     "oauth-config", "sasl.oauthbearer.config", "error", True),
    ("producer", {"plugin.library.paths": "/no/such/plugin.so"}, "plugin-missing",
     "plugin.library.paths", "error", True),
    ("consumer", {"plugin.library.paths": f"{__file__};/no/such"}, "plugin-missing",
     "plugin.library.paths", "error", True),
    ("admin", {"plugin.library.paths": "no-such-interceptor"}, "plugin-missing",
     "plugin.library.paths", "warning", False),
    ("admin", {"metadata.broker.list": "h:9092"}, "set-twice", "bootstrap.servers", "advice",
     False),
    ("admin", {"metadata.broker.list": "i:9092"}, "set-twice", "bootstrap.servers", "warning",
     False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "properties", "rule", "name", "severity", "refused"),
    ROWS,
    ids=[f"{row[2]}-{number}" for number, row in enumerate(ROWS)],
)
def test_finding(
    role: Role,
    properties: dict[str, Value],
    rule: str,
    name: str,
    severity: str,
    refused: bool,
) -> None:
    matching = [one for one in _find(role, properties) if one.rule == rule]
    assert matching, _find(role, properties)
    finding = matching[0]
    assert (finding.name, finding.severity, finding.refused) == (name, severity, refused)
    assert finding.fix.endswith(".")
    assert not finding.effect.endswith(".")
    assert not finding.reason.endswith(".")
    assert finding.reference.startswith("https://")


@pytest.mark.parametrize(
    ("role", "properties", "rule"),
    [row[:3] for row in ROWS],
    ids=[f"{row[2]}-{number}" for number, row in enumerate(ROWS)],
)
def test_the_edits_mend_it(role: Role, properties: dict[str, Value], rule: str) -> None:
    settings = {**GOOD[role], **properties}
    finding = next(one for one in examine(settings, role) if one.rule == rule)
    if not finding.edits:
        return  # Only a person can know the right value.
    for edit in finding.edits:
        value = settings.get(edit.name)
        if edit.action == "remove":
            settings.pop(edit.name, None)
        elif edit.action == "set":
            settings[edit.name] = edit.value
        else:
            settings.pop(edit.name)
            settings[str(edit.new_name)] = value if edit.value is None else edit.value
    left = [(one.rule, one.name) for one in examine(settings, role)]
    assert (rule, finding.name) not in left


@pytest.mark.parametrize(
    ("value", "fixed"),
    [
        ("60s", "60000"),
        ("5ms", "5"),
        ("2 minutes", "120000"),
        ("1_000", "1000"),
        ("10 apples", None),
    ],
)
def test_units_are_converted(value: str, fixed: str | None) -> None:
    (finding,) = _find("admin", {"connections.max.idle.ms": value})
    assert [edit.value for edit in finding.edits] == ([] if fixed is None else [fixed])


def test_of_a_misread_number_one_finding_is_enough() -> None:
    assert [one.rule for one in _find("consumer", {"session.timeout.ms": "1m"})] == [
        "misread-number"
    ]


def test_sizes_are_converted() -> None:
    (finding,) = _find("admin", {"message.max.bytes": "2048k"})
    assert finding.edits[0].value == str(2048 * 1024)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Group.Protocol", "group.protocol"),
        ("grup.id", "group.id"),
        ("auto_offset_reset", "auto.offset.reset"),
        ("autooffsetreset", "auto.offset.reset"),
        ("session.timeout", "session.timeout.ms"),
        ("fetch.max.wait.ms", "fetch.wait.max.ms"),
        ("bootstrap_servers", "bootstrap.servers"),
        ("ssl.truststore.location", "ssl.ca.location"),
    ],
)
def test_did_you_mean(wrong: str, right: str) -> None:
    finding = next(one for one in _find("consumer", {wrong: "x"}) if one.name == wrong)
    assert finding.refused
    assert [edit.new_name for edit in finding.edits] == [right]


def test_a_name_like_no_other() -> None:
    finding = next(one for one in _find("consumer", {"xyzzy": "1"}) if one.name == "xyzzy")
    assert finding.edits[0].action == "remove"


@pytest.mark.parametrize(
    ("role", "name", "value", "new_name", "new_value"),
    [
        ("producer", "buffer.memory", "33554432", "queue.buffering.max.kbytes", "32768"),
        ("producer", "max.request.size", "1000", "message.max.bytes", None),
        ("consumer", "receive.buffer.bytes", "-1", "socket.receive.buffer.bytes", "0"),
        ("producer", "partitioner.class", "org.x.DefaultPartitioner", "partitioner",
         "murmur2_random"),
        ("consumer", "ssl_check_hostname", "False", "ssl.endpoint.identification.algorithm",
         "none"),
    ],
)  # fmt: skip
def test_java_names_and_units(
    role: Role, name: str, value: str, new_name: str, new_value: str | None
) -> None:
    finding = next(one for one in _find(role, {name: value}) if one.name == name)
    assert finding.rule == "java-name"
    assert [(edit.new_name, edit.value) for edit in finding.edits] == [(new_name, new_value)]


def test_javas_name_for_another_thing() -> None:
    finding = next(one for one in _find("consumer", {"request.timeout.ms": "9000"}))
    assert [edit.new_name for edit in finding.edits] == ["socket.timeout.ms"]


def test_a_jaas_line_becomes_user_and_password() -> None:
    jaas = 'x.ScramLoginModule required username="al" password="s\\"e;c";'
    finding = next(one for one in _find("admin", {"sasl.jaas.config": jaas}) if one.edits)
    assert {edit.name: edit.value for edit in finding.edits if edit.action == "set"} == {
        "sasl.username": "al",
        "sasl.password": 's"e;c',
    }
    assert "s\\" not in str(finding)
    assert 's"e;c' not in str(finding)


def test_secrets_are_masked() -> None:
    for name in ("sasl.password", "ssl.key.pem", "sasl.jaas.config", "sasl.oauthbearer.config"):
        findings = _find("consumer", {name: "hunter2", "security.protocol": "nonsense"})
        findings += _find("consumer", {name + "x": "hunter2"})
        assert findings
        assert all("hunter2" not in str(finding) for finding in findings)


def test_code_is_given_the_benefit_of_the_doubt() -> None:
    settings = [
        Setting("bootstrap.servers", Code.UNKNOWN),
        Setting("group.id", Code.UNKNOWN),
        Setting("on_commit", Code.UNKNOWN),
        Setting("session.timeout.ms", Code.UNKNOWN),
        Setting("security.protocol", "SASL_SSL"),
        Setting("sasl.mechanism", "PLAIN"),
        Setting("sasl.username", Code.UNKNOWN),
        Setting("sasl.password", Code.UNKNOWN),
        Setting("ssl.ca.location", Code.UNKNOWN),
        Setting("enable.auto.offset.store", False),
    ]
    assert examine(settings, "consumer") == []


def test_a_missing_group_is_an_error_and_missing_servers_a_warning() -> None:
    rules = {one.rule: one for one in examine({}, "consumer")}
    assert rules["group-missing"].refused
    assert rules["no-servers"].severity_level is Severity.WARNING


def test_advice_is_no_error() -> None:
    rules = {one.rule for one in examine({"bootstrap.servers": "h"}, "producer")}
    assert rules == {"advise-idempotence"}


def test_a_java_keystore_is_known(tmp_path: Path) -> None:
    store = tmp_path / "k.jks"
    store.write_bytes(b"\xfe\xed\xfe\xed\0\0\0\2")
    properties: dict[str, Value] = {
        "security.protocol": "ssl",
        "ssl.keystore.location": str(store),
        "ssl.keystore.password": "p",
    }
    assert [one.rule for one in _find("admin", properties)] == ["java-keystore"]


def test_plugins_that_are_there_are_fine_and_only_the_missing_one_is_taken_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ending may be left out, and so may the folder where the system looks there."""
    whole = tmp_path / "one.so"
    ending = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
    for path in (whole, tmp_path / f"two{ending}"):
        path.touch()
    variable = {"win32": "PATH", "darwin": "DYLD_LIBRARY_PATH"}
    monkeypatch.setenv(variable.get(sys.platform, "LD_LIBRARY_PATH"), str(tmp_path))
    there = f"{whole};{tmp_path / 'two'};two"
    for paths in (there, f"{there};", ""):
        found = examine({"bootstrap.servers": "h:1", "plugin.library.paths": paths}, "producer")
        assert [each for each in found if each.name == "plugin.library.paths"] == []
    paths = f"{there};{tmp_path / 'three'}"
    (missing,) = [
        each
        for each in examine({"bootstrap.servers": "h:1", "plugin.library.paths": paths}, "producer")
        if each.rule == "plugin-missing"
    ]
    assert str(tmp_path / "three") in missing.reason
    assert [edit.value for edit in missing.edits] == [f"{whole};{tmp_path / 'two'};two"]
