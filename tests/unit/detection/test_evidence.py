"""Evidence pictures: padded, inside the frame, never larger than allowed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.detection.evidence import crop_around
from pipeline.evidence import encode_evidence


def test_the_crop_shows_what_is_around() -> None:
    picture = np.zeros((1000, 1000, 3), np.uint8)
    assert crop_around(picture, (300, 400, 500, 700))[0].shape == (420, 280, 3)


def test_a_small_group_gets_a_useful_size() -> None:
    picture = np.zeros((1000, 1000, 3), np.uint8)
    assert crop_around(picture, (500, 500, 510, 520))[0].shape == (160, 160, 3)


def test_the_crop_is_a_copy() -> None:
    picture = np.zeros((400, 400, 3), np.uint8)
    crop, _ = crop_around(picture, (0, 0, 400, 400))
    picture[:] = 255
    assert crop.max() == 0


@given(
    width=st.integers(1, 900),
    height=st.integers(1, 900),
    box=st.tuples(*[st.floats(0, 1) for _ in range(4)]),
)
def test_any_box_in_any_picture_gives_a_crop(
    width: int, height: int, box: tuple[float, float, float, float]
) -> None:
    x1, x2 = sorted((box[0] * width, box[2] * width))
    y1, y2 = sorted((box[1] * height, box[3] * height))
    crop, _ = crop_around(np.zeros((height, width, 3), np.uint8), (x1, y1, x2, y2))
    assert 0 < crop.shape[0] <= height
    assert 0 < crop.shape[1] <= width


@pytest.mark.parametrize("limit", [4_000, 20_000, 60_000])
def test_noise_fits_into_the_limit(limit: int) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (720, 1280, 3), np.uint8)
    payload = encode_evidence(noise, limit)
    assert len(payload) <= limit
    decoded = cv2.imdecode(np.frombuffer(payload, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape[1] / decoded.shape[0] == pytest.approx(1280 / 720, rel=0.05)


@settings(max_examples=25)
@given(width=st.integers(1, 3000), height=st.integers(1, 40))
def test_thin_pictures_are_encoded_too(width: int, height: int) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (height, width, 3), np.uint8)
    assert encode_evidence(noise, 4_000).startswith(b"\xff\xd8")
