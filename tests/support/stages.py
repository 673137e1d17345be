"""The three consuming stages on a real broker, fed by hand, with somebody who reads along."""

from __future__ import annotations

import contextlib
import ctypes
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.kafka import KafkaAccess
from pipeline.kafka.dead_letters import dead_letter_topic
from pipeline.messages import (
    DetectionResult,
    GroupMetadata,
    RiskAlert,
    decode,
    encode,
    task_id,
    utc_now,
)
from pipeline.registry import make_worker
from pipeline.runner import log_change
from pipeline.session import PipelineSession
from pipeline.settings import (
    AggregatorSettings,
    KafkaSettings,
    Settings,
)
from pipeline.settings_scheduler import SchedulerSettings
from pipeline.states import ENDED, WorkerName, WorkerState
from pipeline.supervisor import StateChange, WorkerSupervisor
from pipeline.telemetry import WorkerSnapshot, WorkerTelemetry
from pipeline.worker import Worker
from tests.support.messages import detection

STAGES = (WorkerName.AGGREGATOR, WorkerName.SCHEDULER, WorkerName.GENERATOR)
TIMEOUT_S = 30.0
POLL_S = 0.02
CAMERAS = 4
HARMLESS = GroupMetadata()

_PRODUCE = 0
"""Number of the produce request in the Kafka protocol."""
_TOPIC_AUTHORIZATION_FAILED = 29

MakeWorker = Callable[[WorkerName], Worker]


def wait_until(what: str, condition: Callable[[], object], timeout_s: float = TIMEOUT_S) -> None:
    """Wait until `condition` holds.

    Raises:
        AssertionError: it did not in time.
    """
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(POLL_S)


def stage_settings(database: Path, **changes: Any) -> Settings:
    """Return settings for the embedded broker; `changes` go to the tables they name."""
    return Settings(
        kafka=KafkaSettings(**changes.get("kafka", {})),
        scheduler=SchedulerSettings(**changes.get("scheduler", {})),
        aggregator=AggregatorSettings(database=database, **changes.get("aggregator", {})),
    )


@dataclass
class Line:
    """Workers of one session, started and stopped by name.

    Attributes:
        session: broker, Kafka access, telemetry.
        changes: all state changes so far.
    """

    session: PipelineSession
    make_worker: MakeWorker = make_worker
    changes: list[StateChange] = field(default_factory=list)
    _running: dict[WorkerName, tuple[WorkerSupervisor, threading.Thread]] = field(
        default_factory=dict
    )

    def start(self, *names: WorkerName, until: WorkerState = WorkerState.RUNNING) -> None:
        """Start workers, by default all stages, and wait until each is in the state `until`."""
        for name in names or STAGES:
            session = self.session
            supervisor = WorkerSupervisor(
                name, self.make_worker, session.settings, session.kafka, session.hub, self._note
            )
            thread = threading.Thread(target=supervisor.run, name=name.value)
            self._running[name] = (supervisor, thread)
            thread.start()
            wait_until(f"{name} is {until}", lambda: supervisor.state is until)  # noqa: B023

    def stop(self, *names: WorkerName) -> None:
        for name in names or tuple(reversed(self._running)):
            supervisor, thread = self._running.pop(name)
            supervisor.request_stop()
            thread.join(12.0)
            assert not thread.is_alive(), f"{name} does not stop"
            assert supervisor.state in ENDED, supervisor.state

    @property
    def names(self) -> tuple[WorkerName, ...]:
        """Those that were started and not stopped."""
        return tuple(self._running)

    def restart(self, name: WorkerName) -> None:
        self.stop(name)
        self.start(name)

    def snapshot(self, name: WorkerName) -> WorkerSnapshot:
        return self.session.hub.workers[name].snapshot()

    def count(self, name: WorkerName, counter: str) -> int:
        return self.snapshot(name).counters.get(counter, 0)

    def _note(self, change: StateChange) -> None:
        self.changes.append(change)
        log_change(change)


@contextlib.contextmanager
def line(settings: Settings, make: MakeWorker = make_worker) -> Iterator[Line]:
    """Give a line on the embedded broker; stops what runs at the end."""
    with PipelineSession(settings) as session:
        made = Line(session, make)
        try:
            yield made
        finally:
            made.stop()


def feed(kafka: KafkaAccess, topic: str, messages: Iterable[tuple[str, bytes]]) -> None:
    """Send ``(key, payload)`` messages; every one is acknowledged when this returns."""
    producer = kafka.producer(WorkerTelemetry(WorkerName.DETECTION))
    never = threading.Event()
    try:
        for key, payload in messages:
            assert producer.wait_for_room(topic, key, never)
            producer.send(topic, key, payload)
    finally:
        assert producer.close() == 0


def street(count: int, start: int = 0) -> list[DetectionResult]:
    """Return frames of four cameras: none, one or two groups due, some of them risky."""
    return [
        detection(
            f"request-{number}",
            f"cam-{number % CAMERAS}",
            due=number % 3,
            idle=1,
            timestamp=utc_now(),
            metadata=None if number % 10 == 1 else HARMLESS,
        )
        for number in range(start, start + count)
    ]


def feed_detections(kafka: KafkaAccess, detections: Iterable[DetectionResult]) -> None:
    """Send detection results as the detection stage does."""
    topic = kafka.settings.topics.detection_results
    feed(kafka, topic, ((item.camera_id, encode(item)) for item in detections))


def refuse_next_produce(session: PipelineSession) -> None:
    """Have the embedded broker refuse the next batch that any producer sends it."""
    broker = session._broker
    assert broker is not None
    push = broker._lib.rd_kafka_mock_push_request_errors_array
    push.argtypes = [ctypes.c_void_p, ctypes.c_int16, ctypes.c_size_t, ctypes.c_void_p]
    errors = (ctypes.c_int * 1)(_TOPIC_AUTHORIZATION_FAILED)
    push(broker._cluster, _PRODUCE, 1, ctypes.cast(errors, ctypes.c_void_p))


def owed(detections: Iterable[DetectionResult]) -> set[str]:
    """Return the task ids that these detections must lead to."""
    return {
        task_id(item.request_id, group.group_index)
        for item in detections
        for group in item.traffic_groups
        if group.reason is not None
    }


def rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return what a query finds in the aggregator's database; nothing while there is none."""
    if not database.exists():
        return []
    with contextlib.closing(sqlite3.connect(database)) as connection:
        try:
            return connection.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []


def stored(database: Path) -> set[str]:
    """Return the ids of the stored verdicts."""
    return {row[0] for row in rows(database, "SELECT message_id FROM results")}


def wait_for_books(running: Line, database: Path, expected: set[str]) -> None:
    """Wait until all verdicts are stored and joined.

    Raises:
        AssertionError: one is missing, or is one too many; a request was closed without a verdict.
    """
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
    assert running.count(WorkerName.AGGREGATOR, "incomplete") == 0
    assert running.count(WorkerName.AGGREGATOR, "late") == 0


@dataclass(frozen=True)
class Letter:
    """A message as read by a test."""

    key: str | None
    value: bytes
    headers: dict[str, str]


def read_all(kafka: KafkaAccess, topic: str, count: int) -> list[Letter]:
    """Return all messages of `topic`, of which there must be `count`, from its beginning."""
    consumer = kafka.consumer(f"test-{topic}", [topic], WorkerTelemetry(WorkerName.AGGREGATOR))
    letters: list[Letter] = []
    try:
        deadline_s = time.monotonic() + TIMEOUT_S
        quiet_until_s = deadline_s
        # What is too much comes soon after the last one that is wanted.
        while time.monotonic() < min(deadline_s, quiet_until_s):
            for delivery in consumer.take(100, 0.1):
                headers = {name: value.decode() for name, value in delivery.headers}
                letters.append(Letter(delivery.key, delivery.value, headers))
                delivery.done()
            if len(letters) >= count:
                quiet_until_s = min(quiet_until_s, time.monotonic() + 0.5)
    finally:
        consumer.close()
    assert len(letters) == count
    return letters


def dead_letters(kafka: KafkaAccess, source_topic: str, count: int) -> list[Letter]:
    """Return the dead letters of a topic."""
    return read_all(kafka, dead_letter_topic(source_topic), count)


def alerts(kafka: KafkaAccess, count: int) -> list[RiskAlert]:
    """Return what was published to the topic of alerts."""
    letters = read_all(kafka, kafka.settings.topics.risk_alerts, count)
    return [decode(letter.value, RiskAlert) for letter in letters]
