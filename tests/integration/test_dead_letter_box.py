"""Dead letters over real brokers: shown with the reason, sent back as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands import execute, resolve
from pipeline.kafka import clients
from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.dead_letter_box import RESENT_HEADER, DeadLetterBox, SentNote
from pipeline.kafka.dead_letters import ORIGIN_HEADERS
from pipeline.kafka.delivery import Delivery
from pipeline.states import WorkerName
from tests.integration.kafka_brokers import BROKERS, open_access, take_all, telemetry
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration

PAYLOADS = [b'{"broken', b"\xff\xfe no text", b'{"api_key": "sk-planted0123456789"}']


@pytest.fixture(params=BROKERS)
def access(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KafkaAccess]:
    with open_access(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def topic(access: KafkaAccess, expect_log: ExpectLog) -> str:
    """A topic whose three messages became dead letters."""
    expect_log("goes to the dead letters")
    name = access.settings.topics.detection_results
    producer = access.producer(telemetry())
    for number, payload in enumerate(PAYLOADS):
        producer.send(name, f"cam-{number}", payload, headers={"trace": str(number)})
    consumer = access.consumer("box-test", [name], telemetry())
    for delivery in take_all(consumer, lambda taken: len(taken) == len(PAYLOADS)):
        producer.dead_letter(delivery, WorkerName.GENERATOR, "not JSON: {braces}")
    assert producer.close() == 0
    consumer.close()
    return name


def _main(words: list[str]) -> int:
    return execute(resolve(words))


def _reread(access: KafkaAccess, topic: str, count: int) -> list[Delivery]:
    consumer = access.consumer("box-reader", [topic], telemetry())
    taken = take_all(consumer, lambda found: len(found) >= count)
    consumer.close()
    return taken


def test_sent_back_as_they_were(access: KafkaAccess, topic: str, tmp_path: Path) -> None:
    """Listed with the reason and without secrets; sent back once, key, value and headers whole."""
    box = DeadLetterBox(access, SentNote(tmp_path / "note.json"))
    letters = box.letters()
    assert len(letters) == len(PAYLOADS)
    assert {letter.source_topic for letter in letters} == {topic}
    assert {letter.reason for letter in letters} == {"not JSON: {braces}"}
    assert {letter.worker for letter in letters} == {"generator"}
    assert all(letter.at is not None and letter.obstacle is None for letter in letters)
    assert "sk-planted0123456789" not in repr(letters)
    assert len(box.letters(limit=2)) == 2

    outcome = box.send_back(letters)

    assert outcome.sent == len(PAYLOADS)
    assert outcome.refused == ()
    came = [
        delivery
        for delivery in _reread(access, topic, 2 * len(PAYLOADS))
        if RESENT_HEADER in dict(delivery.headers)
    ]
    assert {(delivery.raw_key, delivery.value) for delivery in came} == {
        (f"cam-{number}".encode(), payload) for number, payload in enumerate(PAYLOADS)
    }
    for delivery in came:
        names = [name for name, _ in delivery.headers]
        assert "trace" in names
        assert not ORIGIN_HEADERS & set(names)
    assert all(letter.sent_back for letter in box.letters())
    again = box.send_back(letters)
    assert again.sent == 0
    assert {why for _, why in again.refused} == {"It was sent back already."}


def test_letters_that_somebody_else_wrote(tmp_path: Path) -> None:
    """Odd times and sizes hide no other letter, and nothing is sent to another topic."""
    with open_access("embedded", tmp_path) as access:
        topic = access.settings.topics.detection_results
        other = access.settings.topics.risk_alerts
        producer, consumer = clients.make_bare(access.settings, access.bootstrap_servers, "none")
        microseconds = 1_790_000_000_000_000
        headers: dict[str, str | bytes | None] = {
            "source.topic": other,
            "source.bytes": "9" * 5_000,
        }
        producer.produce(f"{topic}.dlq", b"x", headers=headers, timestamp=microseconds)
        assert producer.flush(30) == 0
        consumer.close()
        box = DeadLetterBox(access, SentNote(tmp_path / "note.json"))
        (letter,) = box.letters(topic)
        assert (letter.at, letter.whole_bytes) == (None, None)
        outcome = box.send_back([letter])
    assert outcome.sent == 0
    ((_, why),) = outcome.refused
    assert why == f"It says that it came from {other}, whose dead letters are not in {topic}.dlq."


def test_cancelled_in_the_middle(access: KafkaAccess, topic: str, tmp_path: Path) -> None:
    """What was not sent when it ended can be sent later."""
    box = DeadLetterBox(access, SentNote(tmp_path / "note.json"))
    letters = box.letters(topic)
    assert box.send_back(letters, lambda done: done < 1).sent == 1
    assert sum(letter.sent_back for letter in box.letters(topic)) == 1


def test_a_broken_note_is_no_obstacle(tmp_path: Path) -> None:
    """A note that cannot be read counts as empty."""
    file = tmp_path / "note.json"
    file.write_bytes(b"{")
    note = SentNote(file)
    assert note.marks() == set()
    note.add({"a"})
    note.add({"b"})
    assert note.marks() == {"a", "b"}


def test_command_line(
    topic: str,
    access: KafkaAccess,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same from the command line, for programs and for people."""
    monkeypatch.setenv("SIGNALBOX_HOME", str(tmp_path / "home"))
    server = ["--bootstrap", access.bootstrap_servers]
    assert _main(["dead-letters", "list", *server, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == len(PAYLOADS)
    place = rows[0]["place"]
    assert _main(["dead-letters", "resend", *server, "--at", place, "--at", "x[0]@1"]) == 1
    told = capsys.readouterr().out
    assert "1 sent back." in told
    assert "There is no such letter." in told
    assert _main(["dead-letters", "resend", *server]) == 0
    assert "2 sent back." in capsys.readouterr().out
    assert _main(["dead-letters", "list", *server, "--topic", topic]) == 0
    assert capsys.readouterr().out.count("(sent back)") == len(PAYLOADS)
