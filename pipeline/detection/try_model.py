"""Runs a detector on picture files and reports what it found, as text, JSON and drawings."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.detection.annotate import annotate
from pipeline.detection.images import read_image, write_image
from pipeline.detection.models import Detections, Detector
from pipeline.texts import packed

SUFFIX: Final = ".detected.jpg"
"""Replaces the picture's own suffix in the name of the annotated copy."""


@dataclass(frozen=True, slots=True)
class PictureResult:
    """What was found in one picture.

    Attributes:
        path: the picture.
        annotated: its copy with boxes.
        milliseconds: how long detecting took (the median of all times), without reading and writing files.
        input_size: (width, height) of the model's input, pixels.
        detections: the objects, in pixels of the picture.
    """

    path: Path
    annotated: Path
    milliseconds: float
    input_size: tuple[int, int]
    detections: Detections


def detect_picture(
    detector: Detector, path: Path, folder: Path | None = None, repeat: int = 1
) -> PictureResult:
    """Detect in the picture `path`; write a copy with boxes into `folder`, or beside it.

    It is done `repeat` times, for the time alone.

    Raises:
        ImageError: the file is no picture.
        ModelError: the model could not be run.
        OSError: the picture cannot be read, or the copy not be written.
    """
    picture = read_image(path)
    times_ms = []
    found = Detections.empty()
    for _ in range(max(1, repeat)):
        started_s = time.perf_counter()
        found = detector.detect(picture)
        times_ms.append((time.perf_counter() - started_s) * 1000)
    milliseconds = statistics.median(times_ms)
    annotated = (folder or path.parent) / path.with_suffix(SUFFIX).name
    annotated.parent.mkdir(parents=True, exist_ok=True)
    write_image(annotated, annotate(picture, found, detector.names))
    size = detector.input_size_for((picture.shape[1], picture.shape[0]))
    return PictureResult(path, annotated, milliseconds, size, found)


def as_table(detector: Detector, results: Sequence[PictureResult]) -> str:
    """Return the results as text for a terminal."""
    info = detector.info
    lines = [f"{info.model} ({info.family}) on {info.provider_name}, threads: {info.threads}"]
    if info.reason:
        lines.append(f"  {info.reason}")
    lines += [f"  {reason}" for reason in info.evidence]
    for result in results:
        found = result.detections
        width, height = result.input_size
        lines.append(
            f"{result.path}: {len(found)} objects, {result.milliseconds:.1f} ms "
            f"at {width}x{height} -> {result.annotated}"
        )
        for class_id, confidence, box in zip(
            found.class_id, found.confidence, found.xyxy, strict=True
        ):
            edges = " ".join(f"{edge:7.1f}" for edge in box)
            lines.append(f"  {detector.names[class_id]:<14} {confidence:.2f}  {edges}")
    return "\n".join(lines)


def as_json(detector: Detector, results: Sequence[PictureResult]) -> dict[str, Any]:
    """Return the results as values for JSON, with the field names of the topics.

    Texts stand there in English, and under ``told`` with what they are made of.
    """
    info = detector.info
    told = {"reason": packed(info.reason), "evidence": [packed(text) for text in info.evidence]}
    return {
        "model": {**asdict(info), "providerName": info.provider_name, "told": told},
        "images": [
            {
                "image": str(result.path),
                "annotated": str(result.annotated),
                "inputSize": list(result.input_size),
                "milliseconds": round(result.milliseconds, 2),
                "detectedObjects": objects_as_json(detector, result.detections),
            }
            for result in results
        ],
    }


def objects_as_json(detector: Detector, found: Detections) -> list[dict[str, Any]]:
    """Return each object's class, confidence and box ``[x1, y1, x2, y2]``."""
    return [
        {
            "class": detector.names[class_id],
            "confidence": round(float(confidence), 4),
            "bbox": [round(float(edge), 1) for edge in box],
        }
        for class_id, confidence, box in zip(
            found.class_id, found.confidence, found.xyxy, strict=True
        )
    ]
