"""What stands in the worker's way: dead cameras, sleep, no room, wrong settings, a broker that dies."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.detection import camera_report, pacing
from pipeline.detection.sources import DEMO_CLIP
from pipeline.kafka.producer import ReliableProducer
from pipeline.settings import Settings, demo_settings
from pipeline.settings_cameras import CameraSettings
from pipeline.texts import verbatim
from pipeline.worker import WorkerError
from tests.support.detection_worker import Start, settings_for, wait_until
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration


def test_a_dead_camera_slows_no_other(
    start: Start, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    monkeypatch.setattr(pacing, "FIRST_DELAY_S", 0.05)
    monkeypatch.setattr(camera_report, "HOLD_OFF_S", 0.2)
    expect_log(r"camera dead lost for \d+ s: .*gone\.mp4 does not exist")
    dead = CameraSettings(id="dead", name="Old bridge", source="/nowhere/gone.mp4")
    worker = start(settings_for((dead, demo_settings().cameras[0])))
    wait_until(lambda: worker.telemetry.degraded, "the worker is degraded")
    assert worker.telemetry.degraded == (
        "Old bridge: /nowhere/gone.mp4 does not exist. Check the camera's source."
    )
    began_s, before = time.monotonic(), worker.counter("frames_detected")
    wait_until(lambda: worker.counter("frames_detected") >= before + 15, "frames of the other")
    # Were it held up by the camera that is away, each of its frames would take seconds.
    assert time.monotonic() - began_s < 15 / 5 * 4
    assert worker.hub.cameras["dead"].state == "reconnecting"
    assert worker.end() < 8


def test_a_camera_that_was_away_is_tried_as_soon_as_the_machine_wakes(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pacing, "FIRST_DELAY_S", 3600.0)
    monkeypatch.setattr(pacing, "MAX_DELAY_S", 3600.0)
    path = tmp_path / "gate.mp4"
    away = CameraSettings(id="gate", name="Gate", source=str(path))
    worker = start(settings_for((away,)))
    view = worker.hub.camera("gate", "Gate")
    wait_until(lambda: view.state == "reconnecting", "it is away")
    shutil.copy(DEMO_CLIP, path)
    worker.power.awoke()
    wait_until(lambda: view.state == "live", "it is back")
    wait_until(lambda: worker.counter("out") >= 1, "its results come")


def test_before_a_sleep_nothing_is_promised_and_after_it_the_work_goes_on(start: Start) -> None:
    worker = start(settings_for(demo_settings().cameras[:2]))
    wait_until(lambda: worker.counter("out") >= 3, "results")
    worker.power.going_to_sleep()
    skipped = worker.counter("frames_skipped")
    wait_until(lambda: worker.counter("frames_skipped") >= skipped + 3, "skipped frames")
    detected = worker.counter("frames_detected")
    wait_until(lambda: worker.counter("frames_skipped") >= skipped + 6, "more skipped frames")
    assert worker.counter("frames_detected") == detected
    worker.power.awoke()
    wait_until(lambda: worker.counter("frames_detected") >= detected + 3, "the work goes on")
    wait_until(
        lambda: worker.counter("out") >= worker.counter("frames_detected") - 2, "all is delivered"
    )


def test_without_room_frames_are_skipped_and_nothing_is_promised(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = threading.Event()
    real = ReliableProducer.room

    def room(self: ReliableProducer, topic: str, key: str) -> bool:
        return not full.is_set() and real(self, topic, key)

    monkeypatch.setattr(ReliableProducer, "room", room)
    worker = start(settings_for(demo_settings().cameras[:2]))
    wait_until(lambda: worker.counter("out") >= 3, "results")
    full.set()
    wait_until(lambda: worker.counter("frames_skipped") >= 3, "skipped frames")
    assert worker.telemetry.degraded is not None
    assert "no room" in worker.telemetry.degraded
    detected = worker.counter("frames_detected")
    wait_until(lambda: worker.counter("frames_skipped") >= 6, "more skipped frames")
    assert worker.counter("frames_detected") == detected
    full.clear()
    wait_until(lambda: worker.telemetry.degraded is None, "room again")
    wait_until(lambda: worker.counter("out") > detected, "results again")


def test_a_file_that_was_played_once_leaves_the_worker_waiting(
    start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "short.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for _ in range(5):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    once = CameraSettings(
        id="once", name="Once", source=str(path), loop=False, detections_per_second=60
    )
    worker = start(settings_for((once,)))
    wait_until(lambda: worker.counter("out") == 5, "all frames")
    wait_until(lambda: worker.hub.cameras["once"].state == "stopped", "the end")
    assert worker.telemetry.degraded is None
    assert worker.error is None


@pytest.mark.parametrize(
    ("settings", "complaint", "next_step"),
    [
        (Settings(), "No camera is enabled", "Cameras page"),
        (
            settings_for(demo_settings().cameras, model="/nowhere/model.onnx"),
            "model.onnx does not exist",
            "another model",
        ),
        (
            settings_for(demo_settings().cameras, classes=("cat", "trolleybus")),
            "no class `trolleybus`",
            "another model",
        ),
    ],
    ids=["no camera", "no model", "unknown class"],
)
def test_settings_that_cannot_work_fail_for_good(
    start: Start, settings: Settings, complaint: str, next_step: str
) -> None:
    worker = start(settings)
    wait_until(lambda: worker.error, "the failure")
    error = worker.error
    assert isinstance(error, WorkerError)
    assert complaint in str(error)
    assert next_step in error.next_step
    assert not error.retriable


def test_a_broker_that_dies_fails_the_worker_and_leaves_no_thread(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = start(settings_for(demo_settings().cameras[:1]))
    wait_until(lambda: worker.counter("out") >= 2, "results")

    def refuse(_producer: ReliableProducer) -> None:
        raise WorkerError(verbatim("the broker refuses this client"))

    monkeypatch.setattr(ReliableProducer, "check", refuse)
    wait_until(lambda: worker.error, "the failure")
    assert "refuses" in str(worker.error)
