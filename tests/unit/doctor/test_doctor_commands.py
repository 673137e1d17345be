"""check-config and translate-config as a person uses them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from commands import execute, resolve

SEED = """\
[kafka]
mode = "cluster"
bootstrap_servers = "kafka1:9092"

[kafka.consumer]
"max.poll.records" = 500
"auto.offset.reset" = "latest"
"session.timeout.ms" = 30000
"heartbeat.interval.ms" = 3000
"fetch.message.max.bytes" = 1048576
"max.partition.fetch.bytes" = 1048576
"enable.auto.offset.store" = true  # loses messages
"isolation.level" = "read_committed"

[kafka.producer]
acks = 1
"compression.type" = "snappy"
"linger.ms" = 10
"batch.size" = 32768
"retries" = 3
"retry.backoff.ms" = 100
"""
"""The faulty settings that Signalbox grew out of."""


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    path = tmp_path / "seed.toml"
    path.write_text(SEED, encoding="utf-8")
    return path


def _run(*words: str | Path) -> int:
    return execute(resolve([str(word) for word in words]))


def test_the_faults_of_the_report(seed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("check-config", seed) == 1
    shown = capsys.readouterr().out
    assert f"{seed}:6: warning: max.poll.records = 500" in shown
    assert "it does nothing on a consumer" in shown
    assert "consume(num_messages=N)" in shown
    assert f"{seed}:12: error: enable.auto.offset.store = true" in shown
    assert f"{seed}:16: error: acks = 1" in shown
    assert "librdkafka refuses the pair" in shown
    assert "Edit:         set acks=all" in shown
    assert "2 errors, 1 warning" in shown


def test_the_faults_are_mended(seed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("check-config", seed, "--fix") == 1
    fixed = seed.with_name("seed.fixed.toml")
    assert f"Corrected copy: {fixed}" in capsys.readouterr().err
    text = fixed.read_text(encoding="utf-8")
    assert 'acks = "all"' in text
    assert "max.poll.records" not in text
    assert _run("check-config", fixed) == 0
    assert seed.read_text(encoding="utf-8") == SEED


def test_the_same_settings_in_python(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "app.py"
    path.write_text(
        "Producer({'bootstrap.servers': 'a:1', 'enable.idempotence': True, 'acks': 1})\n"
        "Consumer({'bootstrap.servers': 'a:1', 'group.id': '', 'max.poll.records': 5})\n",
        encoding="utf-8",
    )
    assert _run("check-config", path) == 1
    shown = capsys.readouterr().out
    assert f"{path}:1: error: acks = 1" in shown
    assert f"{path}:2: error: group.id" in shown
    assert "the whole process dies" in shown


def test_json_has_everything(seed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("check-config", seed, "--format", "json") == 1
    report = json.loads(capsys.readouterr().out)
    (acks,) = [
        finding
        for client in report["clients"]
        for finding in client["findings"]
        if finding["property"] == "acks"
    ]
    assert acks["line"] == 16
    assert acks["severity"] == "error"
    assert acks["refused_by_librdkafka"] is True
    assert acks["edits"] == [
        {"action": "set", "property": "acks", "new_property": None, "value": "all"}
    ]


def test_a_clean_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.properties"
    path.write_text("bootstrap.servers=a:1\nenable.idempotence=true\n", encoding="utf-8")
    assert _run("check-config", path) == 0
    assert "0 errors, 0 warnings" in capsys.readouterr().out


def test_advice_alone_is_clean_and_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.properties"
    path.write_text("bootstrap.servers=a:1\n", encoding="utf-8")
    assert _run("check-config", path, "--role", "consumer") == 1
    assert _run("check-config", path, "--role", "producer") == 0
    assert "Advice (nothing is wrong with these):" in capsys.readouterr().out


def test_an_unreadable_file_does_not_hide_the_others(
    seed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("check-config", seed.with_name("no.toml"), seed) == 2
    shown = capsys.readouterr()
    assert "there is no such file" in shown.err
    assert "acks = 1" in shown.out


def test_the_files_own_words_about_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.toml"
    path.write_text(
        '[kafka.consumer]\nsession.timeout.ms = 6000\n"group.id" = "g"\n', encoding="utf-8"
    )
    assert _run("check-config", path) == 1
    shown = capsys.readouterr().out
    assert f"{path}:2: error: session.timeout.ms" in shown
    assert 'Write "session.timeout.ms" in quotes' in shown
    assert "Set kafka.groups instead" in shown


def test_no_secret_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.properties"
    path.write_text(
        "bootstrap.servers=a\nsasl.pasword=hunter2\nssl.keystore.password=hunter2\n"
        'sasl.jaas.config=x required username="u" password="hunter2";\n'
        "sasl.password=hunter2\nsasl.password=hunter2x\nssl.keystore.key=hunter2\n"
        "basic.auth.user.info=key:hunter2\nbootstrap.servers=u:hunter2@a\n"
        "sasl.oauthbearer.assertion.private.key.passphrase=hunter2\n",
        encoding="utf-8",
    )
    for kind in ("text", "json"):
        assert _run("check-config", path, "--format", kind) == 1
        shown = capsys.readouterr()
        assert "hunter2" not in shown.out + shown.err


def test_a_secret_in_a_list_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"acks": "all", "sasl.password": ["hunter2"]}', encoding="utf-8")
    for kind in ("text", "json"):
        assert _run("check-config", path, "--format", kind) == 1
        assert "hunter2" not in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
def test_a_corrected_copy_is_for_the_same_eyes(seed: Path) -> None:
    seed.chmod(0o600)
    _run("check-config", seed, "--fix")
    copy = seed.with_name(f"{seed.stem}.fixed{seed.suffix}")
    assert copy.stat().st_mode & 0o777 == 0o600


JAVA = """\
bootstrap.servers=a:1
group.id=g
key.deserializer=org.apache.kafka.common.serialization.StringDeserializer
max.poll.records=500
fetch.max.wait.ms=500
partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor
receive.buffer.bytes=-1
security.protocol=SASL_PLAINTEXT
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\
    username="alice" password="wonder";
auto.offset.reset=none
"""


def test_a_java_file_is_translated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "java.properties"
    path.write_text(JAVA, encoding="utf-8")
    target = tmp_path / "librdkafka.properties"
    assert _run("translate-config", path, "--output", target) == 0
    told = capsys.readouterr().out
    assert "line 5: fetch.max.wait.ms is fetch.wait.max.ms here" in told
    assert "wonder" not in told
    lines = target.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and line[0] != "#"] == [
        "bootstrap.servers=a:1",
        "group.id=g",
        "fetch.wait.max.ms=500",
        "partition.assignment.strategy=cooperative-sticky",
        "socket.receive.buffer.bytes=0",
        "security.protocol=SASL_PLAINTEXT",
        "sasl.mechanism=SCRAM-SHA-512",
        "sasl.username=alice",
        "sasl.password=wonder",
        "auto.offset.reset=error",
    ]
    assert "#isolation.level=read_uncommitted" in lines
    assert _run("check-config", target) == 0


def test_a_translation_that_stays_wrong_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "java.properties"
    path.write_text("group.id=g\nbootstrap.servers=a\nssl.truststore.location=/no/t.jks\n")
    assert _run("translate-config", path) == 1
    shown = capsys.readouterr()
    assert "ssl.ca.location=/no/t.jks" in shown.out
    assert "does not exist" in shown.err
    assert _run("translate-config", tmp_path / "no.properties") == 2


@pytest.mark.parametrize("broken", ["[kafka", '[kafka]\nmode = "embeded"\n'])
def test_settings_that_are_refused_lead_to_the_last_good_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    path = tmp_path / "signalbox.toml"
    path.write_text(broken, encoding="utf-8")
    assert _run("check-config", path) != 0
    assert "can be used" not in capsys.readouterr().err
    path.with_name("signalbox.toml.bak").write_text('[logs]\nlevel = "DEBUG"\n', encoding="utf-8")
    assert _run("check-config", path) != 0
    told = capsys.readouterr().err
    assert "signalbox.toml.bak can be used" in told
    if "mode" in broken:
        assert "kafka.mode: choose from embedded, cluster" in told
