"""Frames go through preparing and inferring side by side, fairly, and none is lost at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from pipeline.detection.frames import CapturedFrame, FrameInbox
from pipeline.detection.inference_line import Found, InferenceLine
from pipeline.detection.models import BUNDLED_MODEL, Detector, DetectorOptions, load_detector
from pipeline.detection.models.detector import Inferred, Prepared
from pipeline.messages import utc_now
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry

WAIT_S = 20.0
CAMERAS = ("a", "b")


class Watched:
    """The bundled detector, whose runs can be held up."""

    def __init__(self) -> None:
        self.real = load_detector(
            BUNDLED_MODEL, DetectorOptions(input_size=(64, 64)), providers=("cpu",)
        )
        self.go = threading.Event()
        self.go.set()
        self.running = threading.Event()
        self.prepared = 0
        self.failure: Exception | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    def prepare(self, frame: np.ndarray) -> Prepared:
        self.prepared += 1
        return self.real.prepare(frame)

    def infer(self, prepared: Sequence[Prepared]) -> list[Inferred]:
        self.running.set()
        assert self.go.wait(WAIT_S)
        if self.failure is not None:
            raise self.failure
        return self.real.infer(prepared)


def frame(camera: str, number: int) -> CapturedFrame:
    picture = np.full((48, 64, 3), 90, np.uint8)
    return CapturedFrame(camera, picture, float(number), utc_now(), float(number), scene=1)


class Rig:
    def __init__(self) -> None:
        self.watched = Watched()
        self.inbox = FrameInbox(CAMERAS)
        self.telemetry = WorkerTelemetry(WorkerName.DETECTION)
        self.refused: set[str] = set()
        detector: Detector = self.watched  # type: ignore[assignment]
        self.line = InferenceLine(detector, self.inbox, self.admits, self.telemetry)
        self.line.start()

    def admits(self, given: CapturedFrame) -> bool:
        return given.camera_id not in self.refused

    def take(self) -> Found:
        found = self.line.take(WAIT_S)
        assert found is not None
        return found


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.watched.go.set()
    made.line.abandon()


def wait_until(condition: Callable[[], object]) -> None:
    poll = threading.Event()
    for _ in range(int(WAIT_S / 0.01)):
        if condition():
            return
        poll.wait(0.01)
    pytest.fail("did not happen")


def test_a_frame_comes_out_with_what_the_model_gives_for_it(rig: Rig) -> None:
    given = frame("a", 1)
    rig.inbox.offer(given)
    found = rig.take()
    assert found.frame is given
    assert len(rig.watched.real.finish(found.inferred)) == 0
    gauges = rig.telemetry.snapshot().gauges
    assert gauges["infer_ms"] > 0
    assert gauges["prepare_ms"] > 0


def test_the_next_frame_is_prepared_while_the_model_runs_and_no_more(rig: Rig) -> None:
    rig.watched.go.clear()
    rig.inbox.offer(frame("a", 1))
    assert rig.watched.running.wait(WAIT_S)
    rig.inbox.offer(frame("b", 1))
    wait_until(lambda: rig.watched.prepared == 2)
    # What comes now waits in the inbox, where a newer frame replaces it.
    rig.inbox.offer(frame("a", 2))
    assert rig.inbox.offer(frame("a", 3))
    assert rig.line.stuck_s() > 0
    rig.watched.go.set()
    taken = [rig.take().frame for _ in range(3)]
    assert [(one.camera_id, one.captured_s) for one in taken] == [("a", 1), ("b", 1), ("a", 3)]


def test_what_is_not_admitted_costs_nothing(rig: Rig) -> None:
    rig.refused.add("a")
    rig.inbox.offer(frame("a", 1))
    rig.inbox.offer(frame("b", 1))
    assert rig.take().frame.camera_id == "b"
    assert rig.watched.prepared == 1


def test_a_model_that_runs_no_more_is_not_busy(rig: Rig) -> None:
    rig.telemetry.gauge("model_busy", 0.8)
    list(rig.line.stop())
    assert rig.telemetry.snapshot().gauges["model_busy"] == 0


def test_a_run_that_has_begun_is_finished_at_the_stop_and_the_rest_is_counted(rig: Rig) -> None:
    rig.watched.go.clear()
    rig.inbox.offer(frame("a", 1))
    assert rig.watched.running.wait(WAIT_S)
    rig.inbox.offer(frame("b", 1))
    wait_until(lambda: rig.watched.prepared == 2)
    threading.Timer(0.05, rig.watched.go.set).start()
    assert [found.frame.camera_id for found in rig.line.stop()] == ["a"]
    assert rig.telemetry.snapshot().counters == {"frames_dropped": 1}


def test_a_model_that_fails_fails_who_takes(rig: Rig) -> None:
    rig.watched.failure = OSError("the driver is gone")
    rig.inbox.offer(frame("a", 1))

    def take_on() -> None:
        while True:
            rig.line.take(0.05)

    with pytest.raises(OSError, match="driver is gone"):
        take_on()
