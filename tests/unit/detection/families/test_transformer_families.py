"""RT-DETR, D-FINE and RF-DETR exports: stretched pictures, finished boxes or logits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.detection.models import Detector, DetectorOptions, ModelError, load_detector
from pipeline.detection.models.coco import COCO_IDS, COCO_NAMES
from tests.unit.detection.families.exports import (
    QUERIES,
    logit,
    one_output,
    raw,
    rfdetr,
    transformers,
    with_size_input,
)
from tests.unit.detection.families.networks import (
    IMAGENET,
    NAMES,
    SCORE,
    SQUARE,
    Network,
    found_box,
    street,
    ultralytics,
)

TYPES = ("float32", "float16")


def load(path: Path, **options: object) -> Detector:
    return load_detector(path, DetectorOptions(**options), providers=("cpu",))  # type: ignore[arg-type]


def check(detector: Detector, family: str, name: str = "green") -> None:
    found = detector.detect(street())
    assert detector.info.family == family
    assert found_box(found.xyxy) == pytest.approx(SQUARE, abs=1.1)
    assert [detector.names[class_id] for class_id in found.class_id] == [name]
    assert found.confidence[0] == pytest.approx(SCORE, abs=0.01)


@pytest.mark.parametrize("kind", TYPES)
def test_labels_boxes_scores_with_the_size_as_an_input(tmp_path: Path, kind: str) -> None:
    """RT-DETR and D-FINE of the original projects: boxes scaled to `orig_target_sizes`."""
    net = with_size_input(kind)
    (tmp_path / "m.yaml").write_text("names:\n  0: red\n  1: green\n  2: blue\n", encoding="utf-8")
    detector = load(net.save(tmp_path / "m.onnx"))
    check(detector, "rtdetr")
    assert "the input `orig_target_sizes` beside the picture" in detector.info.evidence


@pytest.mark.parametrize("kind", TYPES)
def test_logits_and_boxes_of_the_transformers_library(tmp_path: Path, kind: str) -> None:
    net = transformers(kind)
    detector = load(net.save(tmp_path / "m.onnx"), classes=COCO_NAMES)
    check(detector, "rtdetr", COCO_NAMES[2])


def test_the_same_outputs_with_own_classes_may_be_of_two_families(tmp_path: Path) -> None:
    net = Network(input_name="pixel_values")
    path = raw(net, net.row(logit(net, net.scores)), 3, "pred_boxes", "logits", "float32").save(
        tmp_path / "m.onnx", {"names": str(list(NAMES))}
    )
    with pytest.raises(ModelError, match="Pick one: rtdetr, rfdetr"):
        load(path)
    check(load(path, family="rtdetr"), "rtdetr")


@pytest.mark.parametrize("kind", TYPES)
def test_one_output_of_ultralytics(tmp_path: Path, kind: str) -> None:
    net = one_output(kind)
    metadata = ultralytics(description="Ultralytics rtdetr-l model")
    check(load(net.save(tmp_path / "m.onnx", metadata)), "rtdetr")


@pytest.mark.parametrize("kind", TYPES)
def test_rfdetr_numbers_coco_by_category(tmp_path: Path, kind: str) -> None:
    net = rfdetr(kind)
    detector = load(net.save(tmp_path / "m.onnx"))
    check(detector, "rfdetr", "car")
    assert detector.names == COCO_IDS
    assert "91 places are COCO's category ids" in detector.info.evidence


def test_rfdetr_of_three_classes_is_told_by_name_and_its_background_left_out(
    tmp_path: Path,
) -> None:
    """Boxes and logits are both four wide then; the background is the last place."""
    net = Network(input_name="input", mean=IMAGENET[0], std=IMAGENET[1])
    classes = net.row(logit(net, net.scores), net.const([8.0]))
    raw(net, classes, 4, "dets", "labels", "float32")
    net.output(
        "masks",
        net.add("ConstantOfShape", net.const([1, QUERIES, 40, 40], np.int64)),
        [1, QUERIES, 40, 40],
    )
    path = net.save(tmp_path / "m.onnx", {"names": str(list(NAMES))})
    check(load(path), "rfdetr")
    path = net.save(tmp_path / "nameless.onnx")
    check(load(path), "rfdetr", "class 1")


def test_boxes_with_scores_in_them_are_no_rfdetr(tmp_path: Path) -> None:
    """MMDetection calls its outputs `dets` and `labels` too: five wide, and labels."""
    net = Network(input_name="input")
    score = net.add("ReduceMax", net.scores, keepdims=1)
    net.output("dets", net.row(*net.corners(), score), [1, "found", 5])
    net.output("labels", net.const([[1]], np.int64), [1, "found"], "int64")
    with pytest.raises(ModelError, match="is of no known model family"):
        load(net.save(tmp_path / "m.onnx"))
