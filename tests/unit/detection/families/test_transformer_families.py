"""RT-DETR, D-FINE and RF-DETR exports: stretched pictures, finished boxes or logits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from pipeline.detection.models import Detector, DetectorOptions, ModelError, load_detector
from pipeline.detection.models.coco import COCO_IDS, COCO_NAMES
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
QUERIES = 300


def load(path: Path, **options: object) -> Detector:
    return load_detector(path, DetectorOptions(**options), providers=("cpu",))  # type: ignore[arg-type]


def check(detector: Detector, family: str, name: str = "green") -> None:
    found = detector.detect(street())
    assert detector.info.family == family
    assert found_box(found.xyxy) == pytest.approx(SQUARE, abs=1.1)
    assert [detector.names[class_id] for class_id in found.class_id] == [name]
    assert found.confidence[0] == pytest.approx(SCORE, abs=0.01)


def among_queries(net: Network, row: str, width: int) -> str:
    return net.among_zeros(row, net.const(4, np.int64), net.const(QUERIES - 5, np.int64), width)


def logit(net: Network, scores: str) -> str:
    """Return what the sigmoid turns back into `scores`."""
    low, high = net.const(1e-4), net.const(1 - 1e-4)
    scores = net.add("Min", net.add("Max", scores, low), high)
    return net.add("Log", net.add("Div", scores, net.add("Sub", net.const(1.0), scores)))


@pytest.mark.parametrize("kind", TYPES)
def test_labels_boxes_scores_with_the_size_as_an_input(tmp_path: Path, kind: str) -> None:
    """RT-DETR and D-FINE of the original projects: boxes scaled to `orig_target_sizes`."""
    net = Network(input_type=kind, shape=(1, 3, 128, 160))
    net.inputs.append(helper.make_tensor_value_info("orig_target_sizes", TensorProto.INT64, [1, 2]))
    size = net.add("Tile", net.cast("orig_target_sizes"), net.const([1, 2], np.int64))
    shares = net.row(*net.shares(net.corners()))
    boxes = net.add("Mul", shares, net.add("Unsqueeze", size, net.const([1], np.int64)))
    boxes = among_queries(net, boxes, 4)
    score = net.row(net.add("ReduceMax", net.scores, keepdims=1))
    scores = net.add("Squeeze", among_queries(net, score, 1), net.const([2], np.int64))
    labels = net.const(np.ones((1, QUERIES)), np.int64)
    net.output("labels", labels, [1, QUERIES], "int64")
    net.output("boxes", boxes, [1, QUERIES, 4], kind)
    net.output("scores", scores, [1, QUERIES], kind)
    (tmp_path / "m.yaml").write_text("names:\n  0: red\n  1: green\n  2: blue\n", encoding="utf-8")
    detector = load(net.save(tmp_path / "m.onnx"))
    check(detector, "rtdetr")
    assert "the input `orig_target_sizes` beside the picture" in detector.info.evidence


def raw(net: Network, classes: str, width: int, boxes: str, logits: str, kind: str) -> Network:
    """Add outputs of normalised centres and logits ``(1, 300, width)``."""
    table = net.row(*net.shares(net.centre()))
    net.output(boxes, among_queries(net, table, 4), [1, QUERIES, 4], kind)
    # Queries without an object must lie far below any threshold.
    idle = np.full((1, QUERIES, width), -9.0, np.float32)
    idle[0, 4] = 0
    found = among_queries(net, classes, width)
    net.output(logits, net.add("Add", found, net.const(idle)), [1, QUERIES, width], kind)
    return net


@pytest.mark.parametrize("kind", TYPES)
def test_logits_and_boxes_of_the_transformers_library(tmp_path: Path, kind: str) -> None:
    net = Network(input_type=kind, input_name="pixel_values")
    classes = net.row(net.const([-9.0]), logit(net, net.scores), net.const(np.full(76, -9.0)))
    raw(net, classes, 80, "pred_boxes", "logits", kind)
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
    net = Network(input_type=kind)
    row = net.row(*net.shares(net.centre()), net.scores)
    net.output("output0", among_queries(net, row, 7), [1, QUERIES, 7], kind)
    metadata = ultralytics(description="Ultralytics rtdetr-l model")
    check(load(net.save(tmp_path / "m.onnx", metadata)), "rtdetr")


@pytest.mark.parametrize("kind", TYPES)
def test_rfdetr_numbers_coco_by_category(tmp_path: Path, kind: str) -> None:
    net = Network(input_type=kind, input_name="input", mean=IMAGENET[0], std=IMAGENET[1])
    classes = net.row(
        net.const(np.full(2, -9.0)), logit(net, net.scores), net.const(np.full(86, -9.0))
    )
    raw(net, classes, 91, "dets", "labels", kind)
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
