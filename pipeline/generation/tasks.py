"""Makes the assessment tasks that one detection result asks for. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from pipeline.messages import (
    MAX_NAME_LENGTH,
    AssessmentTask,
    DetectionResult,
    GroupMetadata,
    MessageError,
    TrafficGroup,
    task_id,
)
from pipeline.texts import say


def make_tasks(detection: DetectionResult) -> list[AssessmentTask]:
    """Return one task for each group of `detection` that is due, in the order of its groups.

    The tasks' ids derive from the request, so that a repeated request makes the same tasks.

    Raises:
        MessageError: a group refers to objects that the message does not hold, two groups have
            the same number, or the request's id leaves no space for the group's number.
    """
    due = [group for group in detection.traffic_groups if group.reason is not None]
    _check_ids(detection, due)
    return [_task(detection, group, len(due)) for group in due]


def _check_ids(detection: DetectionResult, due: list[TrafficGroup]) -> None:
    """Refuse what would give two tasks one id, or an id that the next stage refuses."""
    numbers = [group.group_index for group in due]
    if len(set(numbers)) < len(numbers):
        raise MessageError(say("DetectionResult: two groups that are due have the same number"))
    longest = max((len(task_id(detection.request_id, number)) for number in numbers), default=0)
    if longest > MAX_NAME_LENGTH:
        raise MessageError(
            say(
                "DetectionResult: the request's id of {length} characters is too long; with a "
                "group's number it may have {most}",
                length=len(detection.request_id),
                most=MAX_NAME_LENGTH,
            )
        )


def _task(detection: DetectionResult, group: TrafficGroup, group_count: int) -> AssessmentTask:
    count = len(detection.detected_objects)
    if any(index >= count for index in group.object_indices):
        raise MessageError(
            say(
                "DetectionResult: group {group} refers to object {object}, but there are {count}",
                group=group.group_index,
                object=max(group.object_indices),
                count=count,
            )
        )
    return AssessmentTask(
        task_id=task_id(detection.request_id, group.group_index),
        request_id=detection.request_id,
        camera_id=detection.camera_id,
        timestamp=detection.timestamp,
        group_index=group.group_index,
        group_count=group_count,
        group_bbox=group.bbox,
        image_width=detection.image_width,
        image_height=detection.image_height,
        detected_objects=tuple(detection.detected_objects[i] for i in group.object_indices),
        group_metadata=_within_group(group),
        group_image_base64=group.group_image_base64,
        group_image_ref=group.group_image_ref,
    )


def _within_group(group: TrafficGroup) -> GroupMetadata:
    """Return the metadata with pairs that point into the group's own objects."""
    place = {index: position for position, index in enumerate(group.object_indices)}
    pairs = []
    for pair in group.metadata.pairs:
        if pair.vehicle_index not in place or pair.person_index not in place:
            raise MessageError(
                say(
                    "DetectionResult: a pair of group {group} refers to an object outside the group",
                    group=group.group_index,
                )
            )
        pairs.append(
            replace(
                pair,
                vehicle_index=place[pair.vehicle_index],
                person_index=place[pair.person_index],
            )
        )
    return replace(group.metadata, pairs=tuple(pairs))
