"""Repeats are harmless: every topic is sent once more, and the alarm database stays as it is."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from pipeline.evidence import encode_evidence
from pipeline.kafka import KafkaAccess
from pipeline.kafka.sending import REDUCED_HEADER
from pipeline.messages import (
    AssessmentTask,
    DetectionResult,
    GroupMetadata,
    LineCount,
    decode,
    encode,
    utc_now,
)
from pipeline.states import WorkerName
from tests.support import messages as made
from tests.support.log_guard import ExpectLog
from tests.support.stages import (
    STAGES,
    dead_letters,
    feed,
    line,
    owed,
    read_all,
    stage_settings,
    stored,
    wait_until,
)

pytestmark = pytest.mark.integration

AGGREGATOR, SCHEDULER, GENERATOR = STAGES
FRAMES = 120
CAMERAS = 3


def street() -> list[DetectionResult]:
    """Frames with none, one or two groups due, some risky, with objects counted on a line."""
    return [
        msgspec.structs.replace(
            made.detection(
                f"request-{number}",
                f"cam-{number % CAMERAS}",
                due=number % 3,
                timestamp=utc_now(),
                metadata=None if number % 10 == 1 else GroupMetadata(),
            ),
            line_counts=(LineCount(line="gate", direction="in", object_class="car", count=3),),
        )
        for number in range(FRAMES)
    ]


def contents(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for (name,) in names.fetchall()
        }


def test_a_whole_replay_of_every_topic_changes_nothing(tmp_path: Path) -> None:
    """Detection results, tasks and verdicts, byte by byte as they were, through all workers."""
    database = tmp_path / "alarms.db"
    frames = street()
    tasks = len(owed(frames))
    with line(stage_settings(database)) as running:
        kafka = running.session.kafka
        topics = kafka.settings.topics
        running.start()
        feed(kafka, topics.detection_results, [(f.camera_id, encode(f)) for f in frames])
        wait_until("every verdict is stored", lambda: len(stored(database)) == tasks)
        wait_until("every task is done", lambda: running.count(AGGREGATOR, "joined") > 0)
        wait_until("all is counted", lambda: _counted(database) == FRAMES * 3)
        wait_until("no alert is owed", lambda: _alerts_owed(database) == 0)
        before = contents(database)
        assert before["alarms"], "no alarm: the test would show little"
        counts = {
            topics.detection_results: FRAMES,
            topics.assessment_tasks: tasks,
            topics.risk_assessment_results: tasks,
        }
        repeats = 0
        for number, topic in enumerate(counts):
            letters = read_all(kafka, topic, counts[topic])
            feed(kafka, topic, [(letter.key or "", letter.value) for letter in letters])
            again = tasks if topic == topics.detection_results else len(letters)
            repeats += again
            wait_until(
                f"the replay of {topic} is through",
                lambda: running.count(AGGREGATOR, "duplicates") == repeats,  # noqa: B023
            )
            for later in list(counts)[number + 1 :]:
                counts[later] += again
        running.stop()
        assert contents(database) == before


def _counted(database: Path) -> int:
    rows = contents(database).get("daily_counts", [])
    return sum(amount for *_, name, amount in rows if str(name).startswith("line:"))


def _alerts_owed(database: Path) -> int:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        [(owed_alerts,)] = connection.execute(
            "SELECT count(*) FROM alarms WHERE alert_pending"
        ).fetchall()
    return int(owed_alerts)


def _payloads(worker: WorkerName) -> dict[str, bytes]:
    """Return one of every kind of message that `worker` cannot process."""
    valid = {
        GENERATOR: encode(made.detection("valid")),
        SCHEDULER: encode(made.task("valid")),
        AGGREGATOR: encode(made.result("valid")),
    }[worker]
    return {
        "no JSON": b"{requestId: 1",
        "wrong schema": b'{"cameraId": 5}',
        "wrong version": valid.replace(b'"schemaVersion":1', b'"schemaVersion":2'),
        "deeply nested": b'{"schemaVersion":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "invalid UTF-8": valid.replace(b"valid", b"v\xff\xfed"),
        "empty": b"",
        "oversized": b"x" * 1_500_000,
    }


@pytest.mark.parametrize("worker", STAGES)
def test_every_kind_of_poison_goes_to_the_dead_letters(
    tmp_path: Path, worker: WorkerName, expect_log: ExpectLog
) -> None:
    """Each with its value and why; what comes behind it is done."""
    expect_log("goes to the dead letters")
    expect_log("a dead letter of [0-9]+ bytes is too large for .* and is cut")
    with line(stage_settings(tmp_path / "alarms.db")) as running:
        session_kafka = running.session.kafka
        topics = session_kafka.settings.topics
        topic = {
            GENERATOR: topics.detection_results,
            SCHEDULER: topics.assessment_tasks,
            AGGREGATOR: topics.risk_assessment_results,
        }[worker]
        poison = _payloads(worker)
        assert len(set(poison.values())) == len(poison)
        # Another program, with a higher limit than ours.
        larger = session_kafka.settings.model_copy(
            update={"producer": {"message.max.bytes": 2_000_000}}
        )
        stranger = KafkaAccess(larger, running.session._broker)
        feed(stranger, topic, [("cam-1", payload) for payload in poison.values()])
        running.start(worker)
        wait_until(
            "all are dead letters",
            lambda: running.count(worker, "dead_lettered") == len(poison),
        )
        letters = dead_letters(session_kafka, topic, len(poison))
        for letter in letters:
            assert letter.key == "cam-1"
            assert letter.headers["worker"] == worker
            assert letter.headers["source.topic"] == topic
            assert letter.headers["error"]
            assert {"source.partition", "source.offset"} <= letter.headers.keys()
        whole = {letter.value for letter in letters if "source.bytes" not in letter.headers}
        assert whole == set(poison.values()) - {poison["oversized"]}
        [cut] = [letter for letter in letters if "source.bytes" in letter.headers]
        assert cut.headers["source.bytes"] == "1500000"
        feed(session_kafka, topic, [("cam-1", _valid(worker))])
        wait_until(
            "the one behind them is done",
            lambda: running.count(worker, "joined" if worker is AGGREGATOR else "out") == 1,
        )


def _valid(worker: WorkerName) -> bytes:
    if worker is GENERATOR:
        return encode(made.detection())
    return encode(made.task() if worker is SCHEDULER else made.result())


def test_a_task_that_is_too_large_for_its_topic_goes_with_a_smaller_picture(
    tmp_path: Path, expect_log: ExpectLog
) -> None:
    """The generator makes it itself: read again, it would be too large again."""
    expect_log("too large for assessment-tasks and is sent with a smaller picture")
    noise = np.random.default_rng(1).integers(0, 256, (600, 800, 3), np.uint8)
    picture = encode_evidence(noise, 300_000)
    frame = made.detection(evidence=picture)
    settings = stage_settings(
        tmp_path / "alarms.db", kafka={"producer": {"message.max.bytes": 100_000}}
    )
    with line(settings) as running:
        kafka = running.session.kafka
        larger = kafka.settings.model_copy(update={"producer": {}})
        feed(
            KafkaAccess(larger, running.session._broker),
            kafka.settings.topics.detection_results,
            [(frame.camera_id, encode(frame))],
        )
        running.start(GENERATOR)
        [letter] = read_all(kafka, kafka.settings.topics.assessment_tasks, 1)
    task = decode(letter.value, AssessmentTask)
    assert task.group_image_base64 is not None
    assert cv2.imdecode(np.frombuffer(task.group_image_base64.jpeg, np.uint8), 1) is not None
    assert len(letter.value) < 100_000
    assert int(letter.headers[REDUCED_HEADER]) > 100_000
    assert running.count(GENERATOR, "reduced") == 1
