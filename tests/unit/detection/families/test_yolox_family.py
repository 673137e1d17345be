"""YOLOX exports with the grid decoded inside and without; the picture at the top left, BGR, 0..255."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.detection.models import Detector, load_detector
from tests.unit.detection.families.networks import (
    NAMES,
    SCORE,
    SQUARE,
    Network,
    cell_corners,
    found_box,
    street,
)

CELLS = 20 * 20 + 10 * 10 + 5 * 5
INDEX = 437
"""Row 3, column 7 of the grid of stride 16."""
STRIDE, COLUMN, ROW = 16, 7, 3


def yolox(kind: str = "float32", *, decoded: bool, axes: str = "NCHW") -> Network:
    shape = (1, 3, 160, 160) if axes == "NCHW" else (1, 160, 160, 3)
    net = Network(shape=shape, order="BGR", std=(1, 1, 1), input_type=kind, axes=axes)
    x, y, width, height = net.centre()
    rest = np.zeros((1, CELLS, 8), np.float32)
    if decoded:
        rest[0, :, :2] = cell_corners() + 3
        rest[0, :, 2:4] = 20
        rest[0, INDEX] = 0
    else:
        stride = net.const(float(STRIDE))
        x = net.add("Sub", net.add("Div", x, stride), net.const(float(COLUMN)))
        y = net.add("Sub", net.add("Div", y, stride), net.const(float(ROW)))
        width = net.add("Log", net.add("Div", width, stride))
        height = net.add("Log", net.add("Div", height, stride))
    row = net.row(x, y, width, height, net.const([0.95]), net.scores)
    found = net.among_cells(row, 8, index=INDEX)
    net.output("output", net.add("Add", found, net.const(rest)), [1, CELLS, 8], kind)
    return net


def load(path: Path) -> Detector:
    return load_detector(path, providers=("cpu",))


@pytest.mark.parametrize("kind", ["float32", "float16"])
@pytest.mark.parametrize("decoded", [True, False])
@pytest.mark.parametrize("axes", ["NCHW", "NHWC"])
def test_the_square_is_found(tmp_path: Path, kind: str, decoded: bool, axes: str) -> None:
    net = yolox(kind, decoded=decoded, axes=axes)
    path = net.save(tmp_path / "m.onnx", {"names": str(list(NAMES))})
    detector = load(path)
    found = detector.detect(street())
    assert detector.info.family == "yolox"
    assert found_box(found.xyxy) == pytest.approx(SQUARE, abs=0.6)
    assert found.class_id.tolist() == [1]
    assert found.confidence[0] == pytest.approx(0.95 * SCORE, abs=0.01)
    where = "decoded inside" if decoded else "decoded here"
    assert any(where in reason for reason in detector.info.evidence)


def test_an_export_of_unknown_output_name_is_told_by_its_undecoded_grid(tmp_path: Path) -> None:
    net = yolox(decoded=False)
    net.nodes[-1].output[0] = net.outputs[-1].name = "1234"
    detector = load(net.save(tmp_path / "m.onnx", {"names": str(list(NAMES))}))
    assert detector.info.family == "yolox"
