"""NanoDet-Plus exports: sides as distributions over bins, measured from the cell's corner."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.detection.models import load_detector
from tests.unit.detection.families.networks import (
    NAMES,
    SCORE,
    SQUARE,
    Network,
    found_box,
    street,
)

CELLS = 20 * 20 + 10 * 10 + 5 * 5 + 3 * 3
STRIDE, COLUMN, ROW = 16, 4, 3
INDEX = 20 * 20 + ROW * 10 + COLUMN


@pytest.mark.parametrize("kind", ["float32", "float16"])
def test_the_square_is_found(tmp_path: Path, kind: str) -> None:
    net = Network(
        input_type=kind,
        input_name="data",
        order="BGR",
        mean=(103.53, 116.28, 123.675),
        std=(57.375, 57.12, 58.395),
    )
    stride, bins = net.const(float(STRIDE)), net.const(np.arange(8))
    logits = []
    for edge, place, sign in (
        (net.left, COLUMN, -1.0),
        (net.top, ROW, -1.0),
        (net.right, COLUMN, 1.0),
        (net.bottom, ROW, 1.0),
    ):
        distance = net.add("Sub", net.add("Div", edge, stride), net.const(float(place)))
        distance = net.add("Mul", distance, net.const(sign))
        weight = net.add("Sub", net.const(1.0), net.add("Abs", net.add("Sub", distance, bins)))
        logits.append(net.add("Log", net.add("Max", weight, net.const(1e-7))))
    row = net.row(net.scores, *logits)
    before, after = (net.const(count, np.int64) for count in (INDEX, CELLS - INDEX - 1))
    net.output("output", net.among_zeros(row, before, after, 35), [1, CELLS, 35], kind)
    path = net.save(tmp_path / "m.onnx", {"names": str(list(NAMES))})
    detector = load_detector(path, providers=("cpu",))
    found = detector.detect(street())
    assert detector.info.family == "nanodet-plus"
    assert found_box(found.xyxy) == pytest.approx(SQUARE, abs=1.1)
    assert found.class_id.tolist() == [1]
    assert found.confidence[0] == pytest.approx(SCORE, abs=0.01)
