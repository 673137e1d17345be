"""Places and speeds on the road, against a camera whose picture is computed independently."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.detection.ground import Ground, ground_gaps, on_ground
from pipeline.settings_areas import GroundSettings

SIZE = (1280, 720)
HEIGHT_M = 6.0
TILT = np.radians(20)
FOCAL_PX = 900.0


def seen(metres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where a pinhole camera on a pole sees points ``(N, 2)`` of the road, ``(N, 2)`` pixels."""
    right, ahead = metres[:, 0], metres[:, 1]
    depth = ahead * np.cos(TILT) + HEIGHT_M * np.sin(TILT)
    down = HEIGHT_M * np.cos(TILT) - ahead * np.sin(TILT)
    x = SIZE[0] / 2 + FOCAL_PX * right / depth
    y = SIZE[1] / 2 + FOCAL_PX * down / depth
    return np.stack([x, y], axis=1)


KNOWN_M = np.array([[-3, 10], [3, 10], [3, 30], [-3, 30]], float)


@pytest.fixture(scope="module")
def ground() -> Ground:
    shares = seen(KNOWN_M) / np.array(SIZE)
    known = GroundSettings.model_validate(
        {"image": shares.tolist(), "metres": [tuple(point) for point in KNOWN_M.tolist()]}
    )
    return Ground.of(known, SIZE)


@given(right=st.floats(-8, 8), ahead=st.floats(8, 60))
def test_a_place_on_the_road_is_found(ground: Ground, right: float, ahead: float) -> None:
    place = np.array([[right, ahead]])
    assert ground.places(seen(place)) == pytest.approx(place, rel=0.01, abs=0.02)


@given(
    ahead=st.floats(10, 40),
    speed=st.tuples(st.floats(-15, 15), st.floats(-15, 15)),
)
def test_a_speed_on_the_road_is_found(
    ground: Ground, ahead: float, speed: tuple[float, float]
) -> None:
    place, step_s = np.array([[1.0, ahead]]), 1e-4
    pixels = (seen(place + np.array(speed) * step_s) - seen(place)) / step_s
    found = ground.velocities(seen(place), pixels.astype(np.float32))
    assert found == pytest.approx(np.array([speed]), rel=0.02, abs=0.05)


def test_beyond_the_horizon_there_is_no_place(ground: Ground) -> None:
    sky = np.array([[640.0, 5.0]])
    assert np.isnan(ground.places(sky)).all()
    assert np.isnan(ground.velocities(sky, np.ones((1, 2), np.float32))).all()


def test_a_box_stands_on_its_lower_edge(ground: Ground) -> None:
    left, right = seen(np.array([[-1.0, 20.0], [1.0, 20.0]]))
    box = np.array([[left[0], left[1] - 80, right[0], right[1]]], np.float32)
    there = on_ground(ground, box, np.full((1, 2), np.nan, np.float32))
    assert there.places == pytest.approx(np.array([[0, 20]]), abs=0.1)
    assert there.edges[0] == pytest.approx(np.array([[-1, 20], [1, 20]]), abs=0.1)
    assert np.isnan(there.velocities).all()


def test_the_way_joins_the_nearest_points() -> None:
    edges = np.array(
        [[[0, 0], [4, 0]], [[2, 3], [6, 3]], [[7, 0], [9, 0]], [[np.nan, 0], [1, 1]]], np.float32
    )
    ways = ground_gaps(edges)
    assert np.linalg.norm(ways[0, 1]) == pytest.approx(3)
    assert ways[0, 1] == pytest.approx([0, 3])
    assert ways[1, 0] == pytest.approx([0, -3])
    assert ways[0, 2] == pytest.approx([3, 0])
    assert ways[0, 0] == pytest.approx([0, 0])
    assert np.isnan(ways[0, 3]).all()


@given(
    st.lists(st.tuples(*[st.floats(-20, 20, width=32)] * 4), min_size=2, max_size=5),
)
def test_the_way_is_as_long_in_both_directions(ends: list[tuple[float, ...]]) -> None:
    edges = np.array(ends, np.float32).reshape(-1, 2, 2)
    lengths = np.linalg.norm(ground_gaps(edges), axis=2)
    assert lengths == pytest.approx(lengths.T, abs=1e-3)
    assert (lengths >= 0).all()


def test_nothing_in_sight(ground: Ground) -> None:
    nothing = on_ground(ground, np.zeros((0, 4), np.float32), np.zeros((0, 2), np.float32))
    assert ground_gaps(nothing.edges).shape == (0, 0, 2)
