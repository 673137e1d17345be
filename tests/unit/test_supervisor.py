"""The supervisor: what happens to a worker that is stopped, fails, recovers or cannot go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from pipeline.kafka import KafkaAccess
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.kafka.errors import KafkaUnavailableError
from pipeline.settings import KafkaSettings, Settings
from pipeline.states import RestartPolicy, WorkerName, WorkerState
from pipeline.supervisor import StateChange, WorkerSupervisor
from pipeline.telemetry import TelemetryHub
from pipeline.texts import verbatim
from pipeline.worker import Worker, WorkerContext, WorkerError
from tests.support.log_guard import ExpectLog

WAIT_S = 10.0


@dataclass
class ScriptedWorker:
    """A worker that does what a test says."""

    script: Callable[[WorkerContext], None]
    name: WorkerName = WorkerName.GENERATOR

    def run(self, context: WorkerContext) -> None:
        self.script(context)


@dataclass
class Life:
    """One supervised life: runs in a thread, notes every change."""

    supervisor: WorkerSupervisor
    changes: list[StateChange]
    thread: threading.Thread = field(init=False)

    def start(self) -> None:
        self.thread = threading.Thread(target=self.supervisor.run)
        self.thread.start()

    def ended(self) -> list[WorkerState]:
        self.thread.join(WAIT_S)
        assert not self.thread.is_alive()
        return self.states()

    def states(self) -> list[WorkerState]:
        return [change.new for change in self.changes]


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    made = EmbeddedBroker(KafkaSettings())
    yield made
    made.close()


@pytest.fixture
def live(broker: EmbeddedBroker) -> Callable[..., Life]:
    def make(*scripts: Callable[[WorkerContext], None], max_failures: int = 5) -> Life:
        left = list(scripts)
        changes: list[StateChange] = []

        def make_worker(_: WorkerName) -> Worker:
            return ScriptedWorker(left.pop(0) if len(left) > 1 else left[0])

        settings = Settings()
        supervisor = WorkerSupervisor(
            WorkerName.GENERATOR,
            make_worker,
            settings,
            KafkaAccess(settings.kafka, broker),
            TelemetryHub(),
            changes.append,
            RestartPolicy(first_delay_s=0.01, jitter=0, max_failures=max_failures),
        )
        return Life(supervisor, changes)

    return make


def until_stopped(context: WorkerContext) -> None:
    context.ready()
    context.stop.wait(WAIT_S)


def test_an_orderly_life(live: Callable[..., Life]) -> None:
    at_work = threading.Event()

    def script(context: WorkerContext) -> None:
        context.ready()
        at_work.set()
        context.stop.wait(WAIT_S)

    life = live(script)
    life.start()
    assert at_work.wait(WAIT_S)
    life.supervisor.request_stop()
    assert life.ended() == ["starting", "running", "stopping", "stopped"]


def test_a_machine_that_woke_does_not_wait_to_start_again(
    live: Callable[..., Life], expect_log: ExpectLog
) -> None:
    expect_log("generator failed: broker away")
    again = threading.Event()

    def fails(context: WorkerContext) -> None:
        context.ready()
        raise WorkerError(verbatim("broker away"))

    def works(context: WorkerContext) -> None:
        context.ready()
        again.set()
        context.stop.wait(WAIT_S)

    life = live(fails, works)
    life.supervisor.policy = RestartPolicy(first_delay_s=3600, max_delay_s=3600, jitter=0)
    life.start()
    poll = threading.Event()
    deadline_s = time.monotonic() + WAIT_S
    # Told until it helps: the wait may not have begun at the first time.
    while not again.is_set() and time.monotonic() < deadline_s:
        if life.supervisor.state is WorkerState.BACKOFF:
            life.supervisor.power.awoke()
        poll.wait(0.05)
    assert again.is_set()
    life.supervisor.request_stop()
    assert life.ended()[:4] == ["starting", "running", "backoff", "starting"]


def test_a_failed_worker_starts_again(live: Callable[..., Life], expect_log: ExpectLog) -> None:
    expect_log("generator failed: broker away")
    again = threading.Event()

    def fails(context: WorkerContext) -> None:
        context.ready()
        raise WorkerError(verbatim("broker away"), next_step=verbatim("Wait."))

    def works(context: WorkerContext) -> None:
        context.ready()
        again.set()
        context.stop.wait(WAIT_S)

    life = live(fails, works)
    life.start()
    assert again.wait(WAIT_S)
    life.supervisor.request_stop()
    assert life.ended() == [
        "starting",
        "running",
        "backoff",
        "starting",
        "running",
        "stopping",
        "stopped",
    ]
    backoff = life.changes[2]
    assert backoff.reason == "broker away Wait."
    assert backoff.retry_in_s == pytest.approx(0.01)


def test_repeated_failures_end_in_failed(live: Callable[..., Life], expect_log: ExpectLog) -> None:
    expect_log("generator failed: no luck")

    def fails(_: WorkerContext) -> None:
        raise WorkerError(verbatim("no luck"))

    life = live(fails, max_failures=3)
    life.start()
    assert life.ended()[-2:] == ["starting", "failed"]
    assert life.states().count(WorkerState.BACKOFF) == 2


def test_a_bad_setting_is_not_tried_again(live: Callable[..., Life], expect_log: ExpectLog) -> None:
    expect_log("generator failed: acks")

    def fails(_: WorkerContext) -> None:
        raise WorkerError(verbatim("acks must be all"), retriable=False)

    life = live(fails)
    life.start()
    assert life.ended() == ["starting", "failed"]


def test_an_unforeseen_error_is_a_failure_with_its_text(
    live: Callable[..., Life], expect_log: ExpectLog
) -> None:
    expect_log("generator failed: division by zero")
    life = live(lambda _: 1 / 0, max_failures=1)
    life.start()
    assert life.ended() == ["starting", "failed"]
    assert life.changes[-1].reason == "division by zero"
    snapshot = life.supervisor.hub.workers[WorkerName.GENERATOR].snapshot()
    assert snapshot.last_error == "division by zero"


def test_a_worker_that_ends_by_itself_has_failed(
    live: Callable[..., Life], expect_log: ExpectLog
) -> None:
    expect_log("ended by itself")
    life = live(lambda context: context.ready(), max_failures=1)
    life.start()
    assert life.ended()[-1] == "failed"


def test_conditions_become_degraded_and_back(live: Callable[..., Life]) -> None:
    done = threading.Event()

    def script(context: WorkerContext) -> None:
        context.ready()
        context.telemetry.degrade("camera-3", verbatim("camera 3 reconnecting"))
        context.telemetry.recover("camera-3")
        done.set()
        context.stop.wait(WAIT_S)

    life = live(script)
    life.start()
    assert done.wait(WAIT_S)
    life.supervisor.request_stop()
    assert life.ended() == ["starting", "running", "degraded", "running", "stopping", "stopped"]
    assert life.changes[2].reason == "camera 3 reconnecting"


def test_a_condition_from_before_ready_shows_at_once(live: Callable[..., Life]) -> None:
    done = threading.Event()

    def script(context: WorkerContext) -> None:
        context.telemetry.degrade("camera-1", verbatim("camera 1 reconnecting"))
        context.ready()
        done.set()
        context.stop.wait(WAIT_S)

    life = live(script)
    life.start()
    assert done.wait(WAIT_S)
    assert life.states() == ["starting", "running", "degraded"]
    life.supervisor.request_stop()
    life.ended()


def test_stopping_while_waiting_to_restart_is_quick(
    live: Callable[..., Life], expect_log: ExpectLog
) -> None:
    expect_log("generator failed")
    waiting = threading.Event()

    def fails(_: WorkerContext) -> None:
        raise WorkerError(verbatim("away"))

    life = live(fails)
    life.supervisor.policy.first_delay_s = 600

    def note(change: StateChange) -> None:
        life.changes.append(change)
        if change.new is WorkerState.BACKOFF:
            waiting.set()

    life.supervisor.on_change = note
    life.start()
    assert waiting.wait(WAIT_S)
    life.supervisor.request_stop()
    assert life.ended() == ["starting", "backoff", "stopped"]


def test_a_worker_that_cannot_finish_its_stop_says_so(
    live: Callable[..., Life], expect_log: ExpectLog
) -> None:
    expect_log("generator failed: 3 messages")
    at_work = threading.Event()

    def script(context: WorkerContext) -> None:
        context.ready()
        at_work.set()
        context.stop.wait(WAIT_S)
        raise WorkerError(verbatim("3 messages could not be delivered"))

    life = live(script)
    life.start()
    assert at_work.wait(WAIT_S)
    life.supervisor.request_stop()
    assert life.ended()[-2:] == ["stopping", "failed"]


def test_stopping_while_the_broker_is_away_is_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.kafka.access.METADATA_TIMEOUT_S", 1.0)
    changes: list[StateChange] = []
    asked = threading.Event()
    settings = Settings(kafka=KafkaSettings(mode="cluster", bootstrap_servers="127.0.0.1:9"))

    class Access(KafkaAccess):
        def ensure_topics(self) -> None:
            asked.set()
            super().ensure_topics()

    supervisor = WorkerSupervisor(
        WorkerName.GENERATOR,
        lambda _: ScriptedWorker(until_stopped),
        settings,
        Access(settings.kafka, None),
        TelemetryHub(),
        changes.append,
    )
    life = Life(supervisor, changes)
    life.start()
    assert asked.wait(WAIT_S)
    supervisor.request_stop()
    life.thread.join(2 * WAIT_S)
    assert life.ended() == ["starting", "stopping", "stopped"]


def test_a_broker_that_comes_late_is_waited_for(
    broker: EmbeddedBroker, expect_log: ExpectLog
) -> None:
    """A computer may start long before its cluster; nobody is there to press Start again."""
    expect_log("generator failed: nobody answers")
    tries = 0
    at_work = threading.Event()

    class Access(KafkaAccess):
        def ensure_topics(self) -> None:
            nonlocal tries
            tries += 1
            if tries <= 8:
                raise KafkaUnavailableError(verbatim("nobody answers"), next_step=verbatim("Wait."))
            super().ensure_topics()

    def script(context: WorkerContext) -> None:
        context.ready()
        at_work.set()
        context.stop.wait(WAIT_S)

    changes: list[StateChange] = []
    settings = Settings()
    supervisor = WorkerSupervisor(
        WorkerName.GENERATOR,
        lambda _: ScriptedWorker(script),
        settings,
        Access(settings.kafka, broker),
        TelemetryHub(),
        changes.append,
        RestartPolicy(first_delay_s=0.001, max_failures=3),
    )
    life = Life(supervisor, changes)
    life.start()
    assert at_work.wait(WAIT_S)
    supervisor.request_stop()
    assert life.ended() == [
        *["starting", "backoff"] * 8,
        "starting",
        "running",
        "stopping",
        "stopped",
    ]
    assert changes[1].reason == "nobody answers Wait."
    assert changes[1].retry_in_s
