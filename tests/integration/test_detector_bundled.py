"""The bundled model and clip: the files are the documented ones, and give the stored boxes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.detection.images import Picture
from pipeline.detection.models import BUNDLED_MODEL, Detector, DetectorOptions, load_detector
from pipeline.detection.try_model import objects_as_json
from pipeline.paths import RESOURCES

pytestmark = pytest.mark.integration

CLIP = RESOURCES / "demo" / "market-street-1906.mp4"
STORED = Path(__file__).parent / "data" / "boxes-of-frame-30.json"
CLEAR_CONFIDENCE = 0.45
"""Objects this clear are found by every processor; those at the threshold may come and go."""


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector(BUNDLED_MODEL, DetectorOptions(confidence=0.3), providers=("cpu",))


@pytest.fixture(scope="module")
def frame() -> Picture:
    number = json.loads(STORED.read_text(encoding="utf-8"))["frame"]
    capture = cv2.VideoCapture(str(CLIP))
    for _ in range(number):
        assert capture.grab()
    ok, picture = capture.read()
    capture.release()
    assert ok
    return np.asarray(picture, np.uint8)


def overlap(first: list[float], second: list[float]) -> float:
    """Return intersection over union of two boxes."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(0.0, width) * max(0.0, height)
    sizes = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return shared / (sum(sizes) - shared)


def test_the_model_file_is_the_recorded_one() -> None:
    record = json.loads(BUNDLED_MODEL.with_suffix(".json").read_text(encoding="utf-8"))
    payload = BUNDLED_MODEL.read_bytes()
    assert hashlib.sha256(payload).hexdigest() == record["sha256"]
    assert len(payload) == record["bytes"]


def test_the_clip_is_the_one_whose_provenance_is_told() -> None:
    told = (CLIP.parent / "PROVENANCE.md").read_text(encoding="utf-8")
    assert hashlib.sha256(CLIP.read_bytes()).hexdigest() in told
    assert CLIP.stat().st_size <= 4_000_000


def test_the_licences_lie_beside_the_files() -> None:
    models = RESOURCES / "models"
    assert "Vladimir Mandic" in (models / "LICENSE-human-models.txt").read_text(encoding="utf-8")
    assert "RangiLyu" in (models / "LICENSE-nanodet.txt").read_text(encoding="utf-8")
    assert list((RESOURCES / "demo").glob("LICENSE-*.txt"))


def test_every_frame_of_the_clip_can_be_read() -> None:
    capture = cv2.VideoCapture(str(CLIP))
    rate = capture.get(cv2.CAP_PROP_FPS)
    count = 0
    while capture.grab():
        count += 1
    capture.release()
    assert (count, round(rate, 2)) == (480, 14.99)


def test_a_frame_gives_the_stored_boxes(detector: Detector, frame: Picture) -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))["detectedObjects"]
    found = objects_as_json(detector, detector.detect(frame))
    for wanted, offered in ((stored, found), (found, stored)):
        for entry in wanted:
            if entry["confidence"] < CLEAR_CONFIDENCE:
                continue
            same: list[dict[str, Any]] = [
                other
                for other in offered
                if other["class"] == entry["class"]
                and overlap(other["bbox"], entry["bbox"]) > 0.9
                and abs(other["confidence"] - entry["confidence"]) < 0.03
            ]
            assert same, f"{entry} has no partner"


def test_the_surest_objects_come_first(detector: Detector, frame: Picture) -> None:
    confidence = detector.detect(frame).confidence
    assert len(confidence) > 5
    assert np.all(np.diff(confidence) <= 0)


@pytest.mark.parametrize("size", [(416, 256), (480, 320), (640, 384), (416, 416)])
def test_the_model_takes_any_input_size(frame: Picture, size: tuple[int, int]) -> None:
    small = load_detector(BUNDLED_MODEL, DetectorOptions(input_size=size), providers=("cpu",))
    names = {small.names[class_id] for class_id in small.detect(frame).class_id}
    assert "person" in names


def test_only_the_wanted_classes_are_kept(frame: Picture) -> None:
    chosen = load_detector(
        BUNDLED_MODEL, DetectorOptions(classes=("bus",), confidence=0.1), providers=("cpu",)
    )
    found = chosen.detect(frame)
    assert {chosen.names[class_id] for class_id in found.class_id} == {"bus"}


def test_a_grey_picture_shows_nothing(detector: Detector) -> None:
    assert len(detector.detect(np.full((360, 640, 3), 127, np.uint8))) == 0


@pytest.mark.parametrize("shape", [(1, 1, 3), (2000, 3, 3), (3, 2000, 3)])
def test_odd_pictures_break_nothing(detector: Detector, shape: tuple[int, int, int]) -> None:
    assert len(detector.detect(np.zeros(shape, np.uint8))) == 0
