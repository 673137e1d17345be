"""Generator, scheduler and aggregator on a real broker: whatever comes in is accounted for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import threading
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import pytest

from pipeline.aggregation import desk
from pipeline.aggregation.database import open_writer
from pipeline.aggregation.store import AlarmReader
from pipeline.kafka import KafkaAccess
from pipeline.kafka.delivery import Delivery
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.messages import (
    AssessmentTask,
    DetectionResult,
    GroupMetadata,
    RiskAssessmentResult,
    encode,
    utc_now,
)
from pipeline.registry import make_worker
from pipeline.scheduling.assessor import Assessor, Outcome
from pipeline.scheduling.rules.assessor import RulesAssessor
from pipeline.scheduling.worker import SchedulerWorker
from pipeline.settings import KafkaSettings
from pipeline.settings_scheduler import RulesSettings
from pipeline.states import WorkerName, WorkerState
from pipeline.telemetry import WorkerTelemetry
from pipeline.worker import Worker
from tests.support import messages as made
from tests.support.log_guard import ExpectLog
from tests.support.stages import (
    STAGES,
    Line,
    MakeWorker,
    alerts,
    dead_letters,
    feed,
    feed_detections,
    line,
    owed,
    refuse_next_produce,
    rows,
    stage_settings,
    stored,
    wait_until,
)

pytestmark = pytest.mark.integration

AGGREGATOR, SCHEDULER, GENERATOR = STAGES
CAMERAS = 4
HARMLESS = GroupMetadata()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "alarms.db"


def street(count: int, start: int = 0) -> list[DetectionResult]:
    """Frames of four cameras: none, one or two groups due, some of them risky."""
    return [
        made.detection(
            f"request-{number}",
            f"cam-{number % CAMERAS}",
            due=number % 3,
            idle=1,
            timestamp=utc_now(),
            metadata=None if number % 10 == 1 else HARMLESS,
        )
        for number in range(start, start + count)
    ]


def wait_for_books(running: Line, database: Path, expected: set[str]) -> None:
    wait_until("every verdict is stored", lambda: stored(database) >= expected)
    assert stored(database) == expected
    requests = {name.rsplit("-", 1)[0] for name in expected}
    wait_until(
        "every request is joined",
        lambda: (
            rows(database, "SELECT count(*) FROM requests WHERE closed_us IS NOT NULL")
            == [(len(requests),)]
        ),
    )
    assert running.count(AGGREGATOR, "incomplete") == 0
    assert running.count(AGGREGATOR, "late") == 0


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


class SlowAssessor(Assessor):
    """The rules, as slow as a model far away; fails on request."""

    kind: Final[Literal["rules"]] = "rules"
    model: Final = "slow-1"
    label: Final = "Slow rules"

    def __init__(self, longest_s: float, fails_on: str = "") -> None:
        self._rules = RulesAssessor(RulesSettings())
        self._random = random.Random(2)
        self._longest_s = longest_s
        self._fails_on = fails_on
        self.under_way = 0
        self.most_under_way = 0

    async def assess(self, task: AssessmentTask) -> Outcome:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if task.camera_id == self._fails_on:
                raise KeyError(task.camera_id)
            await asyncio.sleep(self._random.uniform(0, self._longest_s))
            return await self._rules.assess(task)
        finally:
            self.under_way -= 1


def with_assessor(assessor: SlowAssessor) -> MakeWorker:
    def make(name: WorkerName) -> Worker:
        return SchedulerWorker(assessor) if name is SCHEDULER else make_worker(name)

    return make


def test_verdicts_finish_in_any_order_and_slots_are_kept_busy(database: Path) -> None:
    frames = [made.detection(f"r{number}", f"cam-{number % 4}") for number in range(200)]
    assessor = SlowAssessor(0.2)
    settings = stage_settings(database, scheduler={"max_in_flight": 20})
    with line(settings, with_assessor(assessor)) as running:
        running.start()
        feed_detections(running.session.kafka, frames)
        wait_for_books(running, database, owed(frames))
        assert assessor.most_under_way == 20
        assert running.snapshot(SCHEDULER).gauges["in_flight"] <= 20


def test_assessments_under_way_at_a_stop_are_finished_or_done_again(
    database: Path, expect_log: ExpectLog
) -> None:
    expect_log("WARNING .* assessments were handed back", maybe=True)
    frames = [made.detection(f"r{number}", f"cam-{number % 4}") for number in range(150)]
    settings = stage_settings(database, scheduler={"max_in_flight": 25})
    with line(settings, with_assessor(SlowAssessor(0.5))) as running:
        running.start()
        feed_detections(running.session.kafka, frames)
        for _ in range(3):
            before = len(stored(database))
            wait_until("some are done", lambda: len(stored(database)) > before)  # noqa: B023
            running.restart(SCHEDULER)
        wait_for_books(running, database, owed(frames))


def test_an_assessor_that_breaks_down_ends_its_task_as_an_error_and_no_other(
    database: Path, expect_log: ExpectLog
) -> None:
    expect_log("ERROR the assessor broke down on task .* of cam-bad.*KeyError")
    frames = [made.detection(f"good-{number}") for number in range(20)]
    bad = made.detection("bad", "cam-bad")
    assessor = SlowAssessor(0.01, fails_on="cam-bad")
    with line(stage_settings(database), with_assessor(assessor)) as running:
        running.start()
        feed_detections(running.session.kafka, [*frames, bad])
        wait_for_books(running, database, owed([*frames, bad]))
        ((message, level),) = rows(
            database, "SELECT message, risk_level FROM results WHERE camera_id = 'cam-bad'"
        )
        document = json.loads(message)
        assert document["error"] == "the assessor broke down (KeyError)"
        assert document["results"] == []
        assert document["metadata"]["llmModel"] == "slow-1"
        assert level == "not_assessed"
        (verdict,) = running.session.hub.verdicts("cam-bad")
        assert verdict.risk_level == "not_assessed"
        counted = rows(
            database, "SELECT camera_id, amount FROM daily_counts WHERE name = 'not_assessed'"
        )
        assert counted == [("cam-bad", 1)]
        assert running.count(SCHEDULER, "errors") == 1
        assert {change.new for change in running.changes} == {
            WorkerState.STARTING,
            WorkerState.RUNNING,
        }


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
