"""Heads and plates of detected people and vehicles cannot be told any more; the rest can."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detection.blurring import BLOCKS, blur
from pipeline.detection.images import Picture
from pipeline.messages import Box, DetectedObject


def noise(height: int = 200, width: int = 300) -> Picture:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)


def found(name: str, box: Box) -> DetectedObject:
    return DetectedObject(object_class=name, confidence=0.9, bbox=box)


def colours(part: Picture) -> int:
    return len(np.unique(part.reshape(-1, 3), axis=0))


def test_the_head_of_a_person_becomes_a_few_blocks_and_the_legs_stay() -> None:
    crop, before = noise(), noise()
    blur(crop, (0, 0), [found("person", (100, 20, 160, 180))])
    assert colours(crop[20:60, 100:160]) <= (BLOCKS + 2) * (BLOCKS + 3)
    assert np.array_equal(crop[61:], before[61:])
    assert np.array_equal(crop[:, :90], before[:, :90])


def test_the_lower_half_of_a_car_becomes_a_few_blocks_and_the_roof_stays() -> None:
    crop, before = noise(), noise()
    blur(crop, (0, 0), [found("car", (50, 60, 250, 160))])
    assert colours(crop[110:160, 50:250]) <= BLOCKS * 4 * BLOCKS
    assert np.array_equal(crop[:110], before[:110])


def test_other_things_stay() -> None:
    crop = noise()
    blur(crop, (0, 0), [found("traffic light", (10, 10, 100, 100)), found("bicycle", (0, 0, 9, 9))])
    assert np.array_equal(crop, noise())


def test_boxes_are_in_the_frame_and_the_crop_is_a_part_of_it() -> None:
    crop, before = noise(), noise()
    blur(crop, (1000, 500), [found("car", (1050, 560, 1250, 660))])
    assert np.array_equal(crop[:110], before[:110])
    assert not np.array_equal(crop[110:160, 50:250], before[110:160, 50:250])


def test_a_head_that_is_cut_off_gets_no_finer_blocks() -> None:
    crop = noise()
    blur(crop, (0, 0), [found("person", (-200, -100, 20, 780))])
    assert colours(crop[:120, :42]) <= 9


@pytest.mark.parametrize("name", ["person", "truck"])
@given(box=st.tuples(*[st.floats(-500, 800) for _ in range(4)]))
def test_any_box_is_survived(name: str, box: tuple[float, float, float, float]) -> None:
    left, right = sorted((box[0], box[2]))
    top, bottom = sorted((box[1], box[3]))
    blur(noise(40, 50), (0, 0), [found(name, (left, top, right, bottom))])
