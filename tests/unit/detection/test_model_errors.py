"""A model that cannot be used says which file it is, why, and what would help."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pipeline.detection.models import BUNDLED_MODEL, DetectorOptions, ModelError, load_detector


def write_model(path: Path, metadata: dict[str, Any], outputs: dict[str, int]) -> Path:
    """Write a model that averages its input into outputs ``(1, 1, width)``."""
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, "h", "w"])
    nodes = [helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=0)]
    shapes, values = [], []
    for name, width in outputs.items():
        shapes.append(helper.make_tensor(f"{name}_shape", TensorProto.INT64, [3], [1, 1, width]))
        nodes.append(helper.make_node("Expand", ["mean", f"{name}_shape"], [name]))
        values.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, width]))
    graph = helper.make_graph(nodes, "tiny", [images], values, shapes)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(
        model, {k: v if isinstance(v, str) else json.dumps(v) for k, v in metadata.items()}
    )
    onnx.save(model, path)
    return path


def nanodet_metadata() -> dict[str, Any]:
    return {
        "family": "nanodet",
        "names": ["person", "car"],
        "strides": [32],
        "bins": 8,
        "mean": [0, 0, 0],
        "std": [1, 1, 1],
        "color_order": "BGR",
        "pad_value": 114,
        "input_sizes": [[64, 64]],
    }


def complaint(path: Path, **options: Any) -> str:
    with pytest.raises(ModelError) as caught:
        load_detector(path, DetectorOptions(**options), providers=("cpu",))
    return str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    assert "gone.onnx does not exist" in complaint(tmp_path / "gone.onnx")


def test_a_file_that_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "half.onnx"
    path.write_bytes(BUNDLED_MODEL.read_bytes()[:100_000])
    assert "half.onnx is not a complete ONNX model" in complaint(path)


@pytest.mark.parametrize("content", [b"", b"hello, I am a text", b"\x00" * 500])
def test_a_file_that_is_no_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(content)
    assert complaint(path).startswith("other.onnx is not a complete ONNX model")


def test_a_model_of_no_known_family_names_its_outputs_and_the_families(tmp_path: Path) -> None:
    text = complaint(write_model(tmp_path / "some.onnx", {}, {"out": 2}))
    assert "some.onnx is of no known model family: it has the outputs `out` [1, 1, 2]" in text
    assert all(family in text for family in ("nanodet", "yolo", "yolox", "rtdetr", "ssd"))


def test_a_family_that_does_not_exist_cannot_be_picked() -> None:
    assert "Did you mean `yolox`?" in complaint(BUNDLED_MODEL, family="yollox")


def test_a_family_that_does_not_fit_cannot_be_picked(tmp_path: Path) -> None:
    path = write_model(tmp_path / "some.onnx", {}, {"out": 2})
    text = complaint(path, family="ssd")
    assert "some.onnx cannot be read as ssd: it has the outputs `out` [1, 1, 2]" in text


def _constant_model(path: Path, side: int, value: float, **saved: Any) -> Path:
    """Write a model for pictures of ``side`` pixels that always gives one and the same output."""
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, side, side])
    boxes = helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, 6, 84])
    filled = numpy_helper.from_array(np.full((1, 6, 84), value, np.float32), "filled")
    node = helper.make_node("Identity", ["filled"], ["boxes"])
    graph = helper.make_graph([node], "tiny", [images], [boxes], [filled])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path, **saved)
    return path


@pytest.mark.parametrize("side", [0, 50_000])
def test_pictures_of_no_size_that_could_be_made(tmp_path: Path, side: int) -> None:
    text = complaint(_constant_model(tmp_path / "odd.onnx", side, 0.0))
    assert f"odd.onnx takes pictures of {side}x{side}; a side may have 1 to 4096 pixels" in text


def test_outputs_that_are_no_numbers(tmp_path: Path) -> None:
    """Such as half precision gives; every frame would have no objects, without a word."""
    text = complaint(_constant_model(tmp_path / "half.onnx", 64, math.nan))
    assert "its output `boxes` is not a number (NaN)" in text


def test_weights_in_another_file_that_was_cut_off(tmp_path: Path) -> None:
    path = _constant_model(
        tmp_path / "apart.onnx",
        64,
        0.0,
        save_as_external_data=True,
        location="apart.data",
        size_threshold=10,
    )
    (tmp_path / "apart.data").write_bytes(b"short")
    assert "keeps its weights in another file, which is not complete" in complaint(path)


def test_an_operator_of_somebodys_own(tmp_path: Path) -> None:
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 64])
    boxes = helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, 6, 84])
    node = helper.make_node("Magic", ["images"], ["boxes"], domain="acme")
    graph = helper.make_graph([node], "tiny", [images], [boxes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "own.onnx")
    text = complaint(tmp_path / "own.onnx")
    assert "needs an operator that this onnxruntime does not have" in text
    assert "acme" in text


def test_outputs_of_another_model(tmp_path: Path) -> None:
    path = write_model(tmp_path / "some.onnx", nanodet_metadata(), {"boxes": 4, "scores": 2})
    assert "no output scores_32 of width 2; it has boxes, scores" in complaint(path)


@pytest.mark.parametrize("name", ["names", "strides", "bins", "mean", "color_order", "input_sizes"])
def test_metadata_that_lacks_something(tmp_path: Path, name: str) -> None:
    metadata = nanodet_metadata()
    del metadata[name]
    path = write_model(tmp_path / "some.onnx", metadata, {"scores_32": 2, "distances_32": 32})
    assert f"metadata is missing or wrong (KeyError('{name}'))" in complaint(path)


def test_a_class_that_the_model_does_not_know() -> None:
    text = complaint(BUNDLED_MODEL, classes=("car", "bycicle"))
    assert "no class `bycicle`. Did you mean `bicycle`?" in text


def test_an_input_size_that_does_not_fit() -> None:
    text = complaint(BUNDLED_MODEL, input_size=(650, 390))
    assert "multiples of 32" in text
    assert "Nearest: 640x384" in text


def test_a_provider_that_is_not_there_is_passed_over_with_the_reason() -> None:
    detector = load_detector(BUNDLED_MODEL, providers=("cuda", "cpu"))
    assert detector.info.provider == "cpu"
    assert detector.info.reason == "CUDA is not in this build of onnxruntime"


def test_the_cpu_alone_needs_no_reason() -> None:
    assert load_detector(BUNDLED_MODEL, providers=("cpu",)).info.reason == ""


def test_a_model_in_a_folder_of_any_script_opens(tmp_path: Path) -> None:
    folder = tmp_path / "模型 é"
    folder.mkdir()
    copy = Path(shutil.copy(BUNDLED_MODEL, folder / "детектор.onnx"))
    assert load_detector(copy, providers=("cpu",)).info.model == "детектор.onnx"
