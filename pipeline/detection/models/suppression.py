"""Removes boxes that show the same object a second time."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from pipeline.detection.models.detections import Detections, Mask

VEHICLES: Final = frozenset({"car", "bus", "truck", "train"})
"""Classes that a detector confuses with each other, so that one vehicle gets two boxes."""
NESTED_SHARE: Final = 0.85
"""A box that lies this much within another one of nearly its size is the same object."""
NESTED_SIZE_RATIO: Final = 0.4
"""Smaller boxes than this share of the outer one may well be another vehicle in front of it."""


def suppress(detections: Detections, iou: float, vehicles: Mask) -> Detections:
    """Return the objects without duplicates, most confident first.

    Of boxes of one class that overlap more than `iou` the most confident stays; so it does of
    nested boxes of any class marked in `vehicles` (``(number of classes,)`` of bool).
    """
    if not len(detections):
        return detections
    corners = detections.xyxy
    boxes = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
    kept = cv2.dnn.NMSBoxesBatched(
        boxes.tolist(), detections.confidence.tolist(), detections.class_id.tolist(), 0.0, iou
    )
    survivors = detections[np.asarray(kept, np.int32)]
    order = np.argsort(-survivors.confidence, kind="stable")
    return without_nested(survivors[order], vehicles)


def without_nested(detections: Detections, vehicles: Mask) -> Detections:
    """Return the objects, most confident first, without vehicles nested in a surer one.

    `vehicles` ``(number of classes,)`` marks the classes that may be the same vehicle.
    """
    candidates = np.flatnonzero(vehicles[detections.class_id])
    keep = np.ones(len(detections), np.bool_)
    areas = detections.areas
    for position, index in enumerate(candidates):
        for better in candidates[:position]:
            if not keep[better]:
                continue
            first, second = detections.xyxy[better], detections.xyxy[index]
            sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
            if sides.min() <= 0:
                continue
            small, large = sorted((float(areas[better]), float(areas[index])))
            nested = float(sides[0] * sides[1]) >= NESTED_SHARE * small
            if nested and small >= NESTED_SIZE_RATIO * large:
                keep[index] = False
                break
    return detections[keep]
