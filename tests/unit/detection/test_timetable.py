"""The schedule of a camera: which rules hold when."""

from __future__ import annotations

from datetime import time

from pipeline.detection.timetable import Rules, Timetable, lowest_confidence
from pipeline.settings_cameras import CameraSettings

CAMERA = CameraSettings.model_validate(
    {
        "id": "a",
        "name": "A",
        "source": "demo",
        "detections_per_second": 4,
        "schedule": [
            {"begin": "22:00", "end": "05:00", "detect": False},
            {"begin": "20:00", "end": "07:00", "detections_per_second": 1, "confidence": 0.3},
        ],
    }
)


def at(text: str) -> Rules:
    return Timetable(CAMERA, lambda: time.fromisoformat(text)).rules()


def test_the_first_entry_that_covers_the_moment_holds() -> None:
    assert at("12:00") == Rules(4)
    assert at("20:30") == Rules(1, 0.3, time(7))
    assert at("23:00") == Rules(0, None, time(5))
    assert at("05:00") == Rules(1, 0.3, time(7))
    assert at("07:00") == Rules(4)


def test_the_detector_must_give_what_the_lowest_threshold_of_all_wants() -> None:
    plain = CAMERA.model_copy(update={"schedule": ()})
    assert lowest_confidence((plain, CAMERA), 0.38) == 0.3
    assert lowest_confidence((plain,), 0.38) == 0.38
