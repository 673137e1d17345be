"""The detection worker on the demo clip, against the embedded broker."""

from __future__ import annotations

import gc
import weakref
from collections import defaultdict
from datetime import time as clock_time
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.kafka import KafkaAccess
from pipeline.kafka.producer import ReliableProducer
from pipeline.messages import DetectionResult
from pipeline.settings import demo_settings
from pipeline.settings_cameras import CameraSettings
from pipeline.telemetry import WorkerTelemetry
from tests.support.detection_worker import Start, published, settings_for, wait_until

pytestmark = pytest.mark.integration


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
