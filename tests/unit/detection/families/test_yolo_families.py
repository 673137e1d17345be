"""YOLO exports of every layout: the box and class of the square come out of a real network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from pipeline.detection.models import Detector, DetectorOptions, ModelError, load_detector
from tests.unit.detection.families.exports import CELLS, finished, rows_with_objectness, yolo
from tests.unit.detection.families.networks import (
    NAMES,
    SCORE,
    SQUARE,
    Network,
    cell_corners,
    found_box,
    street,
    ultralytics,
)

TYPES = ("float32", "float16")


def load(path: Path, **options: object) -> Detector:
    return load_detector(path, DetectorOptions(**options), providers=("cpu",))  # type: ignore[arg-type]


def check(detector: Detector, family: str, *, names: tuple[str, ...] = NAMES) -> None:
    found = detector.detect(street())
    assert detector.info.family == family
    assert detector.names == names
    assert found_box(found.xyxy) == pytest.approx(SQUARE, abs=0.6)
    assert found.class_id.tolist() == [1]
    assert found.confidence[0] == pytest.approx(SCORE, abs=0.01)


@pytest.mark.parametrize("kind", TYPES)
def test_yolov8_to_12(tmp_path: Path, kind: str) -> None:
    check(load(yolo(kind).save(tmp_path / "m.onnx", ultralytics())), "yolo")


@pytest.mark.parametrize("kind", TYPES)
def test_a_segmentation_export_is_used_for_its_boxes(tmp_path: Path, kind: str) -> None:
    path = yolo(kind, masks=32).save(tmp_path / "m.onnx", ultralytics(task="segment"))
    check(load(path), "yolo")


def test_a_pose_export_is_used_for_its_boxes(tmp_path: Path) -> None:
    net = Network()
    points = net.const(np.full(51, 0.7))
    rows = net.among_cells(net.row(*net.centre(), net.scores, points), 58)
    net.output("output0", net.add("Transpose", rows, perm=[0, 2, 1]), [1, 58, CELLS])
    path = net.save(tmp_path / "m.onnx", ultralytics(task="pose", kpt_shape="[17, 3]"))
    check(load(path), "yolo")


def test_yolo_with_rows_instead_of_columns(tmp_path: Path) -> None:
    check(load(yolo(upright=True).save(tmp_path / "m.onnx", ultralytics())), "yolo")


def test_columns_need_no_metadata(tmp_path: Path) -> None:
    (tmp_path / "m.names").write_text("red\ngreen\nblue\n", encoding="utf-8")
    detector = load(yolo().save(tmp_path / "m.onnx"))
    check(detector, "yolo")
    assert "class names from m.names: 3" in detector.info.evidence


def test_duplicates_are_removed_by_overlap(tmp_path: Path) -> None:
    path = yolo().save(tmp_path / "m.onnx", ultralytics())
    assert len(load(path, iou=0.99).detect(street())) == 2
    assert len(load(path, iou=0.5).detect(street())) == 1


def test_a_dynamic_export_follows_the_shape_of_the_picture(tmp_path: Path) -> None:
    net = Network(shape=("batch", 3, "height", "width"))
    rows = net.among_cells(net.row(*net.centre(), net.scores), 7)
    net.output("output0", net.add("Transpose", rows, perm=[0, 2, 1]), ["batch", 7, "anchors"])
    detector = load(net.save(tmp_path / "m.onnx", ultralytics(imgsz="[320, 320]")))
    assert detector.input_size_for((320, 192)) == (320, 192)
    assert detector.input_size_for((1920, 1080)) == (320, 192)
    assert detector.input_size_for((1080, 1920)) == (192, 320)
    check(detector, "yolo")
    check(load(tmp_path / "m.onnx", input_size=(160, 160)), "yolo")
    with pytest.raises(ModelError, match=r"multiples of 32.*Nearest: 160x96"):
        load(tmp_path / "m.onnx", input_size=(150, 100))


def test_a_fixed_export_takes_no_other_size(tmp_path: Path) -> None:
    path = yolo().save(tmp_path / "m.onnx", ultralytics())
    with pytest.raises(ModelError, match="exported for 160x160 only"):
        load(path, input_size=(320, 320))


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("masks", [0, 32])
def test_yolov5_multiplies_objectness_and_score(tmp_path: Path, kind: str, masks: int) -> None:
    net = rows_with_objectness(3, kind, masks=masks)
    detector = load(net.save(tmp_path / "m.onnx", {"stride": "32", "names": str(list(NAMES))}))
    found = detector.detect(street())
    assert detector.info.family == "yolov5"
    assert found_box(found.xyxy) == pytest.approx(SQUARE, abs=0.6)
    assert found.class_id.tolist() == [1]
    assert found.confidence[0] == pytest.approx(0.95 * SCORE, abs=0.01)


def test_the_raw_heads_of_old_yolov5_exports_are_left_aside(tmp_path: Path) -> None:
    net = rows_with_objectness(3)
    for name, side in (("345", 20), ("403", 10), ("461", 5)):
        shape = [1, 3, side, side, 8]
        net.output(name, net.add("ConstantOfShape", net.const(shape, np.int64)), shape)
    detector = load(net.save(tmp_path / "m.onnx", {"stride": "32", "names": str(list(NAMES))}))
    assert detector.info.family == "yolov5"
    assert found_box(detector.detect(street()).xyxy) == pytest.approx(SQUARE, abs=0.6)


def test_one_row_a_cell_without_a_name_is_ambiguous_and_can_be_picked(tmp_path: Path) -> None:
    """YOLOv6 and a YOLOX decoded inside look alike, but want different pictures."""
    net = Network()
    table = np.zeros((1, CELLS, 8), np.float32)
    table[0, :, :2] = cell_corners() + 4
    row = net.row(*net.centre(), net.const([0.95]), net.scores)
    found = net.among_cells(row, 8)
    rest = net.const(np.where(np.arange(CELLS)[None, :, None] == 37, 0, table))
    net.output("outputs", net.add("Add", found, rest), [1, CELLS, 8])
    path = net.save(tmp_path / "m.onnx", {"names": str(list(NAMES))})
    with pytest.raises(ModelError, match=r"several model families. Pick one: .*yolov5, yolox"):
        load(path)
    detector = load(path, family="yolov5")
    assert detector.info.evidence[0] == "yolov5 was picked"
    assert found_box(detector.detect(street()).xyxy) == pytest.approx(SQUARE, abs=0.6)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("extra", [0, 32])
def test_finished_boxes_of_yolov10_and_26(tmp_path: Path, kind: str, extra: int) -> None:
    net = finished(kind, extra=extra)
    metadata = ultralytics(end2end="True", task="segment" if extra else "detect")
    check(load(net.save(tmp_path / "m.onnx", metadata)), "yolo-end2end")


def test_finished_boxes_of_which_there_may_be_none(tmp_path: Path) -> None:
    """With NMS inside, an even picture gives an output of no rows at all."""
    net = Network()
    score = net.add("ReduceMax", net.scores, keepdims=1)
    row = net.row(*net.corners(), score, net.const([1.0]))
    score = net.add("Reshape", score, net.const([1], np.int64))
    any_found = net.cast(net.add("Greater", score, net.const(0.0)), TensorProto.INT64)
    shape = net.add("Concat", net.const([1], np.int64), any_found, net.const([6], np.int64), axis=0)
    rows = net.add("Slice", row, net.const([0], np.int64), any_found, net.const([1], np.int64))
    net.output("output0", net.add("Reshape", rows, shape), [1, "found", 6])
    check(load(net.save(tmp_path / "m.onnx", ultralytics())), "yolo-end2end")


def test_finished_boxes_of_yolov7(tmp_path: Path) -> None:
    net = Network()
    score = net.add("ReduceMax", net.scores, keepdims=1)
    row = net.row(net.const([0.0]), *net.corners(), net.const([1.0]), score)
    net.output("output", net.add("Squeeze", row, net.const([0], np.int64)), ["found", 7])
    (tmp_path / "m.txt").write_text("red\ngreen\nblue\n", encoding="utf-8")
    check(load(net.save(tmp_path / "m.onnx")), "yolo-end2end")


@pytest.mark.parametrize(("task", "what"), [("obb", "rotated"), ("classify", "whole pictures")])
def test_other_tasks_are_refused_by_name(tmp_path: Path, task: str, what: str) -> None:
    path = yolo().save(tmp_path / "m.onnx", ultralytics(task=task))
    with pytest.raises(ModelError, match=what):
        load(path)
