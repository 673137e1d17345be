"""What the aggregator reads of a detection result: which verdicts to expect, and what about."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec
from msgspec import Struct

from pipeline.messages import (
    MAX_INTEGER,
    Box,
    Count,
    DetectedObject,
    GroupMetadata,
    LineCount,
    Name,
    Size,
    Timestamp,
    Unit,
    ZoneCount,
    in_calendar,
)


class _DueGroup(Struct, rename="camel", frozen=True):
    group_index: Count
    reason: str | None = None


class _Outline(Struct, rename="camel", frozen=True):
    """Most results ask for nothing; this much of them is read quickly."""

    request_id: Name
    camera_id: Name
    timestamp: Timestamp
    traffic_groups: tuple[_DueGroup, ...] = ()
    line_counts: tuple[LineCount, ...] = ()
    zone_counts: tuple[ZoneCount, ...] = ()


class _Group(Struct, rename="camel", frozen=True, kw_only=True):
    """A `TrafficGroup` without its picture."""

    group_index: Count
    object_count: Size
    bbox: Box
    classes: tuple[str, ...]
    average_confidence: Unit
    object_indices: tuple[Count, ...]
    metadata: GroupMetadata = GroupMetadata()
    reason: Literal["new", "changed", "interval"] | None = None


class _Detection(Struct, rename="camel", frozen=True, kw_only=True):
    """A `DetectionResult` without pictures, encoded so that it is read as one again."""

    schema_version: Literal[1] = 1
    request_id: Name
    camera_id: Name
    timestamp: Timestamp
    image_width: Size
    image_height: Size
    detected_objects: tuple[DetectedObject, ...] = ()
    traffic_groups: tuple[_Group, ...] = ()


class Announced(Struct, frozen=True):
    """A frame that asks for verdicts.

    Attributes:
        groups: numbers of the groups that are to be assessed.
        facts: the detection result as JSON, without its pictures: what an assessor was told.
    """

    request_id: str
    camera_id: str
    timestamp: Timestamp
    groups: frozenset[int]
    facts: bytes


class Counted(Struct, frozen=True):
    """What a frame adds to the daily counters of its camera, once however often it is read.

    Attributes:
        amounts: by counter, such as ``line:gate:in:car`` or ``zone:crossing:entered:person``.
    """

    request_id: str
    camera_id: str
    timestamp: Timestamp
    amounts: dict[str, int]


class Seen(Struct, frozen=True):
    """What a detection result means here: nothing, in most cases."""

    announced: Announced | None = None
    counted: Counted | None = None


_NOTHING = Seen()
_outline_decoder = msgspec.json.Decoder(_Outline)
_decoder = msgspec.json.Decoder(_Detection)
_encoder = msgspec.json.Encoder()


def read_detection(payload: bytes) -> Seen:
    """Return what a detection result announces and counts.

    One that breaks its contract means nothing: the generator puts it aside.
    """
    try:
        outline = _outline_decoder.decode(payload)
        if not in_calendar(outline.timestamp):
            return _NOTHING
        return Seen(_announced(outline, payload), _counted(outline))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _NOTHING


def _counted(outline: _Outline) -> Counted | None:
    amounts: Counter[str] = Counter()
    for line in outline.line_counts:
        amounts[f"line:{line.line}:{line.direction}:{line.object_class}"] += line.count
    for zone in outline.zone_counts:
        amounts[f"zone:{zone.zone}:entered:{zone.object_class}"] += zone.entered
    # The sum of what a message may say is more than a database takes.
    wanted = {name: min(amount, MAX_INTEGER) for name, amount in amounts.items() if amount}
    if not wanted:
        return None
    return Counted(outline.request_id, outline.camera_id, outline.timestamp, wanted)


def _announced(outline: _Outline, payload: bytes) -> Announced | None:
    if all(group.reason is None for group in outline.traffic_groups):
        return None
    detection = _decoder.decode(payload)
    due = [group.group_index for group in detection.traffic_groups if group.reason is not None]
    if len(set(due)) < len(due):
        return None  # dead-lettered by the generator
    return Announced(
        request_id=detection.request_id,
        camera_id=detection.camera_id,
        timestamp=detection.timestamp,
        groups=frozenset(due),
        facts=_encoder.encode(detection),
    )
