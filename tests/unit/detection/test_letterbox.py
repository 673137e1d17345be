"""Letterbox: boxes come back to where they were in the picture, whatever its shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detection.models.letterbox import letterbox, nearest_shape


@given(
    width=st.integers(2, 1500),
    height=st.integers(2, 1500),
    box=st.tuples(*[st.floats(0, 1) for _ in range(4)]),
)
def test_a_box_comes_back_to_its_place(
    width: int, height: int, box: tuple[float, float, float, float]
) -> None:
    frame = np.zeros((height, width, 3), np.uint8)
    canvas, placement = letterbox(frame, (640, 384), 114)
    assert canvas.shape == (384, 640, 3)
    x1, x2 = sorted((box[0] * width, box[2] * width))
    y1, y2 = sorted((box[1] * height, box[3] * height))
    inside = np.array([[x1, y1, x2, y2]], np.float32)
    offset = np.array([placement.left, placement.top] * 2, np.float32)
    back = placement.to_frame(inside * np.float32(placement.scale) + offset)
    assert back == pytest.approx(inside, abs=0.02)


def test_boxes_are_cut_at_the_picture() -> None:
    _, placement = letterbox(np.zeros((100, 200, 3), np.uint8), (400, 400), 0)
    boxes = placement.to_frame(np.array([[-50, 0, 500, 400]], np.float32))
    assert boxes.tolist() == [[0, 0, 200, 100]]


def test_the_border_is_filled_evenly() -> None:
    canvas, placement = letterbox(np.full((100, 200, 3), 9, np.uint8), (200, 200), 114)
    assert (placement.left, placement.top) == (0, 50)
    assert np.unique(canvas[:50]).tolist() == [114]
    assert np.unique(canvas[50:150]).tolist() == [9]
    assert np.unique(canvas[150:]).tolist() == [114]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ((1920, 1080), (640, 384)),
        ((536, 352), (576, 384)),
        ((640, 480), (576, 384)),
        ((1000, 1000), (416, 416)),
        ((1080, 1920), (416, 416)),
    ],
)
def test_the_nearest_shape_is_chosen(frame: tuple[int, int], expected: tuple[int, int]) -> None:
    assert nearest_shape(frame, [(640, 384), (576, 384), (416, 416)]) == expected
