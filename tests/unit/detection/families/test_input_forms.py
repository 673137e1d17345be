"""Every family with every input that exports have: four number types, two orders, several pictures.

The networks are those of each family's own tests; what changes is in front of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import onnx
import pytest

from pipeline.detection.boxes import overlaps
from pipeline.detection.images import Picture
from pipeline.detection.models import (
    BUNDLED_MODEL,
    Detections,
    Detector,
    DetectorOptions,
    load_detector,
)
from pipeline.paths import RESOURCES
from tests.unit.detection.families import exports
from tests.unit.detection.families.networks import (
    FRAME_SIZE,
    NAMES,
    SCORE,
    SQUARE,
    Network,
    found_box,
    street,
    ultralytics,
)
from tests.unit.detection.families.reform import reform

KINDS: Final = ("float32", "float16", "uint8", "int8")
LISTED: Final = {"names": str(list(NAMES))}
SQUARE_MIRRORED: Final = (
    FRAME_SIZE[0] - SQUARE[2],
    SQUARE[1],
    FRAME_SIZE[0] - SQUARE[0],
    SQUARE[3],
)


@dataclass(frozen=True)
class Export:
    """One family's export.

    Attributes:
        net: builds it, for one picture in float32.
        name: what the square is called.
        score: of the square.
    """

    net: Callable[[], Network]
    metadata: Mapping[str, str]
    name: str = NAMES[1]
    score: float = SCORE
    classes: tuple[str, ...] = ()


def ssd(names: Sequence[str], label: int) -> Callable[[], Network]:
    def build() -> Network:
        scale = {"mean": (127.5,) * 3, "std": (127.5,) * 3} if names == exports.TFLITE else {}
        scale = scale or {"std": (1, 1, 1)}
        net = Network(shape=(1, 160, 160, 3), axes="NHWC", **scale)  # type: ignore[arg-type]
        return exports.add_outputs(net, tuple(names), label)  # type: ignore[arg-type]

    return build


EXPORTS: Final = {
    "yolo": Export(exports.yolo, ultralytics()),
    "yolo-end2end": Export(exports.finished, ultralytics(end2end="True")),
    "yolov5": Export(
        lambda: exports.rows_with_objectness(3), LISTED | {"stride": "32"}, score=0.95 * SCORE
    ),
    "yolox": Export(lambda: exports.yolox(decoded=False), LISTED, score=0.95 * SCORE),
    "yolox/decoded": Export(lambda: exports.yolox(decoded=True), LISTED, score=0.95 * SCORE),
    "rtdetr": Export(exports.with_size_input, LISTED),
    "rtdetr/transformers": Export(exports.transformers, {}, "car", classes=("car",)),
    "rtdetr/ultralytics": Export(
        exports.one_output, ultralytics(description="Ultralytics rtdetr-l model")
    ),
    "rfdetr": Export(exports.rfdetr, {}, "car"),
    "ssd": Export(ssd(exports.TENSORFLOW, exports.CAR), {}, "car"),
    "ssd/tflite": Export(ssd(exports.TFLITE, exports.CAR - 1), {}, "car"),
    "nanodet-plus": Export(exports.nanodet_plus, LISTED),
}


def load(path: Path, **options: object) -> Detector:
    return load_detector(path, DetectorOptions(**options), providers=("cpu",))  # type: ignore[arg-type]


def together(detector: Detector, frames: Sequence[Picture]) -> list[Detections]:
    """Return what each frame shows, found in as few runs as the detector allows."""
    inferred = detector.infer([detector.prepare(frame) for frame in frames])
    return [detector.finish(one) for one in inferred]


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("axes", "batch"), [("NCHW", 1), ("NHWC", 1), ("NHWC", 3)], ids=["NCHW", "NHWC", "3xNHWC"]
)
def test_the_square_is_found(tmp_path: Path, name: str, kind: str, axes: str, batch: int) -> None:
    export = EXPORTS[name]
    net = export.net()
    plain = onnx.load(net.save(tmp_path / "plain.onnx", export.metadata))
    model = reform(plain, kind=kind, axes=axes, batch=batch, mean=net.mean, std=net.std)
    onnx.save(model, tmp_path / "m.onnx")
    detector = load(tmp_path / "m.onnx", classes=export.classes)
    assert detector.info.family == name.partition("/")[0]
    assert detector.max_batch == batch
    # The last run of a fixed batch is filled up with copies.
    mirrored = np.ascontiguousarray(street()[:, ::-1])
    squares = [(street(), SQUARE), (mirrored, SQUARE_MIRRORED)][: min(batch, 2)]
    seen = together(detector, [frame for frame, _ in squares])
    for found, (_, square) in zip(seen, squares, strict=True):
        assert found_box(found.xyxy) == pytest.approx(square, abs=1.1)
        assert [detector.names[class_id] for class_id in found.class_id] == [export.name]
        assert found.confidence[0] == pytest.approx(export.score, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_the_bundled_model_sees_the_same_through_every_input(tmp_path: Path, kind: str) -> None:
    plain = load(BUNDLED_MODEL, input_size=(416, 256))
    model = onnx.load(BUNDLED_MODEL)
    facts = {entry.key: entry.value for entry in model.metadata_props}
    mean, std = json.loads(facts["mean"]), json.loads(facts["std"])
    onnx.save(
        reform(model, kind=kind, axes="NHWC", batch=2, mean=mean, std=std), tmp_path / "m.onnx"
    )
    detector = load(tmp_path / "m.onnx", input_size=(416, 256))
    frames = clip_frames()
    for found, frame in zip(together(detector, frames), frames, strict=True):
        expected = plain.detect(frame)
        assert len(found) == len(expected) > 3
        # In half precision pixels are rounded, and boxes of like confidence may change places.
        shares = overlaps(expected.xyxy, found.xyxy)
        places = shares.argmax(axis=1)
        assert shares.max(axis=1).min() > (0.97 if kind == "float16" else 0.999)
        assert found.class_id[places].tolist() == expected.class_id.tolist()
        assert np.allclose(found.confidence[places], expected.confidence, atol=0.01)


def clip_frames() -> list[Picture]:
    capture = cv2.VideoCapture(str(RESOURCES / "demo" / "market-street-1906.mp4"))
    read = [capture.read()[1] for _ in range(31)]
    capture.release()
    return [np.asarray(read[0], np.uint8), np.asarray(read[30], np.uint8)]
