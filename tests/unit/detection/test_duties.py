"""What a camera's settings ask of its detections: place and threshold together."""

from __future__ import annotations

from datetime import time

import numpy as np
import pytest

from pipeline.detection import timetable
from pipeline.detection.duties import UNSURE_SHARE, CameraDuties
from pipeline.detection.models.detections import Detections
from pipeline.settings_cameras import CameraSettings

SIZE = (640, 360)
CAMERA = CameraSettings.model_validate(
    {
        "id": "a",
        "name": "A",
        "source": "demo",
        "region": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]],
        "schedule": [{"begin": "22:00", "end": "06:00", "confidence": 0.2}],
    }
)


def found(*confidences: float) -> Detections:
    """Return boxes in the left half, and the last one in the right half."""
    count = len(confidences)
    boxes = [[100, 100, 140, 180]] * (count - 1) + [[500, 100, 540, 180]]
    return Detections(
        np.array(boxes, np.float32),
        np.array(confidences, np.float32),
        np.zeros(count, np.int32),
    )


@pytest.mark.parametrize(("hour", "threshold"), [(12, 0.4), (23, 0.2)])
def test_the_threshold_follows_the_time_of_day(
    monkeypatch: pytest.MonkeyPatch, hour: int, threshold: float
) -> None:
    monkeypatch.setattr(timetable, "local_time", lambda: time(hour))
    duties = CameraDuties(CAMERA, 0.4)
    assert duties.confidence() == threshold
    least = threshold * UNSURE_SHARE
    kept = duties.keep(found(0.9, least + 0.01, least - 0.01, 0.9), SIZE)
    assert kept.confidence.tolist() == pytest.approx([0.9, least + 0.01])


def test_what_is_all_wanted_is_handed_on_as_it_is() -> None:
    plain = CAMERA.model_copy(update={"region": (), "schedule": ()})
    detections = found(0.9, 0.8)
    assert CameraDuties(plain, 0.4).keep(detections, SIZE) is detections
