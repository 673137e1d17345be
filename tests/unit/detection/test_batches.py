"""Several pictures in one run of a model give the boxes that each gives alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pipeline.detection.images import Picture
from pipeline.detection.models import Detector, DetectorOptions, ModelError, load_detector
from tests.unit.detection.families.networks import found_box, ultralytics

CANDIDATES = 525
"""Cells of the strides 8, 16, 32 at 160x160."""


def save(path: Path, batch: int | str, reshape_to: int | None = None) -> Path:
    """Write a YOLO whose first candidate is a box as bright as its picture's mean.

    `reshape_to` makes the inside work for so many pictures only, whatever the inputs say.
    """
    box = np.zeros((1, 7, CANDIDATES), np.float32)
    box[0, :4, 0] = [80, 40, 40, 20]
    hot = np.zeros((1, 7, CANDIDATES), np.float32)
    hot[0, 4, 0] = 1
    flat = np.array([reshape_to or -1, 1, 1], np.int64)
    constants = [
        numpy_helper.from_array(box, "box"),
        numpy_helper.from_array(hot, "hot"),
        numpy_helper.from_array(flat, "flat"),
    ]
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Reshape", ["mean", "flat"], ["bright"]),
        helper.make_node("Mul", ["bright", "hot"], ["scores"]),
        helper.make_node("Add", ["scores", "box"], ["output0"]),
    ]
    shapes = [[batch, 3, 160, 160], [batch, 7, CANDIDATES]]
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in zip(("images", "output0"), shapes, strict=True)
    ]
    graph = helper.make_graph(nodes, "batch", values[:1], values[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, ultralytics())
    onnx.save(model, path)
    return path


def load(path: Path, batch: int = 0) -> Detector:
    return load_detector(path, DetectorOptions(batch=batch), providers=("cpu",))


def pictures(*levels: int) -> list[Picture]:
    return [np.full((160, 160, 3), level, np.uint8) for level in levels]


def together(detector: Detector, frames: list[Picture]) -> list[float]:
    """Return the confidence of the one box of each frame, found in one run."""
    inferred = detector.infer([detector.prepare(frame) for frame in frames])
    found = [detector.finish(one) for one in inferred]
    assert [found_box(one.xyxy) for one in found] == [[60, 30, 100, 50]] * len(frames)
    return [float(one.confidence[0]) for one in found]


@pytest.mark.parametrize(("batch", "most"), [("batch", 3), (4, 4)])
def test_each_picture_keeps_its_own_boxes(tmp_path: Path, batch: int | str, most: int) -> None:
    detector = load(save(tmp_path / "m.onnx", batch), batch=3)
    assert detector.max_batch == most
    levels = (230, 130, 180)
    expected = [level / 255 for level in levels]
    assert together(detector, pictures(*levels)) == pytest.approx(expected, abs=1e-3)
    alone = [float(detector.detect(frame).confidence[0]) for frame in pictures(*levels)]
    assert alone == pytest.approx(expected, abs=1e-3)


def test_a_processor_runs_one_picture_at_a_time_unless_told_otherwise(tmp_path: Path) -> None:
    assert load(save(tmp_path / "m.onnx", "batch")).max_batch == 1


def test_an_export_that_only_says_that_it_takes_several_is_found_out(tmp_path: Path) -> None:
    detector = load(save(tmp_path / "m.onnx", "batch", reshape_to=1), batch=4)
    assert detector.max_batch == 1
    assert together(detector, pictures(200)) == pytest.approx([200 / 255], abs=1e-3)


def test_a_fixed_batch_whose_outputs_are_mixed_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "m.onnx", 2)
    model = onnx.load(path)
    model.graph.node.append(
        helper.make_node("ReduceMax", ["output0"], ["mixed"], axes=[0], keepdims=1)
    )
    del model.graph.output[:]
    model.graph.output.append(
        helper.make_tensor_value_info("mixed", TensorProto.FLOAT, [1, 7, CANDIDATES])
    )
    onnx.save(model, path)
    with pytest.raises(ModelError, match="does not tell the 2 pictures of a run apart"):
        load(path)
