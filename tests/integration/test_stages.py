"""Generator, scheduler and aggregator on a real broker: whatever comes in is accounted for."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from pipeline.messages import (
    encode,
)
from pipeline.states import WorkerName, WorkerState
from tests.support import messages as made
from tests.support.log_guard import ExpectLog
from tests.support.stages import (
    STAGES,
    dead_letters,
    feed,
    feed_detections,
    line,
    owed,
    refuse_next_produce,
    rows,
    stage_settings,
    street,
    wait_for_books,
    wait_until,
)

pytestmark = pytest.mark.integration

AGGREGATOR, SCHEDULER, GENERATOR = STAGES


def test_valid_repeated_and_broken_messages_are_all_accounted_for(
    database: Path, expect_log: ExpectLog
) -> None:
    expect_log(r"WARNING message detection-results.* goes to the dead letters: DetectionResult: ")
    frames = street(300)
    wrong_version = json.loads(encode(made.detection("from the future"))) | {"schemaVersion": 2}
    broken = [
        b"",
        b"\x00\xff garbage",
        b'{"requestId": "r"}',
        json.dumps(wrong_version).encode(),
        encode(made.detection("n" * 200)),
    ] * 5
    sent = [(frame.camera_id, encode(frame)) for frame in frames]
    sent += [(frame.camera_id, encode(frame)) for frame in frames[100:150]]
    sent += [("cam-1", payload) for payload in broken]
    random.Random(1).shuffle(sent)
    with line(stage_settings(database)) as running:
        running.start()
        feed(running.session.kafka, "detection-results", sent)
        wait_for_books(running, database, owed(frames))
        repeats = sum(frame.traffic_groups[0].reason is not None for frame in frames[100:150])
        repeated_tasks = len(owed(frames[100:150]))
        assert repeats
        wait_until(
            "repeats are counted",
            lambda: running.count(AGGREGATOR, "duplicates") == repeated_tasks,
        )
        assert running.count(GENERATOR, "in") == len(sent)
        assert running.count(GENERATOR, "tasks") == len(owed(frames)) + repeated_tasks
        wait_until("dead letters", lambda: running.count(GENERATOR, "dead_lettered") == len(broken))
        letters = dead_letters(running.session.kafka, "detection-results", len(broken))
        assert sorted(letter.value for letter in letters) == sorted(broken)
        errors = {letter.headers["error"] for letter in letters}
        assert len(errors) == 5
        assert any("schemaVersion" in error for error in errors)
        for letter in letters:
            assert letter.key == "cam-1"
            assert letter.headers["worker"] == "generator"
            assert letter.headers["source.topic"] == "detection-results"
            assert int(letter.headers["source.offset"]) >= 0


def test_restarts_in_the_middle_lose_and_repeat_nothing(database: Path) -> None:
    expected: set[str] = set()
    with line(stage_settings(database)) as running:
        running.start()
        for round_number in range(6):
            frames = street(150, start=round_number * 150)
            expected |= owed(frames)
            feed_detections(running.session.kafka, frames)
            running.restart(STAGES[round_number % 3])
        wait_for_books(running, database, expected)
        # An orderly stop finishes what it holds, so that nothing is done twice.
        assert running.count(AGGREGATOR, "duplicates") == 0
        assert rows(database, "SELECT sum(occurrences) FROM alarms") == rows(
            database, "SELECT count(*) FROM results WHERE risk_level <> 'none'"
        )


@pytest.mark.parametrize("stage", [GENERATOR, SCHEDULER])
def test_what_the_broker_refused_is_made_again(
    database: Path, expect_log: ExpectLog, stage: WorkerName
) -> None:
    expect_log(f"ERROR {stage} failed: .*could not be delivered")
    expect_log(f"WARNING {stage.value.capitalize()} starts again")
    frames = street(120)
    with line(stage_settings(database)) as running:
        feed_detections(running.session.kafka, frames)
        if stage is SCHEDULER:
            running.start(GENERATOR)
            wait_until("tasks", lambda: running.count(GENERATOR, "out") == len(owed(frames)))
        refuse_next_produce(running.session)
        running.start(stage)
        wait_until(
            "it fails and starts again",
            lambda: (
                [
                    change.new
                    for change in running.changes
                    if change.worker is stage and change.new is not WorkerState.DEGRADED
                ].count(WorkerState.RUNNING)
                == 2
            ),
        )
        running.start(*(name for name in STAGES if name not in running.names))
        wait_for_books(running, database, owed(frames))


def test_what_was_sent_while_the_workers_were_away_is_done_when_they_are_back(
    database: Path,
) -> None:
    frames = street(120)
    with line(stage_settings(database)) as running:
        feed_detections(running.session.kafka, frames)
        running.start()
        wait_for_books(running, database, owed(frames))
