"""The contracts of every topic: what a message holds, and how it becomes bytes and back.

JSON, UTF-8, camelCase fields, RFC 3339 UTC timestamps; the Kafka key is the camera id, which keeps
one camera's messages in order. Unknown fields are ignored, missing or wrong ones raise
`MessageError`, whose text goes into the dead-letter headers. Binary fields travel as base64.

All boxes are ``[x1, y1, x2, y2]`` in pixels of the full camera frame.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from pipeline.contract_problems import contract_problem, moment_problem, syntax_problem
from pipeline.picture import Picture
from pipeline.texts import Text
from pipeline.wording import Wording

SCHEMA_VERSION: Final = 1

RiskLevel = Literal["none", "low", "medium", "high"]
RISK_LEVELS: Final[tuple[RiskLevel, ...]] = ("none", "low", "medium", "high")
"""Risk levels from harmless to worst; the index is the order."""

VerdictLevel = Literal["none", "not_assessed", "low", "medium", "high"]
VERDICT_LEVELS: Final[tuple[VerdictLevel, ...]] = ("none", "not_assessed", "low", "medium", "high")
"""What is known of a group or a request, in the order in which it counts for the whole: harmless is
said only where all of it was assessed; a risk that was found is not hidden by what was not."""

ErrorKind = Literal["failed", "invalid-answer", "expired"]

MAX_INTEGER: Final = 2**53 - 1
"""Largest whole number that every JSON reader, SQLite and our own encoder take."""

MAX_NAME_LENGTH: Final = 200

Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
Reference = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
Unit = Annotated[float, Meta(ge=0.0, le=1.0)]
Count = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
Size = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
TrackId = Annotated[int, Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Box = tuple[float, float, float, float]
Timestamp = Annotated[datetime, Meta(tz=True)]

EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""A frame's time lies between these. At the very ends of the calendar the time of another zone does
not exist, and clocks that were never set tell such times, as does the zero of other languages."""


class MessageError(ValueError):
    """A message that does not keep its contract; the text says which field and why."""


class DetectedObject(Struct, rename="camel", frozen=True, kw_only=True):
    """One object in one frame.

    Attributes:
        object_class: class name, such as ``car`` (``class`` in JSON).
        confidence: detector's confidence, 0..1.
        bbox: box in frame pixels.
        track_id: stable number of the object over frames; None until it is confirmed.
        velocity: image velocity ``(vx, vy)`` in pixels per second; None until known.
        ground_position: where it stands on the road, metres right and ahead of the origin that the
            camera's settings chose; None where the ground is not known, or beyond the horizon.
        ground_velocity: metres per second in the same directions; None until known.
    """

    object_class: Name = msgspec.field(name="class")
    confidence: Unit
    bbox: Box
    track_id: TrackId | None = None
    velocity: tuple[float, float] | None = None
    ground_position: tuple[float, float] | None = None
    ground_velocity: tuple[float, float] | None = None


class ObjectPair(Struct, rename="camel", frozen=True, kw_only=True):
    """How a vehicle and a vulnerable road user (pedestrian, cyclist) of one group move.

    Attributes:
        vehicle_index, person_index: positions in the message's `detected_objects`.
        distance: gap between the nearest edges of their boxes, in heights of the person's box
            (a person is about 1.7 m, so 1.0 is about 1.7 m across the picture); 0 if they touch.
        closing_speed: how fast the gap shrinks, person heights per second; negative when opening.
        distance_metres, closing_metres_per_s: the same measured on the road; None where the
            camera's ground is not known. The figures in person heights then come from them.
    """

    vehicle_index: Count
    person_index: Count
    distance: Annotated[float, Meta(ge=0.0)]
    closing_speed: float
    distance_metres: Annotated[float, Meta(ge=0.0)] | None = None
    closing_metres_per_s: float | None = None


class GroupMetadata(Struct, rename="camel", frozen=True, kw_only=True):
    """Geometry and motion of one traffic group, for the assessor.

    Attributes:
        crowding: objects per group area, where the area is counted in mean object boxes;
            1.0 is shoulder to shoulder.
        mean_speed: mean speed of the group's tracked objects, in mean box heights per second.
        pairs: the nearest vehicle-person pairs, nearest first.
        stationary_vehicles: vehicles of the group that do not move.
        mean_metres_per_s: mean speed on the road; None where the camera's ground is not known.
    """

    crowding: Annotated[float, Meta(ge=0.0)] = 0.0
    mean_speed: Annotated[float, Meta(ge=0.0)] = 0.0
    pairs: tuple[ObjectPair, ...] = ()
    stationary_vehicles: Count = 0
    mean_metres_per_s: Annotated[float, Meta(ge=0.0)] | None = None


class TrafficGroup(Struct, rename="camel", frozen=True, kw_only=True):
    """Objects near each other that are assessed together.

    Attributes:
        group_index: number of the group, stable while its members stay together.
        object_count, classes, average_confidence: of its members (classes in alphabetical order).
        bbox: box round all members, frame pixels.
        object_indices: positions of its members in the message's `detected_objects`.
        metadata: geometry and motion.
        reason: why an assessment is due now (``new``, ``changed``, ``interval``);
            None when none is due.
        group_image_base64: evidence JPEG of the group (at most 60 KB by default), present only
            when an assessment is due.
        group_image_ref: instead of it, where a shared store keeps it.
    """

    group_index: Count
    object_count: Size
    bbox: Box
    classes: tuple[str, ...]
    average_confidence: Unit
    object_indices: tuple[Count, ...]
    metadata: GroupMetadata = GroupMetadata()
    reason: Literal["new", "changed", "interval"] | None = None
    group_image_base64: Picture | None = None
    group_image_ref: Reference | None = None


class LineCount(Struct, rename="camel", frozen=True, kw_only=True):
    """Objects of one class that crossed a counting line since the camera's message before.

    Attributes:
        line: name of the line in the camera's settings.
        direction: ``in`` comes over from the left, looking from the line's first point to its
            second; ``out`` from the right.
        object_class: class name (``class`` in JSON).
        count: how many crossed; sums over messages are totals, as long as a repeated `request_id`
            counts once.
    """

    line: Name
    direction: Literal["in", "out"]
    object_class: Name = msgspec.field(name="class")
    count: Size


class ZoneCount(Struct, rename="camel", frozen=True, kw_only=True):
    """Objects of one class in a counting zone.

    Attributes:
        zone: name of the zone in the camera's settings.
        object_class: class name (``class`` in JSON).
        present: how many stand in it in this frame.
        entered: how many came in since the camera's message before; adds up as
            `LineCount.count` does.
    """

    zone: Name
    object_class: Name = msgspec.field(name="class")
    present: Count
    entered: Count


class DetectionResult(Struct, rename="camel", frozen=True, kw_only=True):
    """Topic ``detection-results``: what was found in one frame (one request).

    Attributes:
        line_counts, zone_counts: only lines and zones with something to tell; by name, direction
            and class.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    request_id: Name
    camera_id: Name
    timestamp: Timestamp
    image_width: Size
    image_height: Size
    detected_objects: tuple[DetectedObject, ...] = ()
    traffic_groups: tuple[TrafficGroup, ...] = ()
    line_counts: tuple[LineCount, ...] = ()
    zone_counts: tuple[ZoneCount, ...] = ()


class AssessmentTask(Struct, rename="camel", frozen=True, kw_only=True):
    """Topic ``assessment-tasks``: one group of one frame that wants a verdict.

    Attributes:
        task_id: made from request and group, so that a repeated request repeats the id.
        timestamp: when the frame was captured.
        group_count: how many tasks this request raised; the aggregator joins that many results.
        detected_objects: the group's members only, in the order of `group_metadata.pairs`'
            indices.
        group_image_base64, group_image_ref: the evidence, or where a shared store keeps it.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    task_id: Name
    request_id: Name
    camera_id: Name
    timestamp: Timestamp
    group_index: Count
    group_count: Size
    group_bbox: Box
    image_width: Size
    image_height: Size
    detected_objects: tuple[DetectedObject, ...]
    group_metadata: GroupMetadata
    group_image_base64: Picture | None = None
    group_image_ref: Reference | None = None


class RiskAssessment(Struct, rename="camel", frozen=True, kw_only=True):
    """One verdict about a group.

    Attributes:
        risk_types: what kind of danger, such as ``vehicle-pedestrian-conflict``.
        description: one or two sentences for the operator; says which rule fired with which
            numbers when rules assessed it.
        danger_object_count: how many objects are in danger or endanger.
        trigger_object_ids: track ids of the objects that led to the verdict.
    """

    risk_level: RiskLevel
    confidence: Unit
    risk_types: tuple[str, ...] = ()
    description: str = ""
    danger_object_count: Count = 0
    trigger_object_ids: tuple[TrackId, ...] = ()


class ResultMetadata(Struct, rename="camel", frozen=True, kw_only=True):
    """How a verdict came about.

    Attributes:
        assessor: ``rules`` or ``llm``.
        llm_latency: ms from taking the task to its verdict.
        llm_model: model name, or the version of the rules (such as ``rules-2``).
        api_key_id: the key's label, never the key; of the last request if there were several.
        retry_count: requests beyond the first.
        fallback_reason: why the rules judged in the model's place, in English; None where they did
            not.
        fallback_wording: what the reason is made of, for readers in another language; None where it
            is not known.
        prompt_version: of the prompt template; None for rules.
        input_tokens, output_tokens: of all requests, as the server counts them; None where it
            does not.
    """

    assessor: Literal["rules", "llm"]
    llm_latency: Annotated[float, Meta(ge=0.0)]
    llm_model: str
    api_key_id: str | None = None
    retry_count: Count = 0
    fallback_reason: str | None = None
    fallback_wording: Wording | None = None
    prompt_version: str | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None


class RiskAssessmentResult(Struct, rename="camel", frozen=True, kw_only=True):
    """Topic ``risk-assessment-results``: the outcome of one task.

    Attributes:
        message_id: equal to the task's id, so that a repeat is recognised downstream.
        timestamp: when the frame was captured.
        results: verdicts, worst first; empty only together with `error`.
        error: why the task could not be assessed; None on success.
        error_kind: ``failed`` (the assessor could not do it), ``invalid-answer`` (the model's
            answer is no verdict), ``expired`` (too old to matter, never assessed); None on
            success.
        raw_answer: beginning of an answer that is no verdict, free of secrets.
        group_image_base64, group_image_ref: the evidence, or where a shared store keeps it; handed
            on when the verdict is above ``none``.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    message_id: Name
    request_id: Name
    camera_id: Name
    timestamp: Timestamp
    group_index: Count
    group_count: Size
    group_bbox: Box
    results: tuple[RiskAssessment, ...]
    metadata: ResultMetadata
    error: str | None = None
    error_kind: ErrorKind | None = None
    raw_answer: str | None = None
    group_image_base64: Picture | None = None
    group_image_ref: Reference | None = None


class RiskAlert(Struct, rename="camel", frozen=True, kw_only=True):
    """Topic ``risk-alerts``: a situation became an alarm, or an alarm grew worse.

    Attributes:
        alarm_id: stays the same while one situation lasts (see the aggregator's cooldown).
        first_seen, last_seen: capture times of the first and newest frame of the situation.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    alarm_id: Name
    camera_id: Name
    request_id: Name
    group_index: Count
    risk_level: RiskLevel
    confidence: Unit
    risk_types: tuple[str, ...]
    description: str
    assessor: Literal["rules", "llm"]
    first_seen: Timestamp
    last_seen: Timestamp


MessageT = TypeVar("MessageT", bound=Struct)
Message = DetectionResult | AssessmentTask | RiskAssessmentResult | RiskAlert


def _plain(value: object) -> object:
    """Return what msgspec can write in place of what it does not know."""
    if isinstance(value, Picture):
        # Raw: its text has nothing to escape, so it is copied and not looked at again.
        return msgspec.Raw(b'"%b"' % value.base64)
    if isinstance(value, Text):
        return value.english
    raise NotImplementedError(f"{type(value).__name__} has no place in a message")


def _taken(kind: type, value: object) -> object:
    """Return what a field of a type of ours holds; msgspec adds where that is when it is wrong."""
    if kind is Picture and isinstance(value, str) and value.isascii():
        return Picture(value.encode())
    raise ValueError("Expected base64")


_encoder = msgspec.json.Encoder(enc_hook=_plain)
_decoders: dict[type[Struct], msgspec.json.Decoder[Struct]] = {
    kind: msgspec.json.Decoder(kind, dec_hook=_taken)
    for kind in (DetectionResult, AssessmentTask, RiskAssessmentResult, RiskAlert)
}


def encode(message: Message) -> bytes:
    """Return the message as UTF-8 JSON."""
    return _encoder.encode(message)


def decode(payload: bytes, kind: type[MessageT]) -> MessageT:
    """Return the message of `kind` that `payload` holds.

    Raises:
        MessageError: the payload is no JSON, or breaks the contract; the text names the field.
    """
    try:
        message = _decoders[kind].decode(payload)
    except msgspec.ValidationError as error:
        raise MessageError(contract_problem(kind.__name__, error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError(syntax_problem(kind.__name__, error)) from error
    assert isinstance(message, kind)
    moment = getattr(message, "timestamp", None)
    if moment is not None and not in_calendar(moment):
        raise MessageError(moment_problem(kind.__name__))
    return message


def in_calendar(moment: datetime) -> bool:
    """Return whether a frame may have that time."""
    return EARLIEST <= moment < LATEST


def worst_level(levels: Sequence[VerdictLevel]) -> VerdictLevel:
    """Return what counts for the whole; ``not_assessed`` for an empty list."""
    if len(levels) == 1:
        return levels[0]
    return max(levels, key=VERDICT_LEVELS.index, default="not_assessed")


def new_request_id() -> str:
    """Return a fresh id for one frame's way through the pipeline."""
    return uuid.uuid4().hex


def task_id(request_id: str, group_index: int) -> str:
    """Return the id of a group's task: the same whenever the same request is handled again."""
    return f"{request_id}-{group_index}"


def utc_now() -> datetime:
    """Return the time now, aware and in UTC."""
    return datetime.now(UTC)
