"""Made-up messages for benchmarks: a frame with one group that is due, and a verdict about one."""

from __future__ import annotations

import random

from pipeline.messages import (
    DetectedObject,
    DetectionResult,
    GroupMetadata,
    ObjectPair,
    ResultMetadata,
    RiskAssessment,
    RiskAssessmentResult,
    TrafficGroup,
    new_request_id,
    task_id,
    utc_now,
)
from pipeline.picture import Picture

OBJECTS = 8
_BOX = (300.0, 200.0, 760.0, 620.0)


def evidence(size: int) -> Picture:
    """Return a picture of `size` bytes that compress as little as a JPEG does; always the same."""
    return Picture.of(random.Random(1).randbytes(size))


def detection(camera: str, picture: Picture) -> DetectionResult:
    """Return a frame with `OBJECTS` objects and one group that asks for an assessment."""
    return DetectionResult(
        request_id=new_request_id(),
        camera_id=camera,
        timestamp=utc_now(),
        image_width=1280,
        image_height=720,
        detected_objects=tuple(
            DetectedObject(
                object_class="person" if number % 2 else "car",
                confidence=0.8,
                bbox=(300.0 + 20 * number, 250.0, 380.0 + 20 * number, 420.5),
                track_id=number,
                velocity=(60.25, -3.5),
            )
            for number in range(OBJECTS)
        ),
        traffic_groups=(
            TrafficGroup(
                group_index=0,
                object_count=OBJECTS,
                bbox=_BOX,
                classes=("car", "person"),
                average_confidence=0.8,
                object_indices=tuple(range(OBJECTS)),
                metadata=GroupMetadata(
                    crowding=0.4,
                    mean_speed=0.15,
                    pairs=(
                        ObjectPair(
                            vehicle_index=0, person_index=1, distance=0.4, closing_speed=0.3
                        ),
                    ),
                ),
                reason="interval",
                group_image_base64=picture,
            ),
        ),
    )


def verdict(camera: str, picture: Picture, *, risky: bool) -> RiskAssessmentResult:
    """Return a verdict about the only group of a frame; a risky one carries the evidence."""
    request = new_request_id()
    task = task_id(request, 0)
    outcome = RiskAssessment(
        risk_level="low" if risky else "none",
        confidence=0.9,
        risk_types=("vehicle-pedestrian-conflict",) if risky else (),
        description="person 4 within 0.6 heights of car 2" if risky else "nothing near",
        danger_object_count=2 if risky else 0,
        trigger_object_ids=(2, 4) if risky else (),
    )
    return RiskAssessmentResult(
        message_id=task,
        request_id=request,
        camera_id=camera,
        timestamp=utc_now(),
        group_index=0,
        group_count=1,
        group_bbox=_BOX,
        results=(outcome,),
        metadata=ResultMetadata(assessor="rules", llm_latency=1.5, llm_model="rules-1"),
        group_image_base64=picture if risky else None,
    )
