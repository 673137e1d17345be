"""The controller with the real pipeline: QThreads, embedded broker, clip and model."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psutil
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

import console.controller
from console.controller import PipelineController
from console.supervision.session_thread import SessionState
from pipeline.settings import Settings, demo_settings
from pipeline.states import START_ORDER, WorkerName, WorkerState
from pipeline.telemetry import TelemetryHub
from pipeline.worker import WorkerContext
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration

DETECTION, GENERATOR, SCHEDULER, AGGREGATOR = WorkerName
START_MS = 30_000
STOP_MS = 30_000
REPEATS = 10


def one_camera() -> Settings:
    settings = demo_settings()
    return settings.model_copy(update={"cameras": settings.cameras[:1]})


@pytest.fixture
def stop_timeout_s() -> float:
    """How long a worker may take to stop; a test may have less patience."""
    return console.controller.STOP_TIMEOUT_S


@pytest.fixture
def controller(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, stop_timeout_s: float
) -> Iterator[PipelineController]:
    monkeypatch.setattr(console.controller, "STOP_TIMEOUT_S", stop_timeout_s)
    made = PipelineController(one_camera(), TelemetryHub())
    yield made
    assert made.wait_until_closed()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def watch(controller: PipelineController) -> list[tuple[WorkerName, WorkerState]]:
    """Return a list that all state changes are added to, in the order they were told."""
    seen: list[tuple[WorkerName, WorkerState]] = []
    controller.state_changed.connect(lambda change: seen.append((change.worker, change.new)))
    return seen


def wait_for(
    qtbot: QtBot, controller: PipelineController, *names: WorkerName, state: WorkerState
) -> None:
    qtbot.waitUntil(
        lambda: all(controller.status(name).state is state for name in names or WorkerName),
        timeout=START_MS,
    )


def start_all(qtbot: QtBot, controller: PipelineController) -> None:
    controller.start_all()
    wait_for(qtbot, controller, state=WorkerState.RUNNING)


def stop_all(qtbot: QtBot, controller: PipelineController) -> None:
    with qtbot.waitSignal(controller.all_stopped, timeout=STOP_MS):
        controller.stop_all()
    qtbot.waitUntil(lambda: not controller.is_stopping, timeout=STOP_MS)


def test_everything_starts_consumers_first_and_stops_producers_first(
    qtbot: QtBot, controller: PipelineController
) -> None:
    seen = watch(controller)
    start_all(qtbot, controller)
    assert [name for name, state in seen if state is WorkerState.STARTING] == list(START_ORDER)
    assert [name for name, state in seen if state is WorkerState.RUNNING] == list(START_ORDER)
    qtbot.waitUntil(
        lambda: controller.hub.workers[AGGREGATOR].snapshot().counters.get("in", 0) > 0,
        timeout=START_MS,
    )
    seen.clear()
    stop_all(qtbot, controller)
    ended = [name for name, state in seen if state is WorkerState.STOPPED]
    assert ended == list(reversed(START_ORDER))
    assert controller.running == frozenset()
    assert controller.session_state is SessionState.OPEN


def test_stop_all_leaves_nothing_unread(qtbot: QtBot, controller: PipelineController) -> None:
    start_all(qtbot, controller)
    counters = controller.hub.workers[DETECTION].snapshot
    qtbot.waitUntil(lambda: counters().counters.get("out", 0) > 10, timeout=START_MS)
    stop_all(qtbot, controller)
    written = controller.hub.workers[DETECTION].snapshot().counters["out"]
    read = controller.hub.workers[GENERATOR].snapshot().counters["in"]
    tasks = controller.hub.workers[GENERATOR].snapshot().counters.get("out", 0)
    stored = controller.hub.workers[AGGREGATOR].snapshot().counters.get("in", 0)
    assert read >= written
    assert stored >= tasks


def test_one_worker_stops_and_starts_while_the_others_go_on(
    qtbot: QtBot, controller: PipelineController
) -> None:
    start_all(qtbot, controller)
    seen = watch(controller)
    controller.stop(SCHEDULER)
    wait_for(qtbot, controller, SCHEDULER, state=WorkerState.STOPPED)
    assert controller.running == set(WorkerName) - {SCHEDULER}
    controller.start(SCHEDULER)
    wait_for(qtbot, controller, SCHEDULER, state=WorkerState.RUNNING)
    controller.restart(SCHEDULER)
    qtbot.waitUntil(lambda: len(seen) == 8, timeout=START_MS)
    up = [WorkerState.STARTING, WorkerState.RUNNING]
    down = [WorkerState.STOPPING, WorkerState.STOPPED]
    assert seen == [(SCHEDULER, state) for state in (*down, *up, *down, *up)]


def test_a_worker_that_cannot_start_says_why_and_the_others_run(
    qtbot: QtBot, controller: PipelineController, expect_log: ExpectLog
) -> None:
    expect_log("detection failed: .*no-such.onnx")
    expect_log("Detection stays stopped")
    settings = one_camera()
    wrong = settings.detection.model_copy(update={"model": "/nowhere/no-such.onnx"})
    controller.apply_settings(settings.model_copy(update={"detection": wrong}))
    controller.start_all()
    wait_for(qtbot, controller, DETECTION, state=WorkerState.FAILED)
    wait_for(qtbot, controller, GENERATOR, SCHEDULER, AGGREGATOR, state=WorkerState.RUNNING)
    assert "no-such.onnx" in controller.status(DETECTION).reason
    assert controller.status(DETECTION).last_failure is not None
    controller.apply_settings(settings)
    controller.start(DETECTION)
    wait_for(qtbot, controller, DETECTION, state=WorkerState.RUNNING)


def test_a_broker_that_cannot_be_opened_says_why_and_can_be_opened_later(
    qtbot: QtBot, controller: PipelineController, expect_log: ExpectLog
) -> None:
    expect_log("could not be opened")
    settings = one_camera()
    topics = settings.kafka.topics.model_copy(update={"assessment_tasks": "detection-results"})
    kafka = settings.kafka.model_copy(update={"topics": topics})
    controller.apply_settings(settings.model_copy(update={"kafka": kafka}))
    controller.start_all()
    qtbot.waitUntil(lambda: controller.session_state is SessionState.FAILED, timeout=START_MS)
    assert "detection-results" in controller.session_error
    assert not controller.is_starting
    controller.apply_settings(settings)
    start_all(qtbot, controller)
    assert controller.session_error == ""


def test_other_cameras_restart_the_detection_alone(
    qtbot: QtBot, controller: PipelineController
) -> None:
    start_all(qtbot, controller)
    seen = watch(controller)
    controller.apply_settings(demo_settings())
    qtbot.waitUntil(lambda: (DETECTION, WorkerState.RUNNING) in seen, timeout=START_MS)
    assert {name for name, _ in seen} == {DETECTION}


def test_another_broker_setting_opens_the_pipeline_anew_with_who_was_running(
    qtbot: QtBot, controller: PipelineController
) -> None:
    start_all(qtbot, controller)
    controller.stop(DETECTION)
    wait_for(qtbot, controller, DETECTION, state=WorkerState.STOPPED)
    before = controller.session
    kafka = controller.settings.kafka.model_copy(update={"partitions": 2})
    controller.apply_settings(controller.settings.model_copy(update={"kafka": kafka}))
    qtbot.waitUntil(
        lambda: controller.session is not None and controller.session is not before,
        timeout=STOP_MS,
    )
    wait_for(qtbot, controller, GENERATOR, SCHEDULER, AGGREGATOR, state=WorkerState.RUNNING)
    assert controller.status(DETECTION).state is WorkerState.STOPPED


def test_closing_while_it_opens_ends_closed(qtbot: QtBot, controller: PipelineController) -> None:
    controller.start_all()
    controller.close()
    qtbot.waitUntil(lambda: controller.session_state is SessionState.CLOSED, timeout=STOP_MS)
    assert controller.running == frozenset()
    assert controller.session is None


class Stubborn:
    """A worker that does not stop when it is asked to; there is no real one to test with."""

    name = GENERATOR

    def __init__(self, let_go: threading.Event) -> None:
        self._let_go = let_go

    def run(self, context: WorkerContext) -> None:
        context.ready()
        self._let_go.wait()


@pytest.mark.parametrize("stop_timeout_s", [0.3])
def test_a_worker_that_does_not_stop_is_named(
    qtbot: QtBot,
    controller: PipelineController,
    expect_log: ExpectLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expect_log("generator has not stopped within")
    let_go = threading.Event()
    monkeypatch.setattr("pipeline.session.make_worker", lambda _name: Stubborn(let_go))
    controller.start(GENERATOR)
    wait_for(qtbot, controller, GENERATOR, state=WorkerState.RUNNING)
    with qtbot.waitSignal(controller.stuck, timeout=STOP_MS) as caught:
        controller.stop_all()
    assert caught.args == [GENERATOR]
    assert controller.stuck_workers == {GENERATOR}
    with qtbot.waitSignal(controller.all_stopped, timeout=STOP_MS):
        let_go.set()
    assert controller.stuck_workers == frozenset()


def test_the_stop_time_is_the_pipelines() -> None:
    from pipeline import runner, supervisor

    assert console.controller.STOP_TIMEOUT_S == supervisor.STOP_TIMEOUT_S
    assert console.controller.DRAIN_TIMEOUT_S == runner.DRAIN_TIMEOUT_S


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_starting_and_stopping_ten_times_leaves_nothing_behind(
    qtbot: QtBot, controller: PipelineController
) -> None:
    """Threads, sockets and files of the process are those of after the first time."""
    process = psutil.Process()

    def holdings() -> tuple[int, int, list[str]]:
        files = sorted(file.path for file in process.open_files())
        return process.num_threads(), len(process.net_connections()), files

    start_all(qtbot, controller)
    stop_all(qtbot, controller)
    first = holdings()
    handles = process.num_fds() if hasattr(process, "num_fds") else process.num_handles()
    for _ in range(REPEATS):
        start_all(qtbot, controller)
        stop_all(qtbot, controller)

    # Connections that were closed go a moment later, by librdkafka's own threads.
    def settled() -> None:
        threads, connections, files = holdings()
        assert threads <= first[0]
        assert connections <= first[1]
        assert files == first[2]

    qtbot.waitUntil(settled, timeout=STOP_MS)
    after = process.num_fds() if hasattr(process, "num_fds") else process.num_handles()
    assert after <= handles
