"""Near misses from boxes to the verdict: tracking, ground, groups, tasks and rules together."""

from __future__ import annotations

import re

import numpy as np
import pytest
from msgspec.structs import replace

from pipeline.detection.analysis import CameraAnalyst
from pipeline.detection.models.detections import Detections
from pipeline.generation.tasks import make_tasks
from pipeline.messages import DetectionResult
from pipeline.scheduling.rules.rules import assess
from pipeline.settings_areas import GroundSettings
from pipeline.settings_scheduler import RulesSettings
from tests.support import messages as made

pytestmark = pytest.mark.integration

SIZE = (1280, 720)
FROM_ABOVE = GroundSettings(
    image=((0, 1), (1, 1), (1, 0), (0, 0)),
    metres=((-32, -18), (32, -18), (32, 18), (-32, 18)),
)
"""20 pixels are a metre; right and up in the picture are right and ahead on the road."""
CAR_SPEED, WALKING_SPEED = 5.0, 1.2
RATE = 15
TOLD = re.compile(r"paths cross in [\d.]+ s, ([\d.]+) s after the first has left it")


def box(x: float, y: float, width: float, height: float) -> list[float]:
    """Return the box in pixels of what stands at ``(x, y)`` metres."""
    middle, foot = (x + 32) * 20, (18 - y) * 20
    return [middle - width / 2, foot - height, middle + width / 2, foot]


def told(person_y: float, ground: GroundSettings | None) -> list[float]:
    """Return every post-encroachment time of 4 s, all groups assessed in each frame.

    The car comes from 12 m left of the crossing, the person from `person_y` metres.
    """
    analyst = CameraAnalyst(("person", "car"), 0.38, 3.0, 5.0, 60_000, ground)
    found: list[float] = []
    for number in range(4 * RATE):
        time_s = number / RATE
        boxes = [
            box(-12 + CAR_SPEED * time_s, 0, 90, 40),
            box(0, person_y + WALKING_SPEED * time_s, 12, 34),
        ]
        seen = Detections(
            np.array(boxes, np.float32),
            np.array([0.9, 0.8], np.float32),
            np.array([1, 0], np.int32),
        )
        shown = analyst.analyse(seen, time_s, 0, SIZE)
        message = DetectionResult(
            request_id=f"request-{number}",
            camera_id="cam-1",
            timestamp=made.NOON,
            image_width=SIZE[0],
            image_height=SIZE[1],
            detected_objects=shown.objects,
            traffic_groups=tuple(replace(group, reason="changed") for group in shown.groups),
        )
        for task in make_tasks(message):
            for verdict in assess(task, RulesSettings()):
                found += [float(seconds) for seconds in TOLD.findall(verdict.description)]
    return found


# The car is in the person's strip from (12 - 2.5) / 5 = 1.9 s to 2.9 s; the person in the car's from
# 1.15 m before the crossing to 1.15 m behind it.
@pytest.mark.parametrize(
    ("person_y", "seconds"),
    [
        (0.6, 1.9 - (1.15 - 0.6) / WALKING_SPEED),
        (-0.6, 1.9 - (1.15 + 0.6) / WALKING_SPEED),
        (-6.0, (6.0 - 1.15) / WALKING_SPEED - 2.9),
    ],
    ids=["before the car", "close before the car", "close behind the car"],
)
def test_what_is_predicted_is_what_comes(person_y: float, seconds: float) -> None:
    predicted = told(person_y, FROM_ABOVE)
    assert len(predicted) >= 5
    assert predicted == pytest.approx([seconds] * len(predicted), abs=0.11)


def test_a_collision_course_is_left_to_time_to_collision() -> None:
    assert told(-2.4, FROM_ABOVE) == []


def test_without_the_ground_nothing_is_predicted() -> None:
    assert told(-0.6, None) == []
