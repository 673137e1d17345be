"""Region and excluded zones: who stands inside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detection.areas import LookedAt, foot_points, inside, placed
from pipeline.settings_cameras import CameraSettings

SIZE = (640, 360)
LEFT_HALF = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]


def looked_at(**areas: object) -> LookedAt:
    table = {"id": "a", "name": "A", "source": "demo", **areas}
    return LookedAt(CameraSettings.model_validate(table))


def boxes(*feet: tuple[float, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return boxes of 20 x 40 pixels that stand at `feet` (pixels)."""
    return np.array([[x - 10, y - 40, x + 10, y] for x, y in feet], np.float32).reshape(-1, 4)


def test_an_object_stands_at_the_middle_of_its_lower_edge() -> None:
    assert foot_points(boxes((180, 90)), 360).tolist() == [[0.5, 0.25]]


def test_only_what_stands_in_the_region_is_kept() -> None:
    mask = looked_at(region=LEFT_HALF).mask(boxes((100, 100), (400, 100), (319, 200)), SIZE)
    assert mask.tolist() == [True, False, True]


def test_a_box_that_is_cut_off_below_stands_on_the_edge_of_the_picture() -> None:
    assert looked_at(region=LEFT_HALF).mask(boxes((100, 360), (100, 400)), SIZE).all()


def test_what_stands_in_an_excluded_zone_is_left_out() -> None:
    zones = [{"name": "L", "points": LEFT_HALF}]
    mask = looked_at(excluded=zones).mask(boxes((100, 100), (400, 100)), SIZE)
    assert mask.tolist() == [False, True]


def test_without_areas_everything_is_kept_and_none_is_fine() -> None:
    areas = looked_at()
    assert areas.is_all
    assert areas.mask(boxes((1, 1), (639, 359)), SIZE).all()
    assert looked_at(region=LEFT_HALF).mask(boxes(), SIZE).shape == (0,)


def test_a_notch_of_a_polygon_is_outside() -> None:
    letter_u = placed(
        [(0, 0), (0.3, 0), (0.3, 0.7), (0.7, 0.7), (0.7, 0), (1, 0), (1, 1), (0, 1)], 1
    )
    points = np.array([[0.1, 0.1], [0.5, 0.2], [0.5, 0.9], [0.9, 0.1], [1.2, 0.5]])
    assert inside(points, letter_u).tolist() == [True, False, True, True, False]


unit = st.floats(0, 1)


@given(st.tuples(unit, unit), st.floats(0.05, 0.4), st.integers(3, 12))
def test_a_point_is_inside_a_regular_polygon_when_it_is_near_its_middle(
    point: tuple[float, float], radius: float, corners: int
) -> None:
    """Inside the inscribed circle yes, outside the circumscribed one no."""
    angles = 2 * np.pi * np.arange(corners) / corners + 0.1
    polygon = 0.5 + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    away = float(np.hypot(point[0] - 0.5, point[1] - 0.5))
    found = bool(inside(np.array([point]), polygon)[0])
    if away < radius * np.cos(np.pi / corners) - 1e-6:
        assert found
    if away > radius + 1e-6:
        assert not found


@pytest.mark.parametrize("size", [(640, 360), (1920, 1080), (320, 180)])
def test_areas_fit_whatever_the_resolution(size: tuple[int, int]) -> None:
    scale = size[0] / 640
    mask = looked_at(region=LEFT_HALF).mask(boxes((100, 100), (400, 100)) * np.float32(scale), size)
    assert mask.tolist() == [True, False]
