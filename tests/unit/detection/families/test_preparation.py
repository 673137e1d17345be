"""The values that reach a model, against independent computations of what each family publishes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.detection.images import Picture
from pipeline.detection.models.families import rfdetr, rtdetr, yolo_common, yolox
from pipeline.detection.models.inputs import Axes, ModelInputs
from pipeline.detection.models.preparation import Preparation

SIZE = (160, 96)


def photo(width: int = 330, height: int = 187) -> Picture:
    """Return a smooth, coloured picture with some noise, as a camera gives."""
    rows, columns = np.mgrid[:height, :width]
    waves = [np.sin(columns / 21) + np.cos(rows / 13), np.sin(rows / 17), np.cos(columns / 29)]
    noise = np.random.default_rng(7).normal(0, 0.05, (height, width, 3))
    return np.clip(120 + 60 * (np.stack(waves, axis=2) + noise), 0, 255).astype(np.uint8)


def blob(
    preparation: Preparation,
    picture: Picture,
    kind: type[np.generic] = np.float32,
    axes: Axes = "NCHW",
) -> NDArray[Any]:
    inputs = ModelInputs("images", axes, kind, *SIZE, {})
    canvas, _ = preparation.place(picture, SIZE)
    return inputs.feeds(canvas, preparation)["images"]


def ultralytics_letterbox(picture: Picture, size: tuple[int, int]) -> NDArray[np.float32]:
    """Compute what Ultralytics documents: scaled by four neighbours, borders of 114, RGB, / 255."""
    height, width = picture.shape[:2]
    ratio = min(size[1] / height, size[0] / width)
    inner = (round(width * ratio), round(height * ratio))
    spare_x, spare_y = (size[0] - inner[0]) / 2, (size[1] - inner[1]) / 2
    picture = np.asarray(cv2.resize(picture, inner, interpolation=cv2.INTER_LINEAR), np.uint8)
    picture = np.asarray(
        cv2.copyMakeBorder(
            picture,
            round(spare_y - 0.1),
            round(spare_y + 0.1),
            round(spare_x - 0.1),
            round(spare_x + 0.1),
            cv2.BORDER_CONSTANT,
            value=(114, 114, 114),
        ),
        np.uint8,
    )
    return np.asarray(picture[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255)


@given(width=st.integers(20, 700), height=st.integers(20, 700))
def test_yolo_is_letterboxed_as_ultralytics_does(width: int, height: int) -> None:
    picture = photo(width, height)
    expected = ultralytics_letterbox(picture, SIZE)
    assert np.array_equal(blob(yolo_common.LETTERBOX, picture), expected)


@given(width=st.integers(20, 700), height=st.integers(20, 700))
def test_yolox_is_put_at_the_top_left_unscaled(width: int, height: int) -> None:
    picture = photo(width, height)
    padded = np.full((SIZE[1], SIZE[0], 3), 114, np.uint8)
    ratio = min(SIZE[1] / height, SIZE[0] / width)
    inner = (int(width * ratio), int(height * ratio))
    padded[: inner[1], : inner[0]] = cv2.resize(picture, inner, interpolation=cv2.INTER_LINEAR)
    expected = padded.transpose(2, 0, 1)[None].astype(np.float32)
    assert np.array_equal(blob(yolox.PREPARATION, picture), expected)


def triangle(length: int, wanted: int) -> NDArray[np.float64]:
    """Return the weights ``(wanted, length)`` of a resize by a triangle as wide as the scale.

    So the Pillow and torchvision libraries resize smoothly (bilinear with antialiasing).
    """
    scale = length / wanted
    support = max(1.0, scale)
    centres = (np.arange(wanted) + 0.5) * scale
    distance = np.abs(np.arange(length)[None] + 0.5 - centres[:, None]) / support
    weights = np.clip(1 - distance, 0, None)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float64)


@pytest.mark.parametrize("frame", [(330, 187), (640, 384), (1280, 720), (100, 60)])
def test_transformers_are_stretched_smoothly(frame: tuple[int, int]) -> None:
    """OpenCV averages areas where Pillow weighs by a triangle: on average 1 of 255 apart."""
    picture = photo(*frame)
    rows, columns = triangle(frame[1], SIZE[1]), triangle(frame[0], SIZE[0])
    channels = picture[:, :, ::-1].transpose(2, 0, 1).astype(float)
    smooth = rows @ channels @ columns.T
    got = blob(rtdetr.STRETCH, picture)[0] * 255
    assert np.abs(got - smooth).mean() < 1.0
    assert np.abs(got - smooth).max() < 10


def test_ultralytics_rtdetr_is_stretched_by_four_neighbours() -> None:
    expected = cv2.resize(photo(), SIZE, interpolation=cv2.INTER_LINEAR)[:, :, ::-1]
    got = blob(rtdetr.STRETCH_QUICKLY, photo())[0]
    assert np.array_equal(got, expected.transpose(2, 0, 1).astype(np.float32) / 255)


def test_rfdetr_is_normalised_by_imagenet() -> None:
    plain = blob(rtdetr.STRETCH, photo())[0]
    mean = np.array([0.485, 0.456, 0.406]).reshape(3, 1, 1)
    std = np.array([0.229, 0.224, 0.225]).reshape(3, 1, 1)
    assert blob(rfdetr.PREPARATION, photo())[0] == pytest.approx((plain - mean) / std, abs=1e-5)


def test_half_precision_is_rounded_once() -> None:
    single, half = (blob(rfdetr.PREPARATION, photo(), kind) for kind in (np.float32, np.float16))
    assert half.dtype == np.float16
    assert np.array_equal(half, single.astype(np.float16))


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.uint8, np.int8])
def test_the_axes_may_be_in_either_order(kind: type[np.generic]) -> None:
    first = blob(yolo_common.LETTERBOX, photo(), kind)
    last = blob(yolo_common.LETTERBOX, photo(), kind, "NHWC")
    assert last.flags.c_contiguous
    assert np.array_equal(first, last.transpose(0, 3, 1, 2))


@pytest.mark.parametrize(("kind", "shift"), [(np.uint8, 0), (np.int8, 128)])
def test_whole_numbers_are_the_pixels(kind: type[np.generic], shift: int) -> None:
    canvas, _ = rfdetr.PREPARATION.place(photo(), SIZE)
    got = blob(rfdetr.PREPARATION, photo(), kind)
    assert got.dtype == kind
    assert np.array_equal(
        got[0].astype(int) + shift, canvas[:, :, ::-1].transpose(2, 0, 1).astype(int)
    )


@given(
    width=st.integers(2, 1500),
    height=st.integers(2, 1500),
    box=st.tuples(*[st.floats(0, 1) for _ in range(4)]),
)
def test_a_box_comes_back_from_a_stretched_picture(
    width: int, height: int, box: tuple[float, float, float, float]
) -> None:
    _, placement = rtdetr.STRETCH.place(np.zeros((height, width, 3), np.uint8), SIZE)
    x1, x2 = sorted((box[0], box[2]))
    y1, y2 = sorted((box[1], box[3]))
    shares = np.array([[x1, y1, x2, y2]], np.float32)
    back = placement.to_frame(shares * np.array(SIZE * 2, np.float32))
    assert back == pytest.approx(shares * np.array([width, height] * 2, np.float32), abs=0.02)


def test_the_way_is_said_in_words() -> None:
    assert (
        yolo_common.LETTERBOX.words
        == "fitted, with a border of grey 114, RGB, mean and deviation (0, 255)"
    )
    assert (
        yolox.PREPARATION.words
        == "fitted at the top left, with a border of grey 114, BGR, mean and deviation (0, 1)"
    )
    assert rfdetr.PREPARATION.words.startswith("stretched, RGB, mean and deviation (123.7, 58.4)")
