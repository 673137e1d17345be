"""The detection worker on the demo clip, against the embedded broker."""

from __future__ import annotations

import gc
import shutil
import threading
import time
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.detection import camera_report, pacing
from pipeline.detection.sources import DEMO_CLIP
from pipeline.detection.worker import DetectionWorker
from pipeline.evidence_store import EvidenceStore
from pipeline.kafka import KafkaAccess
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.kafka.producer import ReliableProducer
from pipeline.messages import DetectionResult, decode
from pipeline.power import PowerState
from pipeline.settings import DetectionSettings, Settings, demo_settings
from pipeline.settings_cameras import CameraSettings
from pipeline.settings_evidence import EvidenceSettings
from pipeline.states import WorkerName
from pipeline.telemetry import TelemetryHub, WorkerTelemetry
from pipeline.texts import verbatim
from pipeline.worker import WorkerContext, WorkerError
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration

WAIT_S = 30.0
QUICK = {"providers": ("cpu",), "input_size": (416, 256)}


def settings_for(cameras: tuple[CameraSettings, ...], **detection: object) -> Settings:
    return Settings(
        cameras=cameras, detection=DetectionSettings.model_validate({**QUICK, **detection})
    )


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline_s = time.monotonic() + WAIT_S
    poll = threading.Event()
    while not condition():
        assert time.monotonic() < deadline_s, f"did not happen: {what}"
        poll.wait(0.02)


class Running:
    """A worker in its thread, and what it published."""

    def __init__(self, settings: Settings, kafka: KafkaAccess) -> None:
        self.hub = TelemetryHub()
        self.telemetry = self.hub.workers[WorkerName.DETECTION]
        self.stop = threading.Event()
        self.ready = threading.Event()
        self.power = PowerState()
        self.error: Exception | None = None
        self._context = WorkerContext(
            settings=settings,
            kafka=kafka,
            stop=self.stop,
            telemetry=self.telemetry,
            hub=self.hub,
            ready=self.ready.set,
            power=self.power,
        )
        self._thread = threading.Thread(target=self._run, name="worker-under-test")
        self._thread.start()

    def _run(self) -> None:
        try:
            DetectionWorker().run(self._context)
        except WorkerError as error:
            self.error = error

    def counter(self, name: str) -> int:
        return self.telemetry.snapshot().counters.get(name, 0)

    def end(self) -> float:
        """Stop the worker; return how long that took, seconds."""
        began_s = time.monotonic()
        self.stop.set()
        self._thread.join(15)
        assert not self._thread.is_alive()
        return time.monotonic() - began_s


Start = Callable[[Settings], Running]


@pytest.fixture
def kafka() -> Iterator[KafkaAccess]:
    settings = demo_settings().kafka
    broker = EmbeddedBroker(settings)
    yield KafkaAccess(settings, broker)
    broker.close()


@pytest.fixture
def start(kafka: KafkaAccess) -> Iterator[Start]:
    workers: list[Running] = []

    def make(settings: Settings) -> Running:
        workers.append(Running(settings, kafka))
        return workers[-1]

    yield make
    for worker in workers:
        worker.end()


def published(kafka: KafkaAccess, count: int) -> list[DetectionResult]:
    """Return `count` messages of the topic, from its beginning."""
    topic = kafka.settings.topics.detection_results
    reader = kafka.consumer("reader", [topic], WorkerTelemetry(WorkerName.GENERATOR))
    messages: list[DetectionResult] = []
    deadline_s = time.monotonic() + WAIT_S
    while len(messages) < count and time.monotonic() < deadline_s:
        for delivery in reader.take(100):
            message = decode(delivery.value, DetectionResult)
            assert delivery.key == message.camera_id
            messages.append(message)
            delivery.done()
    reader.close()
    return messages


def test_what_a_stopped_worker_held_is_freed_at_once(start: Start, kafka: KafkaAccess) -> None:
    """The model is large and the Kafka client has threads: neither may wait for the collector."""
    made: list[weakref.ref[ReliableProducer]] = []
    produce = kafka.producer

    def watched(telemetry: WorkerTelemetry, **options: Any) -> ReliableProducer:
        producer = produce(telemetry, **options)
        made.append(weakref.ref(producer))
        return producer

    kafka.producer = watched  # type: ignore[method-assign,assignment]
    gc.collect()
    gc.disable()
    try:
        worker = start(settings_for(demo_settings().cameras[:1]))
        wait_until(lambda: worker.counter("frames_detected") >= 3, "3 frames")
        assert made[0]() is not None
        worker.end()
        assert made[0]() is None
    finally:
        gc.enable()


def test_four_cameras_are_detected_fairly_and_published_whole(
    start: Start, kafka: KafkaAccess
) -> None:
    demo = demo_settings()
    worker = start(settings_for(demo.cameras))
    wait_until(lambda: worker.counter("frames_detected") >= 80, "80 frames")
    assert worker.ready.is_set()
    assert worker.end() < 5
    assert worker.error is None
    out = worker.counter("out")
    assert out == worker.counter("frames_detected")
    messages = published(kafka, out)
    assert len(messages) == len({message.request_id for message in messages}) == out

    by_camera: dict[str, list[DetectionResult]] = defaultdict(list)
    for message in messages:
        by_camera[message.camera_id].append(message)
    assert set(by_camera) == {camera.id for camera in demo.cameras}
    assert min(map(len, by_camera.values())) > 0.7 * max(map(len, by_camera.values()))
    for own in by_camera.values():
        assert [m.timestamp for m in own] == sorted(m.timestamp for m in own)
        assert (own[0].image_width, own[0].image_height) == (536, 352)

    groups = [group for message in messages for group in message.traffic_groups]
    due = [group for group in groups if group.reason is not None]
    assert due
    assert {group.reason for group in due} >= {"new"}
    for group in groups:
        assert (group.group_image_base64 is not None) == (group.reason is not None)
    for group in due:
        assert group.group_image_base64 is not None
        payload = np.frombuffer(group.group_image_base64.jpeg, np.uint8)
        assert len(payload) <= 60_000
        assert cv2.imdecode(payload, cv2.IMREAD_COLOR) is not None
    tracked = {
        (message.camera_id, found.track_id)
        for message in messages
        for found in message.detected_objects
        if found.track_id is not None
    }
    assert len(tracked) > 8


def test_the_window_gets_boxes_and_figures(start: Start) -> None:
    demo = demo_settings()
    worker = start(settings_for(demo.cameras[:1]))
    view = worker.hub.camera("cam-1", "Market & 3rd")
    view.wanted_size = (400, 300)
    wait_until(lambda: view.frame and view.overlay and view.overlay.groups, "a group is drawn")
    assert view.state == "live"
    assert view.overlay is not None
    assert view.overlay.frame_size == (536, 352)
    assert {box.label for box in view.overlay.boxes} >= {"person"}
    wait_until(lambda: worker.telemetry.snapshot().gauges.get("cameras_live") == 1, "live camera")
    snapshot = worker.telemetry.snapshot()
    assert snapshot.labels["provider"] == "CPU · nanodet-g 416x256"
    assert snapshot.gauges["cameras_total"] == 1
    assert 1 < snapshot.gauges["infer_ms"] < 2000
    wait_until(lambda: worker.telemetry.snapshot().latency_ms, "a measured latency")
    worker.end()
    assert worker.hub.cameras["cam-1"].state == "stopped"


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
    assert time.monotonic() - began_s < 15 / 5 * 2
    assert worker.hub.cameras["dead"].state == "reconnecting"
    assert worker.end() < 3


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


def test_only_the_region_is_looked_at_and_lines_and_zones_are_counted(
    start: Start, kafka: KafkaAccess
) -> None:
    """The lower left of the street, with a line that its traffic crosses."""
    table = {
        "id": "street",
        "name": "Street",
        "source": "demo",
        "detections_per_second": 15,
        "region": [[0, 0.3], [0.6, 0.3], [0.6, 1], [0, 1]],
        "lines": [{"name": "Kerb", "points": [[0, 0.62], [0.6, 0.62]]}],
        "zones": [{"name": "Near", "points": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}],
    }
    worker = start(settings_for((CameraSettings.model_validate(table),)))
    view = worker.hub.camera("street", "Street")

    def has_counted() -> bool:
        totals = view.totals
        return totals is not None and sum(totals.lines["Kerb"]) >= 2

    wait_until(has_counted, "crossings of the line")
    worker.end()
    totals = view.totals
    assert totals is not None
    messages = published(kafka, worker.counter("frames_detected"))
    crossed = [count for message in messages for count in message.line_counts]
    for place, direction in enumerate(("in", "out")):
        told = sum(count.count for count in crossed if count.direction == direction)
        assert told == totals.lines["Kerb"][place]
    assert any(count.entered for message in messages for count in message.zone_counts)
    objects = [found for message in messages for found in message.detected_objects]
    assert len(objects) > 10
    for found in objects:
        assert (found.bbox[0] + found.bbox[2]) / 2 <= 0.6 * 536 + 0.1


def test_at_night_with_detection_off_pictures_are_shown_but_nothing_is_detected(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = [{"begin": "00:00", "end": "23:59:59", "detect": False}]
    camera = CameraSettings.model_validate(
        {"id": "a", "name": "A", "source": "demo", "schedule": schedule}
    )
    other = CameraSettings(id="b", name="B", source="demo")
    monkeypatch.setattr("pipeline.detection.timetable.local_time", lambda: clock_time(3))
    worker = start(settings_for((camera, other)))
    view = worker.hub.camera("a", "A")
    view.wanted_size = (100, 100)
    wait_until(lambda: worker.counter("frames_detected") >= 5, "the other camera is detected")
    assert view.frame is not None
    assert view.overlay is None
    assert view.detection_off_until == clock_time(23, 59, 59)


def test_pictures_go_into_the_shared_store_and_are_named_in_the_messages(
    start: Start, kafka: KafkaAccess, tmp_path: Path
) -> None:
    evidence = EvidenceSettings(store=tmp_path / "shared", hide="heads_and_plates")
    settings = settings_for(demo_settings().cameras[:1])
    worker = start(settings.model_copy(update={"evidence": evidence}))
    wait_until(lambda: list((tmp_path / "shared").rglob("*.jpg")), "a picture in the store")
    wait_until(lambda: worker.counter("out") >= 5, "results")
    worker.end()
    store = EvidenceStore(tmp_path / "shared")
    groups = [
        group
        for message in published(kafka, worker.counter("out"))
        for group in message.traffic_groups
        if group.reason is not None
    ]
    assert groups
    for group in groups:
        assert group.group_image_base64 is None
        jpeg = store.get(group.group_image_ref or "")
        assert jpeg is not None
        assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) is not None


def test_a_store_that_cannot_be_written_loses_no_picture(
    start: Start, kafka: KafkaAccess, tmp_path: Path, expect_log: ExpectLog
) -> None:
    expect_log("the evidence store cannot be written .*pictures go in the messages")
    (tmp_path / "file").write_text("in the way")
    settings = settings_for(demo_settings().cameras[:1])
    evidence = EvidenceSettings(store=tmp_path / "file")
    worker = start(settings.model_copy(update={"evidence": evidence}))
    wait_until(lambda: worker.telemetry.degraded, "the worker is degraded")
    assert worker.telemetry.degraded == "the evidence store cannot be written"
    worker.end()
    groups = [g for m in published(kafka, worker.counter("out")) for g in m.traffic_groups]
    assert any(group.group_image_base64 for group in groups)
    assert all(group.group_image_ref is None for group in groups)
