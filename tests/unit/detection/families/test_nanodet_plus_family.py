"""NanoDet-Plus exports: sides as distributions over bins, measured from the cell's corner."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.detection.models import load_detector
from tests.unit.detection.families.exports import nanodet_plus
from tests.unit.detection.families.networks import (
    NAMES,
    SCORE,
    SQUARE,
    found_box,
    street,
)


@pytest.mark.parametrize("kind", ["float32", "float16"])
def test_the_square_is_found(tmp_path: Path, kind: str) -> None:
    net = nanodet_plus(kind)
    path = net.save(tmp_path / "m.onnx", {"names": str(list(NAMES))})
    detector = load_detector(path, providers=("cpu",))
    found = detector.detect(street())
    assert detector.info.family == "nanodet-plus"
    assert found_box(found.xyxy) == pytest.approx(SQUARE, abs=1.1)
    assert found.class_id.tolist() == [1]
    assert found.confidence[0] == pytest.approx(SCORE, abs=0.01)
