"""The disk of the alarm store fills up: alarms go on, it is said, and nothing is lost."""

from __future__ import annotations

import contextlib
import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.aggregation import saver
from pipeline.aggregation.batch import Batch
from pipeline.aggregation.database import evidence_folder
from pipeline.aggregation.store import AlarmReader
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.messages import encode, utc_now
from pipeline.states import WorkerName, WorkerState
from pipeline.telemetry import WorkerTelemetry
from tests.support import messages as made
from tests.support.log_guard import ExpectLog
from tests.support.small_disk import fill, mount_small, unmount
from tests.support.stages import alerts, feed, line, rows, stage_settings, stored, wait_until

pytestmark = [pytest.mark.integration]

AGGREGATOR = WorkerName.AGGREGATOR
DISK_BYTES = 4_000_000
PICTURE = made.JPEG + b"x" * 20_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    problem = mount_small(folder, DISK_BYTES)
    if problem:
        warnings.warn(f"NOT TESTED: a full disk ({problem})", stacklevel=1)
        pytest.skip(problem)
    try:
        yield folder
    finally:
        unmount(folder)


def verdicts(first: int, count: int) -> list[tuple[str, bytes]]:
    """Risky verdicts, each at a camera of its own: each is an alarm."""
    return [
        (
            f"cam-{number}",
            encode(
                made.result(
                    f"r{number}",
                    camera_id=f"cam-{number}",
                    level="high",
                    evidence=PICTURE,
                    timestamp=utc_now(),
                )
            ),
        )
        for number in range(first, first + count)
    ]


def test_alarms_go_on_while_the_disk_is_full_and_are_written_when_there_is_room(
    small_disk: Path, expect_log: ExpectLog
) -> None:
    expect_log("ERROR the alarm database cannot be written .the disk is full")
    expect_log("Aggregator is degraded: alarms cannot be written: the disk is full")
    database = small_disk / "alarms.db"
    settings = stage_settings(database)
    topic = settings.kafka.topics.risk_assessment_results
    with line(settings) as running:
        running.start(AGGREGATOR)
        kafka = running.session.kafka
        feed(kafka, topic, verdicts(0, 5))
        wait_until("the first are stored", lambda: len(stored(database)) == 5)
        ballast = fill(small_disk)
        feed(kafka, topic, verdicts(5, 20))
        # Everybody who is to be told is told, although nothing can be written.
        assert {alert.camera_id for alert in alerts(kafka, 25)} == {f"cam-{n}" for n in range(25)}
        wait_until(
            "it is said", lambda: running.changes[-1].new is WorkerState.DEGRADED, timeout_s=10
        )
        assert running.snapshot(AGGREGATOR).gauges["unsaved"] > 0
        held = len(stored(database))
        assert held < 25
        ballast.unlink()
        wait_until("all are stored", lambda: len(stored(database)) == 25)
        wait_until("it is well again", lambda: running.changes[-1].new is WorkerState.RUNNING)
        assert running.snapshot(AGGREGATOR).gauges["unsaved"] == 0
        assert running.count(AGGREGATOR, "alarms") == 25
    with AlarmReader(database) as reader:
        entries = reader.newest()
        assert len(entries) == 25
        assert all(reader.evidence(entry.alarm.alarm_id) == PICTURE for entry in entries)
    pictures = [file for file in evidence_folder(database).rglob("*") if file.is_file()]
    assert len(pictures) == 25


def test_when_no_more_can_wait_it_is_said_and_the_rest_stays_in_kafka(
    small_disk: Path, expect_log: ExpectLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saver, "HELD_MESSAGES", 5)
    expect_log("ERROR the alarm database cannot be written .the disk is full")
    expect_log("ERROR as much as fits waits in memory")
    expect_log("Aggregator is degraded")
    database = small_disk / "alarms.db"
    settings = stage_settings(database)
    topic = settings.kafka.topics.risk_assessment_results

    def said() -> str:
        return running.snapshot(AGGREGATOR).degraded or ""

    with line(settings) as running:
        running.start(AGGREGATOR)
        kafka = running.session.kafka
        feed(kafka, topic, verdicts(0, 1))
        wait_until("the first is stored", lambda: len(stored(database)) == 1)
        ballast = fill(small_disk)
        feed(kafka, topic, verdicts(1, 6))
        wait_until("it is said", lambda: "no more verdicts are read" in said())
        assert "the disk is full" in said()
        raised = running.count(AGGREGATOR, "alarms")
        feed(kafka, topic, verdicts(7, 20))
        ballast.unlink()
        wait_until("all are stored", lambda: len(stored(database)) == 27)
        wait_until("it is well again", lambda: running.changes[-1].new is WorkerState.RUNNING)
        assert raised < running.count(AGGREGATOR, "alarms") == 27


def test_looks_that_bring_nothing_take_no_memory_while_the_disk_is_full(
    small_disk: Path, expect_log: ExpectLog
) -> None:
    def batches() -> int:
        return sum(isinstance(one, Batch) for one in gc.get_objects())

    expect_log("ERROR the alarm database cannot be written .the disk is full")
    gc.collect()
    before = batches()  # Workers of other tests may have left some.
    with contextlib.closing(StoreWriter(small_disk / "alarms.db")) as store:
        made_up = saver.Saver(store, WorkerTelemetry(AGGREGATOR))
        fill(small_disk)
        made_up.save(Batch(verdicts=[made.result("r1")]))
        assert made_up.holds
        for _ in range(100):
            made_up.save(Batch())
        assert batches() <= before + 1


def test_what_waits_at_a_stop_is_read_again(small_disk: Path, expect_log: ExpectLog) -> None:
    expect_log("ERROR the alarm database cannot be written .the disk is full")
    expect_log("Aggregator is degraded")
    database = small_disk / "alarms.db"
    settings = stage_settings(database)
    topic = settings.kafka.topics.risk_assessment_results
    with line(settings) as running:
        running.start(AGGREGATOR)
        kafka = running.session.kafka
        feed(kafka, topic, verdicts(0, 1))
        wait_until("the first is stored", lambda: len(stored(database)) == 1)
        ballast = fill(small_disk)
        feed(kafka, topic, verdicts(1, 10))
        wait_until("they wait", lambda: running.count(AGGREGATOR, "alarms") == 11)
        running.stop(AGGREGATOR)
        assert len(stored(database)) < 11
        ballast.unlink()
        running.start(AGGREGATOR)
        wait_until("all are stored", lambda: len(stored(database)) == 11)
        assert rows(database, "SELECT count(*), sum(occurrences) FROM alarms") == [(11, 11)]


@pytest.mark.parametrize("had_alarms", [False, True], ids=["no database yet", "alarms of before"])
def test_a_disk_that_is_full_at_the_start_is_said_and_nothing_is_lost(
    small_disk: Path, expect_log: ExpectLog, had_alarms: bool
) -> None:
    expect_log("Aggregator is degraded: the disk is full since ")
    database = small_disk / "alarms.db"
    settings = stage_settings(database)
    topic = settings.kafka.topics.risk_assessment_results
    before = 3 if had_alarms else 0
    with line(settings) as running:
        kafka = running.session.kafka
        if had_alarms:
            running.start(AGGREGATOR)
            feed(kafka, topic, verdicts(0, before))
            wait_until("those of before are stored", lambda: len(stored(database)) == before)
            running.stop(AGGREGATOR)
        ballast = fill(small_disk)
        feed(kafka, topic, verdicts(before, 10))
        running.start(AGGREGATOR, until=WorkerState.DEGRADED)
        reason = running.changes[-1].reason
        assert "the disk is full since " in reason
        assert f"Free at least 10 MB at {small_disk}" in reason
        # Waited for without end: a stop goes through at once, and the next start waits again.
        running.stop(AGGREGATOR)
        assert running.changes[-1].new is WorkerState.STOPPED
        running.start(AGGREGATOR, until=WorkerState.DEGRADED)
        assert running.count(AGGREGATOR, "in") == before
        ballast.unlink()
        wait_until(
            "it is well again",
            lambda: running.changes[-1].new is WorkerState.RUNNING,
            timeout_s=20,
        )
        wait_until("all are stored", lambda: len(stored(database)) == before + 10)
    with AlarmReader(database) as reader:
        entries = reader.newest()
        assert len(entries) == before + 10
        assert all(reader.evidence(entry.alarm.alarm_id) == PICTURE for entry in entries)


def test_alarms_go_on_while_their_pictures_cannot_be_kept(
    tmp_path: Path, expect_log: ExpectLog
) -> None:
    """Whatever is wrong with the folder of evidence: no alarm is missed for it."""
    expect_log("ERROR the alarm database cannot be written .nothing can be put into")
    expect_log("Aggregator is degraded: alarms cannot be written: nothing can be put into")
    database = tmp_path / "alarms.db"
    settings = stage_settings(database)
    topic = settings.kafka.topics.risk_assessment_results
    in_the_way = evidence_folder(database)
    in_the_way.write_bytes(b"")  # rights would not hold an administrator back
    with line(settings) as running:
        running.start(AGGREGATOR)
        kafka = running.session.kafka
        feed(kafka, topic, verdicts(0, 3))
        assert {alert.camera_id for alert in alerts(kafka, 3)} == {f"cam-{n}" for n in range(3)}
        wait_until(
            "it is said", lambda: running.changes[-1].new is WorkerState.DEGRADED, timeout_s=10
        )
        assert "Free some space" not in running.changes[-1].reason
        assert not stored(database)
        in_the_way.unlink()
        wait_until("all are stored", lambda: len(stored(database)) == 3)
        wait_until("it is well again", lambda: running.changes[-1].new is WorkerState.RUNNING)
