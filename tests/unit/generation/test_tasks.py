"""Tasks made from a detection result: one for each due group, self-contained, the same each time."""

from __future__ import annotations

import pytest
from hypothesis import given
from msgspec.structs import replace

from pipeline.generation.tasks import make_tasks
from pipeline.messages import (
    AssessmentTask,
    DetectionResult,
    GroupMetadata,
    MessageError,
    ObjectPair,
    TrafficGroup,
    decode,
    encode,
)
from pipeline.picture import Picture
from tests.support import messages as made


def with_group(group: TrafficGroup) -> DetectionResult:
    return replace(made.detection(), traffic_groups=(group,))


def group(**changes: object) -> TrafficGroup:
    return replace(made.detection().traffic_groups[0], **changes)


def test_one_task_for_each_group_that_is_due() -> None:
    tasks = make_tasks(made.detection(due=2, idle=3))
    assert [task.group_index for task in tasks] == [0, 1]
    assert [task.group_count for task in tasks] == [2, 2]
    assert [task.task_id for task in tasks] == ["request-1-0", "request-1-1"]


def test_nothing_due_makes_no_task() -> None:
    assert make_tasks(made.detection(due=0, idle=2)) == []


def test_a_task_carries_what_the_assessor_needs() -> None:
    (task,) = make_tasks(made.detection())
    assert task.camera_id == "cam-1"
    assert task.timestamp == made.NOON
    assert task.group_bbox == made.GROUP_BOX
    assert (task.image_width, task.image_height) == (1280, 720)
    assert task.group_image_base64 == Picture.of(made.JPEG)


def test_objects_and_pairs_are_those_of_the_group_alone() -> None:
    other = made.person(99)
    detection = replace(
        made.detection(),
        detected_objects=(other, made.person(8), other, made.car(7)),
        traffic_groups=(
            group(
                object_indices=(1, 3),
                metadata=GroupMetadata(
                    crowding=0.5,
                    pairs=(
                        ObjectPair(vehicle_index=3, person_index=1, distance=1.0, closing_speed=0),
                    ),
                ),
            ),
        ),
    )
    (task,) = make_tasks(detection)
    assert [item.track_id for item in task.detected_objects] == [8, 7]
    (pair,) = task.group_metadata.pairs
    assert task.detected_objects[pair.vehicle_index].object_class == "car"
    assert task.detected_objects[pair.person_index].track_id == 8
    assert task.group_metadata.crowding == 0.5


@pytest.mark.parametrize(
    ("detection", "complaint"),
    [
        (with_group(group(object_indices=(0, 2))), "refers to object 2, but there are 2"),
        (with_group(group(object_indices=(0,))), "an object outside the group"),
        (
            replace(made.detection(), traffic_groups=(group(), group())),
            "two groups that are due have the same number",
        ),
        (made.detection("r" * 199), "too long"),
    ],
    ids=["no such object", "pair outside", "number twice", "no space for the number"],
)
def test_a_result_that_contradicts_itself_is_refused(
    detection: DetectionResult, complaint: str
) -> None:
    with pytest.raises(MessageError, match=complaint):
        make_tasks(detection)


def test_groups_that_are_not_due_may_be_wrong() -> None:
    detection = with_group(group(object_indices=(9,), reason=None))
    assert make_tasks(detection) == []


@given(made.detections)
def test_any_detection_makes_valid_tasks_or_is_refused(detection: DetectionResult) -> None:
    try:
        tasks = make_tasks(detection)
    except MessageError:
        return
    assert tasks == make_tasks(detection)
    due = [group for group in detection.traffic_groups if group.reason is not None]
    assert [task.group_index for task in tasks] == [group.group_index for group in due]
    assert len({task.task_id for task in tasks}) == len(due)
    for task in tasks:
        assert task.group_count == len(due)
        assert decode(encode(task), AssessmentTask) == task
        for pair in task.group_metadata.pairs:
            assert pair.vehicle_index < len(task.detected_objects)
            assert pair.person_index < len(task.detected_objects)
