"""Draws boxes on a picture for a file; the window draws its own over the live picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from pipeline.detection.images import Picture
from pipeline.detection.models.detections import Detections

COLORS_BGR: Final = (
    (66, 176, 245),
    (211, 132, 76),
    (129, 207, 62),
    (92, 92, 239),
    (222, 120, 190),
    (200, 200, 66),
)
"""A colour per class, taken in turn."""
DARK_BGR: Final = (24, 20, 16)
FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
PICTURE_PX_PER_LINE_PX: Final = 480
"""A line is one pixel thick for each this many pixels of the picture's longer side."""


def annotate(picture: Picture, detections: Detections, names: Sequence[str]) -> Picture:
    """Return a copy of `picture` ``(H, W, 3)`` BGR with boxes, class names and confidences."""
    drawn = picture.copy()
    thickness = max(1, round(max(picture.shape[:2]) / PICTURE_PX_PER_LINE_PX))
    for index in reversed(range(len(detections))):
        class_id = int(detections.class_id[index])
        color = COLORS_BGR[class_id % len(COLORS_BGR)]
        left, top, right, bottom = (round(float(edge)) for edge in detections.xyxy[index])
        cv2.rectangle(drawn, (left, top), (right, bottom), color, thickness)
        text = f"{names[class_id]} {detections.confidence[index]:.2f}"
        if detections.track_id is not None and detections.track_id[index] >= 0:
            text += f" #{detections.track_id[index]}"
        _label(drawn, text, (left, top), color, thickness)
    return drawn


def _label(
    picture: Picture,
    text: str,
    corner: tuple[int, int],
    color: tuple[int, int, int],
    thickness: int,
) -> None:
    """Write `text` above a box whose left top corner is given, inside the picture."""
    scale = 0.4 * thickness
    (width, height), baseline = cv2.getTextSize(text, FONT, scale, thickness)
    left = int(np.clip(corner[0], 0, max(0, picture.shape[1] - width)))
    bottom = max(corner[1], height + baseline)
    top_left, bottom_right = (left, bottom - height - baseline), (left + width, bottom)
    cv2.rectangle(picture, top_left, bottom_right, color, cv2.FILLED)
    origin = (left, bottom - baseline)
    cv2.putText(picture, text, origin, FONT, scale, DARK_BGR, thickness, cv2.LINE_AA)
