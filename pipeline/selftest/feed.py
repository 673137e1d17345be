"""Feeds made-up but well-formed detection results, for testing the consuming stages alone."""

from __future__ import annotations

import threading
import time

import cv2
import numpy as np

from pipeline.kafka import KafkaAccess
from pipeline.messages import (
    DetectedObject,
    DetectionResult,
    GroupMetadata,
    ObjectPair,
    TrafficGroup,
    encode,
    new_request_id,
    utc_now,
)
from pipeline.picture import Picture
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry

RATE_PER_S = 50.0
CAMERAS = 4
_SIZE = (1280, 720)
_GROUP_BOX = (300.0, 200.0, 760.0, 620.0)


def feed_detections(kafka: KafkaAccess, duration_s: float, stop: threading.Event) -> int:
    """Send detection results at `RATE_PER_S` for `duration_s`; return how many were acknowledged.

    A car draws nearer to a person and away again, so that rules fire at times.

    Raises:
        KafkaUnavailableError: the broker did not take them.
    """
    # Its own telemetry: what is fed in must not count as the detection worker's work.
    telemetry = WorkerTelemetry(WorkerName.DETECTION)
    producer = kafka.producer(telemetry)
    topic = kafka.settings.topics.detection_results
    evidence = _evidence()
    began_s = time.monotonic()
    number = 0
    acknowledged = 0
    lock = threading.Lock()

    def on_delivered() -> None:
        nonlocal acknowledged
        with lock:
            acknowledged += 1

    try:
        while time.monotonic() - began_s < duration_s and not stop.is_set():
            camera = f"fed-{number % CAMERAS + 1}"
            if producer.wait_for_room(topic, camera, stop):
                message = _detection(camera, number, evidence)
                producer.send(topic, camera, encode(message), on_delivered)
                number += 1
            stop.wait(max(0.0, began_s + number / RATE_PER_S - time.monotonic()))
    finally:
        producer.close()
    return acknowledged


def _evidence() -> bytes:
    picture = np.full((240, 320, 3), 96, dtype=np.uint8)
    cv2.putText(picture, "self-test", (60, 130), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255, 255, 255), 2)
    return bytes(cv2.imencode(".jpg", picture)[1])


def _detection(camera: str, number: int, evidence: bytes) -> DetectionResult:
    gap = abs(number // CAMERAS % 40 - 20) / 20  # 1 .. 0 .. 1 person heights
    approaching = number // CAMERAS % 40 < 20
    width, height = _SIZE
    return DetectionResult(
        request_id=new_request_id(),
        camera_id=camera,
        timestamp=utc_now(),
        image_width=width,
        image_height=height,
        detected_objects=(
            DetectedObject(
                object_class="car",
                confidence=0.87,
                bbox=(300.0, 250.0, 560.0, 520.0),
                track_id=1,
                velocity=(60.0, 0.0),
            ),
            DetectedObject(
                object_class="person",
                confidence=0.81,
                bbox=(560.0 + 200.0 * gap, 320.0, 640.0 + 200.0 * gap, 520.0),
                track_id=2,
                velocity=(0.0, 0.0),
            ),
        ),
        traffic_groups=(
            TrafficGroup(
                group_index=0,
                object_count=2,
                bbox=_GROUP_BOX,
                classes=("car", "person"),
                average_confidence=0.84,
                object_indices=(0, 1),
                metadata=GroupMetadata(
                    crowding=0.4,
                    mean_speed=0.15,
                    pairs=(
                        ObjectPair(
                            vehicle_index=0,
                            person_index=1,
                            distance=gap,
                            closing_speed=0.3 if approaching else -0.3,
                        ),
                    ),
                ),
                reason="interval",
                group_image_base64=Picture.of(evidence),
            ),
        ),
    )
