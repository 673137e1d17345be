"""Messages for tests: plain ones made by hand, and hypothesis strategies for any valid one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.messages import (
    EARLIEST,
    LATEST,
    MAX_INTEGER,
    RISK_LEVELS,
    AssessmentTask,
    Box,
    DetectedObject,
    DetectionResult,
    GroupMetadata,
    LineCount,
    ObjectPair,
    ResultMetadata,
    RiskAlert,
    RiskAssessment,
    RiskAssessmentResult,
    RiskLevel,
    TrafficGroup,
    ZoneCount,
    task_id,
)
from pipeline.picture import Picture
from pipeline.wording import Wording

NOON: Final = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)
JPEG: Final = b"\xff\xd8\xff\xe0 a picture, as far as anybody here cares \xff\xd9"
CAR_BOX: Final = (100.0, 100.0, 300.0, 250.0)
PERSON_BOX: Final = (340.0, 120.0, 390.0, 240.0)
GROUP_BOX: Final = (100.0, 100.0, 390.0, 250.0)


def car(
    track_id: int | None = 7, *, velocity: tuple[float, float] | None = (60.0, 0.0)
) -> DetectedObject:
    return DetectedObject(
        object_class="car", confidence=0.9, bbox=CAR_BOX, track_id=track_id, velocity=velocity
    )


def person(track_id: int | None = 8, *, bbox: Box = PERSON_BOX) -> DetectedObject:
    return DetectedObject(
        object_class="person", confidence=0.8, bbox=bbox, track_id=track_id, velocity=(0.0, 0.0)
    )


def pair(distance: float = 0.2, closing_speed: float = 0.4) -> ObjectPair:
    """A pair of the objects 0 (vehicle) and 1 (person)."""
    return ObjectPair(
        vehicle_index=0, person_index=1, distance=distance, closing_speed=closing_speed
    )


def crossing(
    person_y: float, *, car_speed: float = 5.0, distance: float = 2.0, **of_car: str
) -> AssessmentTask:
    """A car and a person whose paths cross at a right angle on the road, measured in metres.

    The car is 5 m before the crossing, the person `person_y` m (negative: before it) at 1 m/s.
    """
    driver = replace(car(), ground_position=(-5.0, 0.0), ground_velocity=(car_speed, 0.0))
    walker = replace(person(), ground_position=(0.0, person_y), ground_velocity=(0.0, 1.0))
    return task(
        objects=(replace(driver, **of_car), walker),
        metadata=GroupMetadata(pairs=(pair(distance, 0.0),)),
    )


def _picture(jpeg: bytes | None) -> Picture | None:
    return None if jpeg is None else Picture.of(jpeg)


def detection(
    request_id: str = "request-1",
    camera_id: str = "cam-1",
    *,
    due: int = 1,
    idle: int = 0,
    timestamp: datetime = NOON,
    metadata: GroupMetadata | None = None,
    evidence: bytes | None = JPEG,
) -> DetectionResult:
    """A frame with a car and a person in `due` groups to assess and `idle` groups to leave."""
    groups = tuple(
        TrafficGroup(
            group_index=index,
            object_count=2,
            bbox=GROUP_BOX,
            classes=("car", "person"),
            average_confidence=0.85,
            object_indices=(0, 1),
            metadata=GroupMetadata(pairs=(pair(),)) if metadata is None else metadata,
            reason="new" if index < due else None,
            group_image_base64=_picture(evidence) if index < due else None,
        )
        for index in range(due + idle)
    )
    return DetectionResult(
        request_id=request_id,
        camera_id=camera_id,
        timestamp=timestamp,
        image_width=1280,
        image_height=720,
        detected_objects=(car(), person()),
        traffic_groups=groups,
    )


def task(
    request_id: str = "request-1",
    group_index: int = 0,
    camera_id: str = "cam-1",
    *,
    objects: tuple[DetectedObject, ...] | None = None,
    metadata: GroupMetadata | None = None,
) -> AssessmentTask:
    return AssessmentTask(
        task_id=task_id(request_id, group_index),
        request_id=request_id,
        camera_id=camera_id,
        timestamp=NOON,
        group_index=group_index,
        group_count=1,
        group_bbox=GROUP_BOX,
        image_width=1280,
        image_height=720,
        detected_objects=(car(), person()) if objects is None else objects,
        group_metadata=GroupMetadata(pairs=(pair(),)) if metadata is None else metadata,
        group_image_base64=Picture.of(JPEG),
    )


def result(
    request_id: str = "request-1",
    group_index: int = 0,
    camera_id: str = "cam-1",
    *,
    group_count: int = 1,
    level: RiskLevel = "none",
    kind: str = "vehicle-pedestrian-conflict",
    at_s: float = 0.0,
    bbox: Box = GROUP_BOX,
    timestamp: datetime | None = None,
    evidence: bytes | None = None,
    error: str | None = None,
) -> RiskAssessmentResult:
    """A verdict about a group; captured `at_s` seconds after noon."""
    verdict = RiskAssessment(
        risk_level=level,
        confidence=0.7,
        risk_types=() if level == "none" else (kind,),
        description=f"{level} because of the test",
    )
    return RiskAssessmentResult(
        message_id=task_id(request_id, group_index),
        request_id=request_id,
        camera_id=camera_id,
        timestamp=timestamp or NOON + timedelta(seconds=at_s),
        group_index=group_index,
        group_count=group_count,
        group_bbox=bbox,
        results=() if error else (verdict,),
        metadata=ResultMetadata(assessor="rules", llm_latency=0.1, llm_model="rules-1"),
        error=error,
        group_image_base64=_picture(evidence),
    )


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
numbers = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
units = st.floats(min_value=0, max_value=1)
counts = st.integers(0, MAX_INTEGER)
small_counts = st.integers(0, 5)
sizes = st.integers(1, MAX_INTEGER)
track_ids = st.integers(-MAX_INTEGER, MAX_INTEGER)
boxes = st.tuples(numbers, numbers, numbers, numbers)
levels = st.sampled_from(RISK_LEVELS)
pictures = st.none() | st.binary(max_size=50).map(Picture.of)
timestamps = st.datetimes(
    min_value=EARLIEST.replace(tzinfo=None),
    max_value=LATEST.replace(tzinfo=None) - timedelta.resolution,
    timezones=st.just(UTC),
)

detected_objects = st.builds(
    DetectedObject,
    object_class=names,
    confidence=units,
    bbox=boxes,
    track_id=st.none() | track_ids,
    velocity=st.none() | st.tuples(numbers, numbers),
)
pairs = st.builds(
    ObjectPair,
    vehicle_index=small_counts,
    person_index=small_counts,
    distance=positive,
    closing_speed=numbers,
)
metadatas = st.builds(
    GroupMetadata,
    crowding=positive,
    mean_speed=positive,
    pairs=st.lists(pairs, max_size=3).map(tuple),
    stationary_vehicles=counts,
)
groups = st.builds(
    TrafficGroup,
    group_index=counts,
    object_count=sizes,
    bbox=boxes,
    classes=st.lists(names, max_size=3).map(tuple),
    average_confidence=units,
    object_indices=st.lists(small_counts, max_size=4).map(tuple),
    metadata=metadatas,
    reason=st.sampled_from(["new", "changed", "interval", None]),
    group_image_base64=pictures,
)
line_counts = st.builds(
    LineCount,
    line=names,
    direction=st.sampled_from(("in", "out")),
    object_class=names,
    count=sizes,
)
zone_counts = st.builds(ZoneCount, zone=names, object_class=names, present=counts, entered=counts)
detections = st.builds(
    DetectionResult,
    request_id=names,
    camera_id=names,
    timestamp=timestamps,
    image_width=sizes,
    image_height=sizes,
    detected_objects=st.lists(detected_objects, max_size=5).map(tuple),
    traffic_groups=st.lists(groups, max_size=4).map(tuple),
    line_counts=st.lists(line_counts, max_size=3).map(tuple),
    zone_counts=st.lists(zone_counts, max_size=3).map(tuple),
)
tasks = st.builds(
    AssessmentTask,
    task_id=names,
    request_id=names,
    camera_id=names,
    timestamp=timestamps,
    group_index=counts,
    group_count=sizes,
    group_bbox=boxes,
    image_width=sizes,
    image_height=sizes,
    detected_objects=st.lists(detected_objects, max_size=5).map(tuple),
    group_metadata=metadatas,
    group_image_base64=pictures,
)
assessments = st.builds(
    RiskAssessment,
    risk_level=levels,
    confidence=units,
    risk_types=st.lists(texts, max_size=2).map(tuple),
    description=texts,
    danger_object_count=counts,
    trigger_object_ids=st.lists(track_ids, max_size=3).map(tuple),
)
wordings = st.none() | st.builds(
    Wording,
    text=texts,
    source=texts,
    values=st.dictionaries(names, texts | st.integers(-9, 9) | st.floats(0, 1), max_size=2),
)
result_metadatas = st.builds(
    ResultMetadata,
    assessor=st.sampled_from(["rules", "llm"]),
    llm_latency=positive,
    llm_model=texts,
    api_key_id=st.none() | texts,
    retry_count=counts,
    fallback_reason=st.none() | texts,
    fallback_wording=wordings,
    prompt_version=st.none() | texts,
    input_tokens=st.none() | counts,
    output_tokens=st.none() | counts,
)
results = st.builds(
    RiskAssessmentResult,
    message_id=names,
    request_id=names,
    camera_id=names,
    timestamp=timestamps,
    group_index=counts,
    group_count=sizes,
    group_bbox=boxes,
    results=st.lists(assessments, max_size=3).map(tuple),
    metadata=result_metadatas,
    error=st.none() | texts,
    error_kind=st.sampled_from([None, "failed", "invalid-answer", "expired"]),
    raw_answer=st.none() | texts,
    group_image_base64=pictures,
)
alerts = st.builds(
    RiskAlert,
    alarm_id=names,
    camera_id=names,
    request_id=names,
    group_index=counts,
    risk_level=levels,
    confidence=units,
    risk_types=st.lists(texts, max_size=2).map(tuple),
    description=texts,
    assessor=st.sampled_from(["rules", "llm"]),
    first_seen=timestamps,
    last_seen=timestamps,
)
