"""SSD-style exports: boxes, classes, scores and their number from a post-processing inside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.detection.models import Detector, load_detector
from tests.unit.detection.families.exports import CAR, TENSORFLOW, TFLITE, add_outputs
from tests.unit.detection.families.networks import (
    IMAGENET,
    SCORE,
    SQUARE,
    Network,
    found_box,
    street,
)


def load(path: Path) -> Detector:
    return load_detector(path, providers=("cpu",))


def check(detector: Detector, name: str = "car") -> None:
    found = detector.detect(street())
    assert detector.info.family == "ssd"
    assert found_box(found.xyxy) == pytest.approx(SQUARE, abs=1.1)
    assert [detector.names[class_id] for class_id in found.class_id] == [name]
    assert found.confidence[0] == pytest.approx(SCORE, abs=0.01)


def test_tensorflow_takes_the_picture_in_its_own_size(tmp_path: Path) -> None:
    net = Network(
        shape=("batch", "height", "width", 3),
        input_name="image_tensor:0",
        input_type="uint8",
        axes="NHWC",
    )
    names = tuple(f"{name}:0" for name in TENSORFLOW)
    detector = load(add_outputs(net, names, CAR).save(tmp_path / "m.onnx"))  # type: ignore[arg-type]
    assert detector.input_size_for((1920, 1080)) == (1920, 1080)
    check(detector)


@pytest.mark.parametrize(("kind", "std"), [("uint8", 1), ("float32", 1)])
def test_tensorflow_of_a_fixed_size_is_stretched(tmp_path: Path, kind: str, std: int) -> None:
    net = Network(shape=(1, 160, 160, 3), input_type=kind, axes="NHWC", std=(std, std, std))
    check(load(add_outputs(net, TENSORFLOW, CAR).save(tmp_path / "m.onnx")))


def test_own_classes_count_from_one(tmp_path: Path) -> None:
    net = Network(shape=(1, 160, 160, 3), input_type="uint8", axes="NHWC")
    (tmp_path / "m.names").write_text("background\nred\ngreen\nblue\n", encoding="utf-8")
    check(load(add_outputs(net, TENSORFLOW, 2).save(tmp_path / "m.onnx")), "green")


@pytest.mark.parametrize("kind", ["uint8", "int8", "float32"])
def test_tflite_counts_from_zero(tmp_path: Path, kind: str) -> None:
    net = Network(
        shape=(1, 160, 160, 3),
        input_type=kind,
        axes="NHWC",
        mean=(127.5,) * 3,
        std=(127.5,) * 3,
    )
    check(load(add_outputs(net, TFLITE, CAR - 1).save(tmp_path / "m.onnx")))


def test_mlperf_normalises_and_counts_80_classes_from_one(tmp_path: Path) -> None:
    net = Network(input_name="image", mean=IMAGENET[0], std=IMAGENET[1])
    net.output("bboxes", net.row(*net.shares(net.corners())), [1, "boxes", 4])
    net.output("labels", net.const([[CAR]], np.int64), [1, "boxes"], "int64")
    score = net.add("ReduceMax", net.scores, keepdims=1)
    net.output("scores", net.add("Reshape", score, net.const([1, 1], np.int64)), [1, "boxes"])
    check(load(net.save(tmp_path / "m.onnx")))
