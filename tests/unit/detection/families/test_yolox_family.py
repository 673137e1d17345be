"""YOLOX exports with the grid decoded inside and without; the picture at the top left, BGR, 0..255."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.detection.models import Detector, load_detector
from tests.unit.detection.families.exports import yolox
from tests.unit.detection.families.networks import (
    NAMES,
    SCORE,
    SQUARE,
    found_box,
    street,
)


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
