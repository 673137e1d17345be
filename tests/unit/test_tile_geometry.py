"""Where pictures and boxes lie in a tile, and how tiles share the wall."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.widgets.tile_geometry import grid, place, wanted_size

SIDE = st.integers(16, 4000)
SIZE = st.tuples(SIDE, SIDE)


@given(SIZE, SIZE)
def test_a_fitted_picture_is_whole_and_centred(
    source: tuple[int, int], tile: tuple[int, int]
) -> None:
    placement = place(source, tile, fill=False)
    x1, y1, x2, y2 = placement.box((0, 0, *source))
    assert x1 >= -1e-6
    assert y1 >= -1e-6
    assert x2 <= tile[0] + 1e-6
    assert y2 <= tile[1] + 1e-6
    assert x1 == pytest.approx(tile[0] - x2, abs=1e-6)


@given(SIZE, SIZE)
def test_a_filling_picture_leaves_no_margin(source: tuple[int, int], tile: tuple[int, int]) -> None:
    x1, y1, x2, y2 = place(source, tile, fill=True).box((0, 0, *source))
    assert x1 <= 1e-6
    assert y1 <= 1e-6
    assert x2 >= tile[0] - 1e-6
    assert y2 >= tile[1] - 1e-6


def test_the_worker_is_asked_for_device_pixels() -> None:
    assert wanted_size((1280, 720), (320, 180), 2.0, fill=False) == (640, 360)
    assert wanted_size((1280, 720), (320, 320), 1.0, fill=True) == (569, 320)
    assert wanted_size(None, (320, 180), 1.0, fill=True) == (320, 180)


@pytest.mark.parametrize(
    ("count", "slots", "aspect", "expected"),
    [
        (4, None, 16 / 9, (2, 2)),
        (1, None, 16 / 9, (1, 1)),
        (4, None, 3.05, (2, 2)),
        (2, None, 3.6, (2, 1)),
        (2, None, 0.9, (1, 2)),
        (9, None, 16 / 9, (3, 3)),
        (4, 1, 16 / 9, (1, 1)),
        (4, 9, 16 / 9, (3, 3)),
        (0, None, 1.0, (1, 1)),
    ],
)
def test_the_grid_keeps_tiles_near_to_wide_screen(
    count: int, slots: int | None, aspect: float, expected: tuple[int, int]
) -> None:
    assert grid(count, slots, aspect) == expected


@given(st.integers(1, 60), st.floats(0.2, 5))
def test_every_camera_has_a_place(count: int, aspect: float) -> None:
    columns, rows = grid(count, None, aspect)
    assert columns * rows >= count
