"""The aggregator on a real broker: joins, alarms, repeats, damage, and a second one beside it."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.aggregation import desk
from pipeline.aggregation.database import open_writer
from pipeline.aggregation.store import AlarmReader
from pipeline.kafka import KafkaAccess
from pipeline.kafka.delivery import Delivery
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.messages import (
    RiskAssessmentResult,
    encode,
    utc_now,
)
from pipeline.settings import KafkaSettings
from pipeline.states import WorkerState
from pipeline.telemetry import WorkerTelemetry
from tests.support import messages as made
from tests.support.log_guard import ExpectLog
from tests.support.stages import (
    STAGES,
    Line,
    alerts,
    feed,
    feed_detections,
    line,
    owed,
    rows,
    stage_settings,
    stored,
    street,
    wait_for_books,
    wait_until,
)

pytestmark = pytest.mark.integration

AGGREGATOR, SCHEDULER, _ = STAGES


def results(*items: RiskAssessmentResult) -> list[tuple[str, bytes]]:
    return [(item.camera_id, encode(item)) for item in items]


def test_a_request_that_stays_incomplete_is_closed_and_a_late_verdict_is_stored(
    database: Path, expect_log: ExpectLog
) -> None:
    expect_log("WARNING request r of cam-1 closed with 2 of 3 verdicts")
    settings = stage_settings(database, aggregator={"join_deadline_s": 0.3})
    topic = settings.kafka.topics.risk_assessment_results
    with line(settings) as running:
        running.start(AGGREGATOR)
        early = [made.result("r", group, group_count=3) for group in (0, 2)]
        feed(running.session.kafka, topic, results(*early))
        wait_until("it is closed", lambda: running.count(AGGREGATOR, "incomplete") == 1)
        late = made.result("r", 1, group_count=3)
        feed(running.session.kafka, topic, results(late))
        wait_until("late", lambda: running.count(AGGREGATOR, "late") == 1)
        assert len(stored(database)) == 3
        assert running.count(AGGREGATOR, "joined") == 1
        assert running.snapshot(AGGREGATOR).gauges["open_requests"] == 0


def test_a_restart_between_two_verdicts_of_a_request_loses_no_join(database: Path) -> None:
    settings = stage_settings(database)
    topic = settings.kafka.topics.risk_assessment_results
    with line(settings) as running:
        running.start(AGGREGATOR)
        feed(running.session.kafka, topic, results(made.result("r", 0, group_count=2, level="low")))
        wait_until("the first is stored", lambda: len(stored(database)) == 1)
        running.restart(AGGREGATOR)
        feed(running.session.kafka, topic, results(made.result("r", 1, group_count=2)))
        wait_until("joined", lambda: running.count(AGGREGATOR, "joined") == 1)
        assert running.count(AGGREGATOR, "incomplete") == 0
        assert rows(database, "SELECT received, risk_level FROM requests") == [(2, "low")]


def test_one_situation_is_one_alarm_with_an_alert_for_the_start_and_the_worsening(
    database: Path,
) -> None:
    settings = stage_settings(database)
    now = utc_now()
    levels = ["low", "low", "high", "low", "none", "high"]
    items = [
        made.result(
            f"r{number}",
            level=level,  # type: ignore[arg-type]
            timestamp=now + timedelta(seconds=number),
            evidence=made.JPEG + level.encode(),
        )
        for number, level in enumerate(levels)
    ]
    with line(settings) as running:
        running.start(AGGREGATOR)
        # The restart in the middle must not make a second alarm of it.
        feed(running.session.kafka, "risk-assessment-results", results(*items[:4]))
        wait_until("stored", lambda: len(stored(database)) == 4)
        running.restart(AGGREGATOR)
        feed(running.session.kafka, "risk-assessment-results", results(*items[4:]))
        wait_until("stored", lambda: len(stored(database)) == 6)
        told = alerts(running.session.kafka, 2)
        assert [alert.risk_level for alert in told] == ["low", "high"]
        assert len({alert.alarm_id for alert in told}) == 1
        hints = running.session.hub.take_alarm_hints()
        assert [hint.is_new for hint in hints] == [True, False, False, False, False]
        assert running.count(AGGREGATOR, "alarms") == 1
        with AlarmReader(database) as reader:
            (entry,) = reader.newest()
            assert (entry.alarm.occurrences, entry.alarm.risk_level) == (5, "high")
            assert reader.evidence(entry.alarm.alarm_id) == made.JPEG + b"high"
        wait_until(
            "no alert is owed",
            lambda: rows(database, "SELECT count(*) FROM alarms WHERE alert_pending") == [(0,)],
        )


def test_a_verdict_stored_before_a_crash_is_a_repeat_that_changes_nothing(database: Path) -> None:
    """As after a kill between the commit and the stored offset: the same messages come again."""
    settings = stage_settings(database)
    now = utc_now()  # the store forgets what is older than it is to keep
    items = [
        made.result(
            f"r{number}",
            level="low",
            timestamp=now + timedelta(seconds=number * 0.1),
            evidence=made.JPEG,
        )
        for number in range(50)
    ]
    for run in range(2):
        # A new broker knows no offsets of the run before.
        with line(settings) as running:
            running.start(AGGREGATOR)
            feed(running.session.kafka, "risk-assessment-results", results(*items))
            wait_until("all taken", lambda: running.count(AGGREGATOR, "in") == len(items))
            running.stop(AGGREGATOR)
            assert running.count(AGGREGATOR, "duplicates") == run * len(items)
        assert len(stored(database)) == len(items)
        assert rows(database, "SELECT count(*), sum(occurrences) FROM alarms") == [(1, 50)]


def test_a_damaged_alarm_database_stops_nothing(database: Path, expect_log: ExpectLog) -> None:
    expect_log("ERROR the alarm database is damaged")
    database.write_bytes(b"this is no database " * 1000)
    frames = street(30)
    with line(stage_settings(database)) as running:
        running.start()
        feed_detections(running.session.kafka, frames)
        wait_for_books(running, database, owed(frames))


def test_a_database_of_a_newer_version_needs_the_user(
    database: Path, expect_log: ExpectLog
) -> None:
    expect_log("ERROR aggregator failed: The alarm database has version 99.* Update Signalbox")
    expect_log("ERROR Aggregator stays stopped")
    connection = open_writer(database)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with line(stage_settings(database)) as running:
        running.start(AGGREGATOR, until=WorkerState.FAILED)


def test_a_finished_message_does_not_wait_for_a_take_under_way(database: Path) -> None:
    """The client library lets other threads wait while one polls: that must stay out of `done`."""
    with line(stage_settings(database)) as running:
        kafka = running.session.kafka
        feed(kafka, "assessment-tasks", [("cam-1", b"{}")] * 200)
        consumer = kafka.consumer(
            "llm-task-scheduler", ["assessment-tasks"], WorkerTelemetry(SCHEDULER)
        )
        taken: list[Delivery] = []
        while len(taken) < 200:
            taken += consumer.take(200)
        taking = threading.Thread(target=consumer.take, args=(1, 2.0))
        taking.start()
        began_s = time.monotonic()
        for delivery in taken:
            delivery.done()
        took_s = time.monotonic() - began_s
        assert taking.is_alive()
        taking.join()
        consumer.close()
        assert took_s < 1.0
        # Yet it was committed: nobody gets it again.
        again = kafka.consumer(
            "llm-task-scheduler", ["assessment-tasks"], WorkerTelemetry(SCHEDULER)
        )
        feed(kafka, "assessment-tasks", [("cam-1", b"the next one")])
        read: list[Delivery] = []
        deadline_s = time.monotonic() + 20.0
        while not read and time.monotonic() < deadline_s:
            read = again.take(10)
        assert [delivery.value for delivery in read] == [b"the next one"]
        again.close()


def test_a_database_that_is_damaged_while_it_is_used_is_set_aside_and_work_goes_on(
    database: Path, expect_log: ExpectLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "LOOK_INTERVAL_S", 0.2)
    expect_log("ERROR aggregator failed: The alarm database cannot be used.*It is kept as alarms")
    expect_log("WARNING Aggregator starts again")
    settings = stage_settings(database)
    topic = settings.kafka.topics.risk_assessment_results
    with line(settings) as running:
        running.start(AGGREGATOR)
        feed(running.session.kafka, topic, results(made.result("before")))
        wait_until("it is stored", lambda: len(stored(database)) == 1)
        for file in (database, database.with_name(database.name + "-wal")):
            file.write_bytes(b"\xa5" * max(40_000, file.stat().st_size))
        wait_until("it is noticed", lambda: "damaged" in running.snapshot(AGGREGATOR).labels)
        feed(running.session.kafka, topic, results(made.result("after")))
        wait_until("it goes on with a new one", lambda: stored(database) == {"after-0"})
        label = running.snapshot(AGGREGATOR).labels["damaged"]
        assert database.with_name(label).exists()


@pytest.mark.slow
def test_two_aggregators_share_the_work_and_wait_for_nothing_that_the_other_gets(
    tmp_path: Path,
) -> None:
    broker = EmbeddedBroker(KafkaSettings())
    frames = [
        made.detection(f"r{number}", f"cam-{number}", due=2, timestamp=utc_now())
        for number in range(60)
    ]
    verdicts = [
        made.result(frame.request_id, group, frame.camera_id, group_count=2, timestamp=utc_now())
        for frame in frames
        for group in (0, 1)
    ]
    with contextlib.closing(broker), contextlib.ExitStack() as stack:
        databases = [tmp_path / "one.db", tmp_path / "two.db"]
        lines = [
            stack.enter_context(
                line(
                    stage_settings(
                        database,
                        kafka={"mode": "cluster", "bootstrap_servers": broker.bootstrap_servers},
                        aggregator={"join_deadline_s": 2.0},
                    )
                )
            )
            for database in databases
        ]
        kafka = KafkaAccess(KafkaSettings(), broker)
        for one in lines:
            one.start(AGGREGATOR)
            wait_until("it has partitions", lambda: is_given_work(kafka, one))  # noqa: B023
        feed_detections(kafka, frames)
        feed(kafka, kafka.settings.topics.risk_assessment_results, results(*verdicts))
        wait_until(
            "all is stored",
            lambda: (
                {item.message_id for item in verdicts}
                <= stored(databases[0]) | stored(databases[1])
            ),
        )
        wait_until(
            "nobody waits",
            lambda: all(one.snapshot(AGGREGATOR).gauges.get("open_requests") == 0 for one in lines),
        )
        assert sum(one.count(AGGREGATOR, "incomplete") for one in lines) == 0


def is_given_work(kafka: KafkaAccess, one: Line) -> bool:
    """Send a verdict of each of many cameras; return whether an aggregator has got any yet."""
    topic = kafka.settings.topics.risk_assessment_results
    cameras = [f"cam-{number}" for number in range(60)]
    items = [made.result(f"{camera}-{uuid.uuid4()}", camera_id=camera) for camera in cameras]
    feed(kafka, topic, results(*items))
    return one.count(AGGREGATOR, "in") > 0
