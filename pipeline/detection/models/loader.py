"""Loads a detector model: finds out its family, opens it, tries it once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.detection.models.detector import Detector, DetectorOptions, ModelError, Provider
from pipeline.detection.models.nanodet import NanoDet
from pipeline.detection.models.session import ModelSession, open_session, threads_for
from pipeline.paths import RESOURCES

BUNDLED: Final = "bundled"
BUNDLED_MODEL: Final = RESOURCES / "models" / "nanodet-g.onnx"
PROBE_SHAPE: Final = (360, 640, 3)

FamilyFactory = Callable[[ModelSession, DetectorOptions], Detector]
FAMILIES: Final[dict[str, FamilyFactory]] = {"nanodet": NanoDet}
"""How a detector of each family is made; the model file names its family in its metadata."""


def model_path(name: str) -> Path:
    """Return the file of the model that the settings name: ``bundled``, or a path."""
    return BUNDLED_MODEL if name == BUNDLED else Path(name).expanduser()


def load_detector(
    path: Path,
    *,
    providers: Sequence[Provider] = ("directml", "cpu"),
    threads: int = 0,
    input_size: tuple[int, int] | None = None,
    confidence: float = 0.38,
    iou: float = 0.5,
    classes: tuple[str, ...] = (),
) -> Detector:
    """Return the detector in `path`, ready to run and tried once.

    Args:
        path: an ONNX file whose metadata names its family.
        providers: execution providers in order of preference; the CPU is always the last resort.
        threads: threads of one inference; 0 leaves one core to the window.
        input_size: (width, height) of the model's input in pixels; None to choose by the picture.
        confidence: boxes below are dropped.
        iou: boxes of one class overlapping more are one object.
        classes: names to keep; empty for those the model recommends.

    Raises:
        ModelError: the file is missing, broken, of an unknown family, does not keep its family's
            contract, or an option does not fit it.
    """
    options = DetectorOptions(confidence, iou, classes, input_size)
    detectors: list[Detector] = []

    def probe(session: ModelSession) -> None:
        detector = _family(session)(session, options)
        detector.detect(np.full(PROBE_SHAPE, 127, np.uint8))
        detectors.append(detector)

    open_session(path, providers, threads_for(threads), probe)
    return detectors[-1]


def _family(session: ModelSession) -> FamilyFactory:
    family = session.metadata.get("family", "")
    if family not in FAMILIES:
        said = f"is of the family `{family}`" if family else "does not name its model family"
        raise ModelError(
            f"{session.path.name} {said}; known: {', '.join(FAMILIES)}. "
            "Add `family` and what it needs to the metadata of the ONNX file."
        )
    return FAMILIES[family]
