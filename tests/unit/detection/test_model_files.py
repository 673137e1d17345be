"""Broken, foreign and hostile model files are refused with a reason, never a crash."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pipeline.detection.models import DetectorOptions, ModelError, load_detector
from tests.unit.detection.families.networks import Network, street, ultralytics


def complaint(path: Path, **options: Any) -> str:
    with pytest.raises(ModelError) as caught:
        load_detector(path, DetectorOptions(**options), providers=("cpu",))
    return str(caught.value)


def save(
    path: Path,
    shape: Sequence[int | str],
    kind: int = TensorProto.FLOAT,
    *,
    operator: str = "Identity",
    domain: str = "",
    opset: int = 17,
    more_inputs: Sequence[str] = (),
) -> Path:
    """Write a model of one node with one input (and unused further ones)."""
    inputs = [helper.make_tensor_value_info("x", kind, shape)]
    inputs += [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 2]) for n in more_inputs]
    output = helper.make_tensor_value_info("y", kind, None)
    node = helper.make_node(operator, ["x"], ["y"], domain=domain)
    graph = helper.make_graph([node], "tiny", inputs, [output])
    opsets = [helper.make_opsetid("", opset)]
    if domain:
        opsets.append(helper.make_opsetid(domain, 1))
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def test_a_file_over_two_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(2**31 + 10)  # sparse: takes no room
    assert "huge.onnx is larger than 2 GB" in complaint(path)


def test_a_folder(tmp_path: Path) -> None:
    assert "does not exist" in complaint(tmp_path)


def test_weights_that_do_not_lie_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "half.onnx"
    weights = numpy_helper.from_array(np.ones((64, 64), np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 64, 64])],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path, save_as_external_data=True, location="half.data", size_threshold=0)
    (tmp_path / "half.data").unlink()
    text = complaint(path)
    assert "half.onnx" in text
    assert "half.data" in text
    assert "Put it beside" in text


def test_an_opset_of_the_future(tmp_path: Path) -> None:
    text = complaint(save(tmp_path / "new.onnx", [1, 3, 64, 64], opset=99))
    assert "new.onnx" in text
    assert "opset" in text


def test_an_operator_that_is_not_there(tmp_path: Path) -> None:
    path = save(tmp_path / "trt.onnx", [1, 3, 64, 64], operator="EfficientNMS_TRT", domain="TRT")
    text = complaint(path)
    assert "trt.onnx" in text
    assert "EfficientNMS_TRT" in text


@pytest.mark.parametrize(
    ("shape", "kind", "reason"),
    [
        ([1, 128], TensorProto.INT64, "takes no picture"),
        ([1, 10], TensorProto.STRING, "takes no picture"),
        ([1, 3, 64, 64], TensorProto.DOUBLE, "takes no picture"),
        ([1, 1, 64, 64], TensorProto.FLOAT, "pictures of 1 channels"),
        ([1, 12, 64, 64], TensorProto.FLOAT, "pictures of 12 channels"),
        ([80, 3, 64, 64], TensorProto.FLOAT, "takes 80 pictures at once"),
    ],
)
def test_inputs_that_are_no_picture(
    tmp_path: Path, shape: list[int], kind: int, reason: str
) -> None:
    assert reason in complaint(save(tmp_path / "odd.onnx", shape, kind))


def test_an_input_that_no_family_has(tmp_path: Path) -> None:
    path = save(tmp_path / "odd.onnx", [1, 3, 64, 64], more_inputs=["scale_factor"])
    assert "needs the input `scale_factor` beside the picture" in complaint(path)


def test_outputs_that_are_no_arrays(tmp_path: Path) -> None:
    path = save(tmp_path / "odd.onnx", [1, 3, 64, 64], operator="SequenceConstruct")
    model = onnx.load(path)
    element = helper.make_tensor_type_proto(TensorProto.FLOAT, None)
    model.graph.output[0].type.CopyFrom(helper.make_sequence_type_proto(element))
    onnx.save(model, path)
    assert "`y` is no array" in complaint(path)


def test_quantised_outputs_without_a_scale(tmp_path: Path) -> None:
    net = Network(input_type="uint8")
    table = net.among_cells(net.row(*net.centre(), net.scores), 7)
    net.output("output0", net.add("Transpose", table, perm=[0, 2, 1]), [1, 7, 525], "uint8")
    text = complaint(net.save(tmp_path / "int.onnx", ultralytics()))
    assert "its output `output0` is uint8 without a scale" in text


def test_a_model_that_fails_when_it_runs(tmp_path: Path) -> None:
    """Made for 100x100 inside although any size is declared."""
    net = Network(shape=(1, 3, "h", "w"))
    flat = net.add("Reshape", net.x, net.const([1, 3, 10_000], np.int64))
    net.output("output0", flat, [1, 3, 10_000])
    assert "fails.onnx could not be run on CPU" in complaint(net.save(tmp_path / "fails.onnx"))


@pytest.mark.parametrize(("score", "reason"), [(7.5, "confidence of 7.5"), (0.9, "finite")])
def test_numbers_that_are_no_boxes(tmp_path: Path, score: float, reason: str) -> None:
    net = Network()
    values = [np.nan] * 4 if reason == "finite" else [20.0, 20, 9, 9]
    row = net.row(net.const([*values, score, score, score]))
    table = net.add("Transpose", net.among_cells(row, 7), perm=[0, 2, 1])
    net.output("output0", table, [1, 7, 525])
    text = complaint(net.save(tmp_path / "odd.onnx", ultralytics()))
    assert "odd.onnx gives no boxes when read as yolo" in text
    assert reason in text


def test_a_class_beyond_the_names_is_left_out(tmp_path: Path) -> None:
    """Finished boxes do not say how many classes there are."""
    net = Network()
    row = net.row(*net.corners(), net.const([0.9]), net.const([5.0]))
    two = net.const(2, np.int64)
    net.output("output0", net.among_zeros(row, two, two, 6), [1, 5, 6])
    detector = load_detector(net.save(tmp_path / "m.onnx", ultralytics()), providers=("cpu",))
    assert len(detector.detect(street())) == 0


def test_a_file_with_any_damage_never_crashes(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Bytes changed, cut off and doubled at random: opened or refused, nothing else."""
    net = Network()
    table = net.among_cells(net.row(*net.centre(), net.scores), 7)
    net.output("output0", net.add("Transpose", table, perm=[0, 2, 1]), [1, 7, 525])
    whole = net.save(tmp_path / "m.onnx", ultralytics()).read_bytes()
    chance = random.Random(5)
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 20))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if chance.random() < 0.2:
            del damaged[chance.randrange(len(damaged)) :]
        (tmp_path / "m.onnx").write_bytes(bytes(damaged))
        try:
            load_detector(tmp_path / "m.onnx", providers=("cpu",))
        except ModelError:
            refused += 1
    assert refused > 20
    assert capfd.readouterr() == ("", "")
