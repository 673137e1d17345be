"""Settings of a camera's areas, lines, schedule and ground: what is refused, and in which words."""

from __future__ import annotations

import tomllib
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from pipeline import settings_file
from pipeline.settings import Settings, SettingsError, parse_settings
from pipeline.settings_cameras import CameraSettings, ScheduleSettings

SQUARE = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
FULL: dict[str, Any] = {
    "id": "gate",
    "name": "Depot gate",
    "source": "rtsp://10.0.0.7/1",
    "region": SQUARE,
    "excluded": [{"name": "Tree", "points": SQUARE[:3]}],
    "lines": [{"name": "Northbound", "points": [[0, 0.5], [1, 0.5]]}],
    "zones": [{"name": "Crossing", "points": SQUARE}],
    "schedule": [
        {"begin": "22:00", "end": "05:30", "detect": False},
        {"begin": "05:30", "end": "07:00", "detections_per_second": 1, "confidence": 0.5},
    ],
    "ground": {"image": SQUARE, "metres": [[0, 20], [7, 20], [7, 0], [0, 0]]},
}


def refused(**changes: Any) -> str:
    """Return what is said about a camera with `changes`; there must be exactly one problem."""
    with pytest.raises(SettingsError) as caught:
        parse_settings({"cameras": [FULL | changes]})
    (problem,) = caught.value.problems
    return problem


def test_a_camera_with_everything_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    settings = parse_settings({"cameras": [FULL]})
    settings_file.save(settings, tmp_path / "s.toml")
    assert settings_file.load(tmp_path / "s.toml") == settings


def test_fifty_cameras_fit_into_one_file(tmp_path: Path) -> None:
    settings = parse_settings({"cameras": [FULL | {"id": f"cam-{n}"} for n in range(50)]})
    settings_file.save(settings, tmp_path / "s.toml")
    assert len(settings_file.load(tmp_path / "s.toml").cameras) == 50


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"region": SQUARE[:2]}, "cameras.0.region: needs three corners"),
        ({"region": [[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]]}, "the points lie on one line"),
        (
            {"region": [[0.1, 0.1], [1.5, 0.5], [0.9, 0.9]]},
            "cameras.0.region.1.0: must be 1 or less",
        ),
        (
            {"zones": [{"name": "A", "points": SQUARE}] * 2},
            "cameras.0.zones: name used more than once: A",
        ),
        (
            {"lines": [{"name": "L", "points": [[0.5, 0.5], [0.5, 0.5]]}]},
            "cameras.0.lines.0: the two ends of the line lie on each other",
        ),
        (
            {"schedule": [{"begin": "22:00", "end": "22:00", "detect": False}]},
            "cameras.0.schedule.0.end: must differ from the begin",
        ),
        ({"schedule": [{"begin": "22:00", "end": "6:00:00Z", "detect": False}]}, "time"),
        (
            {"schedule": [{"begin": "22:00", "end": "06:00"}]},
            "cameras.0.schedule.0: say what is different",
        ),
        (
            {"schedule": [{"begin": "22:00", "end": "06:00", "detect": False, "confidence": 0.4}]},
            "with detection off there is no rate",
        ),
        (
            {"ground": {"image": SQUARE, "metres": [[0, 0], [1, 1], [2, 2], [0, 5]]}},
            "cameras.0.ground.metres: no three of the four points may lie on one line",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(changes: dict[str, Any], words: str) -> None:
    assert words in refused(**changes)


def test_an_unknown_name_inside_an_area_is_told_with_the_right_one() -> None:
    area = {"name": "A", "points": SQUARE, "color": "red"}
    assert "cameras.0.zones.0.color: unknown setting" in refused(zones=[area])


@pytest.mark.parametrize(
    ("moment", "covered"),
    [("21:59", False), ("22:00", True), ("00:00", True), ("05:59", True), ("06:00", False)],
)
def test_a_night_goes_over_midnight(moment: str, covered: bool) -> None:
    night = ScheduleSettings(begin=time(22), end=time(6), detect=False)
    assert night.covers(time.fromisoformat(moment)) is covered


def test_a_camera_without_extras_is_written_short() -> None:
    table = {"id": "a", "name": "A", "source": "demo"}
    text = settings_file.to_toml(Settings(cameras=(CameraSettings.model_validate(table),)))
    assert tomllib.loads(text) == {"cameras": [table]}
