"""Detector models: one module a family, one way to load them all."""

from __future__ import annotations

from pipeline.detection.models.detections import Detections
from pipeline.detection.models.detector import (
    AmbiguousModelError,
    Detector,
    DetectorInfo,
    DetectorOptions,
    ModelError,
)
from pipeline.detection.models.loader import BUNDLED_MODEL, load_detector, model_path

__all__ = [
    "BUNDLED_MODEL",
    "AmbiguousModelError",
    "Detections",
    "Detector",
    "DetectorInfo",
    "DetectorOptions",
    "ModelError",
    "load_detector",
    "model_path",
]
