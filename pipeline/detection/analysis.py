"""From the boxes of one frame to what the pipeline is told: tracks, groups, what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.detection.assessment import AssessmentPlan, GroupState, Reason
from pipeline.detection.boxes import enclosing
from pipeline.detection.counting import NO_COUNTS, Counts
from pipeline.detection.ground import Ground, OnGround, on_ground
from pipeline.detection.grouping import GroupNumbers, form_groups
from pipeline.detection.models.detections import Detections, Floats, Integers
from pipeline.detection.proximity import RoadScene, describe_group
from pipeline.detection.tracking import Tracked, Tracker
from pipeline.messages import Box, DetectedObject, GroupMetadata, TrafficGroup
from pipeline.settings_areas import GroundSettings
from pipeline.telemetry import Overlay, OverlayBox, OverlayGroup

MESSAGE_EVIDENCE_BYTES: Final = 480_000
"""Evidence in one message; as base64, with the rest, it stays below Kafka's usual 1 MB."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one frame shows.

    Attributes:
        objects: all objects; groups point into them.
        groups: groups that have settled; those with a reason still lack their evidence.
        counts: what it adds at the camera's lines and zones.
    """

    objects: tuple[DetectedObject, ...]
    groups: tuple[TrafficGroup, ...]
    counts: Counts = NO_COUNTS

    def overlay(self, frame_size: tuple[int, int]) -> Overlay:
        """Return what is drawn over the live picture; `frame_size` is (width, height)."""
        return Overlay(
            frame_size,
            tuple(
                OverlayBox(found.object_class, found.bbox, found.confidence, found.track_id)
                for found in self.objects
            ),
            tuple(
                OverlayGroup(group.group_index, group.bbox, group.object_count)
                for group in self.groups
            ),
        )


class CameraAnalyst:
    """Follows what one camera sees. Used by one thread.

    Args:
        names: class names of the detector.
        sure_confidence: objects at least this sure start tracks and count in conflicts.
        group_distance: objects nearer than this many box heights form a group.
        assess_interval_s: a group that does not change is assessed again after this time.
        evidence_max_bytes: size of one evidence picture; limits how many are due in one frame.
        ground: known points of the road, to measure in metres; None where there are none.
    """

    def __init__(
        self,
        names: Sequence[str],
        sure_confidence: float,
        group_distance: float,
        assess_interval_s: float,
        evidence_max_bytes: int,
        ground: GroundSettings | None = None,
    ) -> None:
        self._names = tuple(names)
        self._sure_confidence = sure_confidence
        self._tracker = Tracker(names, sure_confidence)
        self._group_distance = group_distance
        self._numbers = GroupNumbers()
        self._plan = AssessmentPlan(assess_interval_s)
        self._max_due = max(1, MESSAGE_EVIDENCE_BYTES // evidence_max_bytes)
        self._scene_number: int | None = None
        self._known_ground = ground
        self._ground: tuple[tuple[int, int], Ground] | None = None

    def set_sure_confidence(self, confidence: float) -> None:
        """Go by another threshold from now on."""
        self._sure_confidence = confidence
        self._tracker.set_sure_confidence(confidence)

    def analyse(
        self,
        detections: Detections,
        time_s: float,
        scene_number: int,
        frame_size: tuple[int, int],
    ) -> Analysis:
        """Return what the frame taken at `time_s` (monotonic seconds) shows.

        Another `scene_number` than before says that the picture jumped. `frame_size` is (width,
        height) in pixels.
        """
        if scene_number != self._scene_number:
            self._tracker.reset()
            self._numbers.reset()
            self._scene_number = scene_number
        tracked = self._tracker.update(detections, time_s)
        found = tracked.detections
        names = [self._names[class_id] for class_id in found.class_id]
        sure = found.confidence >= self._sure_confidence
        ground = self._on_ground(tracked, frame_size)
        scene = RoadScene(found.xyxy, tracked.velocities, names, sure, ground)
        formed = form_groups(scene, self._group_distance)
        numbers = self._numbers.assign(scene, _track_ids(found), formed, time_s)
        groups = {
            number: (members, describe_group(scene, members))
            for number, members in zip(numbers, formed, strict=True)
            if number is not None
        }
        states = {
            number: GroupState(len(members), _nearest(metadata))
            for number, (members, metadata) in groups.items()
        }
        due = self._plan.due(states, time_s, self._max_due)
        return Analysis(
            _objects(tracked, names, ground),
            tuple(
                _group(found, names, number, members, metadata, due.get(number))
                for number, (members, metadata) in groups.items()
            ),
        )

    def _on_ground(self, tracked: Tracked, frame_size: tuple[int, int]) -> OnGround | None:
        if self._known_ground is None:
            return None
        if self._ground is None or self._ground[0] != frame_size:
            # Known points are shares of the picture: another size only scales them.
            self._ground = frame_size, Ground.of(self._known_ground, frame_size)
        return on_ground(self._ground[1], tracked.detections.xyxy, tracked.velocities)


def _track_ids(found: Detections) -> Integers:
    return np.full(len(found), -1, np.int32) if found.track_id is None else found.track_id


def _nearest(metadata: GroupMetadata) -> float | None:
    return metadata.pairs[0].distance if metadata.pairs else None


def _objects(
    tracked: Tracked, names: Sequence[str], ground: OnGround | None
) -> tuple[DetectedObject, ...]:
    found = tracked.detections
    unknown = np.full((len(found), 2), np.nan, np.float32)
    places, speeds = (unknown, unknown) if ground is None else (ground.places, ground.velocities)
    return tuple(
        DetectedObject(
            object_class=name,
            confidence=_unit(confidence),
            bbox=_box(box),
            track_id=int(track) if track >= 0 else None,
            velocity=_rounded(velocity, 1),
            ground_position=_rounded(place, 2),
            ground_velocity=_rounded(speed, 2),
        )
        for name, confidence, box, track, velocity, place, speed in zip(
            names,
            found.confidence,
            found.xyxy,
            _track_ids(found),
            tracked.velocities,
            places,
            speeds,
            strict=True,
        )
    )


def _group(
    found: Detections,
    names: Sequence[str],
    number: int,
    members: Integers,
    metadata: GroupMetadata,
    reason: Reason | None,
) -> TrafficGroup:
    return TrafficGroup(
        group_index=number,
        object_count=len(members),
        bbox=_box(enclosing(found.xyxy[members])),
        classes=tuple(sorted({names[member] for member in members})),
        average_confidence=_unit(found.confidence[members].mean()),
        object_indices=tuple(members.tolist()),
        metadata=metadata,
        reason=reason,
    )


def _unit(value: float | np.floating) -> float:
    return round(min(1.0, max(0.0, float(value))), 4)


def _box(box: Floats) -> Box:
    left, top, right, bottom = (round(float(edge), 1) for edge in box)
    return left, top, right, bottom


def _rounded(pair: Floats, digits: int) -> tuple[float, float] | None:
    if not np.isfinite(pair).all():
        return None
    return round(float(pair[0]), digits), round(float(pair[1]), digits)
