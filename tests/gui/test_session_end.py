"""The user logs off while all workers run: they end in order in the few seconds there are."""

from __future__ import annotations

import contextlib
import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QSessionManager
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console import i18n
from console.app import (
    SESSION_END_MS,
    SESSION_HELD_MS,
    SESSION_HURRY_MS,
    Console,
    Launch,
)
from console.supervision.session_thread import SessionState
from console.window_state import keep_in_files
from pipeline.kafka import KafkaAccess
from pipeline.kafka.delivery import Delivery
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.logs import Logs
from pipeline.messages import RiskAssessmentResult, decode, task_id
from pipeline.runner import WorkerRunner
from pipeline.session import PipelineSession
from pipeline.settings import (
    AggregatorSettings,
    KafkaSettings,
    Settings,
    demo_settings,
)
from pipeline.settings_cameras import CameraSettings
from pipeline.states import START_ORDER, WorkerName, WorkerState
from pipeline.supervisor import StateChange
from tests.integration.kafka_brokers import cluster_settings, take_all, telemetry
from tests.support.log_guard import ExpectLog
from tests.support.messages import detection
from tests.support.stages import feed_detections
from tests.support.windows import close_console

pytestmark = pytest.mark.integration

DETECTION, GENERATOR, SCHEDULER, AGGREGATOR = WorkerName
START_MS = 60_000
CHUNK = 20
WAIT_MS = 20_000
"""More than the workers get done while they start."""
CONSUMING = (AGGREGATOR, SCHEDULER, GENERATOR)


@pytest.fixture
def console(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Console]:
    """The program with all workers at work and alarms coming in."""
    # A machine that tests share may be slow. Only the time is another, not what is done.
    monkeypatch.setattr("console.app.SESSION_END_MS", 60_000)
    keep_in_files()
    with console_of(qtbot, qapp, demo_settings(), tmp_path) as made:
        yield made


@contextmanager
def console_of(
    qtbot: QtBot, qapp: QApplication, settings: Settings, folder: Path
) -> Iterator[Console]:
    """Run the program until all workers are at work, and tidy it up afterwards."""
    with Logs(settings.logs, folder, terminal=False) as logs:
        made = Console(qapp, Launch(settings, start_all=True), logs)
        made.show()
        try:
            qtbot.waitUntil(lambda: is_alive(made), timeout=START_MS)
            yield made
        finally:
            made.quit()
            close_console(made)


def is_alive(console: Console) -> bool:
    controller = console.context.controller
    states = {controller.status(name).state for name in WorkerName}
    return states == {WorkerState.RUNNING} and counter(console, AGGREGATOR, "in") > 0


def counter(console: Console, worker: WorkerName, name: str) -> float:
    return console.context.hub.workers[worker].snapshot().counters.get(name, 0)


def end_session(qapp: QApplication, console: Console) -> SessionState:
    """Tell what Qt tells at the end of a session; return how the pipeline is right after.

    The process may be gone then.
    """
    after: list[SessionState] = []

    def tell() -> None:
        qapp.commitDataRequest.emit(qapp.findChild(QSessionManager))
        after.append(console.context.controller.session_state)

    QTimer.singleShot(0, tell)
    assert qapp.exec() == 0
    return after[0]


def test_all_is_read_and_stopped_before_the_session_goes_on(
    qapp: QApplication, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.app.SESSION_HURRY_MS", 50_000)
    controller = console.context.controller
    stopped: list[WorkerName] = []

    def note(change: StateChange) -> None:
        if change.new is WorkerState.STOPPED:
            stopped.append(change.worker)

    controller.state_changed.connect(note)
    assert end_session(qapp, console) is SessionState.CLOSED
    assert stopped == list(reversed(START_ORDER))
    assert counter(console, GENERATOR, "in") >= counter(console, DETECTION, "out") > 0
    assert counter(console, SCHEDULER, "in") >= counter(console, GENERATOR, "out") > 0
    assert counter(console, AGGREGATOR, "in") >= counter(console, SCHEDULER, "out") > 0


def test_short_of_time_all_stop_without_what_is_unread(
    qapp: QApplication, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.app.SESSION_HURRY_MS", 0)
    controller = console.context.controller
    assert end_session(qapp, console) is SessionState.CLOSED
    assert {controller.status(name).state for name in WorkerName} == {WorkerState.STOPPED}


class Windows:
    """What the program tells Windows, in order; what has stopped by then."""

    def __init__(self, console: Console, *, takes_reasons: bool = True) -> None:
        self.console = console
        self.takes_reasons = takes_reasons
        self.told: list[tuple[str, str, bool]] = []

    def _note(self, what: str, window: ctypes.c_void_p, reason: str = "") -> None:
        assert window.value == int(self.console.window.winId())
        state = self.console.context.controller.session_state
        self.told.append((what, reason, state is SessionState.CLOSED))

    def ShutdownBlockReasonCreate(  # noqa: N802 - Windows calls it so
        self, window: ctypes.c_void_p, reason: ctypes.c_wchar_p
    ) -> int:
        self._note("wait", window, reason.value or "")
        return int(self.takes_reasons)

    def ShutdownBlockReasonDestroy(  # noqa: N802
        self, window: ctypes.c_void_p
    ) -> int:
        self._note("go on", window)
        return 1


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_windows_is_told_why_it_waits_until_all_is_stopped(
    qapp: QApplication, console: Console, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr("console.app.SESSION_HURRY_MS", 0)
    monkeypatch.setattr("console.app.SESSION_HELD_MS", 60_000)
    # It takes reasons, so the time of those without one does not hold.
    monkeypatch.setattr("console.app.SESSION_END_MS", 0)
    windows = Windows(console)
    monkeypatch.setattr("console.session_end.user32", lambda: windows)
    i18n.install(language)
    try:
        assert end_session(qapp, console) is SessionState.CLOSED
    finally:
        i18n.install("en")
    wait, go_on = windows.told
    reason = {
        "en": "The workers finish what is under way, so that nothing is lost.",
        "zh_CN": "处理单元正在完成手头的工作，以免丢失数据。",
    }[language]
    assert wait == ("wait", reason, False)
    assert go_on == ("go on", "", True)


def test_where_windows_takes_no_reason_the_short_time_holds(
    qapp: QApplication, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.app.SESSION_HELD_MS", 0)
    monkeypatch.setattr("console.app.SESSION_HURRY_MS", 0)
    windows = Windows(console, takes_reasons=False)
    monkeypatch.setattr("console.session_end.user32", lambda: windows)
    assert end_session(qapp, console) is SessionState.CLOSED
    assert [what for what, *_ in windows.told] == ["wait"]


def test_what_is_under_way_at_the_end_is_read_after_the_next_start(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.app.SESSION_END_MS", 60_000)
    monkeypatch.setattr("console.app.SESSION_HURRY_MS", 0)
    keep_in_files()
    with contextlib.closing(EmbeddedBroker(KafkaSettings())) as broker:
        # The broker is of another process, as it were: it outlives the session.
        kafka = cluster_settings(broker.bootstrap_servers, embedded=True)
        store = AggregatorSettings(database=tmp_path / "alarms.db")
        settings = demo_settings().model_copy(update={"kafka": kafka, "aggregator": store})
        access = KafkaAccess(kafka, None)
        access.ensure_topics()
        sent: list[str] = []
        over = threading.Event()

        def feed_chunk() -> None:
            chunk = [
                detection(f"waiting-{number}", f"cam-{number % 8}", evidence=None)
                for number in range(len(sent), len(sent) + CHUNK)
            ]
            feed_detections(access, chunk)
            sent.extend(message.request_id for message in chunk)

        def feed() -> None:
            while not over.wait(0.02):
                feed_chunk()

        feeding = threading.Thread(target=feed)
        with console_of(qtbot, qapp, settings, tmp_path) as console:
            feeding.start()
            try:
                qtbot.waitUntil(lambda: counter(console, SCHEDULER, "in") > 0, timeout=WAIT_MS)
                assert end_session(qapp, console) is SessionState.CLOSED
            finally:
                over.set()
                feeding.join()
        feed_chunk()  # nobody reads it now, however quick the machine is
        wanted = {task_id(request_id, 0) for request_id in sent}
        topic = kafka.topics.risk_assessment_results
        done: set[str] = set()
        with contextlib.closing(access.consumer("reader", [topic], telemetry())) as reader:

            def is_all(taken: list[Delivery]) -> bool:
                done.update(decode(one.value, RiskAssessmentResult).message_id for one in taken)
                return wanted <= done

            with PipelineSession(settings) as session:
                runner = WorkerRunner(session, CONSUMING)
                assert runner.start()
                take_all(reader, is_all, timeout_s=60)
                for name in reversed(CONSUMING):
                    assert runner.stop_one(name)


class HangingCamera:
    """An MJPEG camera on 127.0.0.1 that stands still, its connection open, when it is told to.

    Attributes:
        sent: how many pictures went out.
    """

    def __init__(self) -> None:
        self._hang, self._closing = hang, closing = threading.Event(), threading.Event()
        _, jpeg = cv2.imencode(".jpg", np.full((120, 160, 3), 90, np.uint8))
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        self.sent, camera = 0, self
        part = head.encode() + jpeg.tobytes() + b"\r\n"

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                with contextlib.suppress(OSError):
                    while not hang.wait(0.05):
                        self.wfile.write(part)
                        camera.sent += 1
                closing.wait()

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/video.mjpg"

    def hang(self) -> None:
        self._hang.set()

    def close(self) -> None:
        self._hang.set()
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.mark.parametrize("takes_reasons", [False, True])
def test_a_dead_broker_and_a_hung_camera_do_not_hold_it_up_longer(
    qtbot: QtBot,
    qapp: QApplication,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expect_log: ExpectLog,
    *,
    takes_reasons: bool,
) -> None:
    expect_log("camera gate does not answer; its thread is left behind")
    expect_log("^WARNING", maybe=True)
    expect_log("^ERROR .* could not be delivered before the stop", maybe=True)
    keep_in_files()
    broker = EmbeddedBroker(KafkaSettings())
    kafka = cluster_settings(broker.bootstrap_servers, embedded=True)
    KafkaAccess(kafka, None).ensure_topics()
    store = AggregatorSettings(database=tmp_path / "alarms.db")
    demo = demo_settings()
    with contextlib.closing(HangingCamera()) as camera:
        gate = CameraSettings(id="gate", name="Gate", source=camera.address)
        changes = {"kafka": kafka, "aggregator": store, "cameras": (*demo.cameras, gate)}
        with console_of(qtbot, qapp, demo.model_copy(update=changes), tmp_path) as console:
            qtbot.waitUntil(lambda: camera.sent > 40, timeout=WAIT_MS)
            windows = Windows(console, takes_reasons=takes_reasons)
            monkeypatch.setattr("console.session_end.user32", lambda: windows)
            camera.hang()
            broker.close()
            took_s: list[float] = []

            def tell() -> None:
                began_s = time.monotonic()
                qapp.commitDataRequest.emit(qapp.findChild(QSessionManager))
                took_s.append(time.monotonic() - began_s)
                qapp.exit()

            QTimer.singleShot(0, tell)
            qapp.exec()
            most_s = (SESSION_HELD_MS if takes_reasons else SESSION_END_MS) / 1000
            assert took_s[0] < most_s + 0.9
            expected = ["wait", "go on"] if takes_reasons else ["wait"]
            assert [what for what, *_ in windows.told] == expected
            # Where Windows waits, the time is enough even for this.
            state = console.context.controller.session_state
            assert state is SessionState.CLOSED or not takes_reasons


def test_it_is_done_within_the_time_that_windows_gives() -> None:
    assert SESSION_HURRY_MS < SESSION_END_MS < 5000
