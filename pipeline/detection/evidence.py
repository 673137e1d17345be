"""Cuts the picture of a group out of its frame and makes it a small JPEG."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from pipeline.detection.images import Picture
from pipeline.messages import Box

PADDING: Final = 0.2
"""Share of the group's sides added on each side: what is around explains the scene."""
MIN_SIDE_PX: Final = 160
MAX_SIDE_PX: Final = 800
QUALITIES: Final = (85, 75, 65, 50)
SHRINK: Final = 0.75
MIN_ENCODED_SIDE_PX: Final = 32


def crop_around(picture: Picture, box: Box) -> Picture:
    """Return a copy of the part of `picture` around `box`, padded and at least `MIN_SIDE_PX`.

    It stays inside the picture, and is a copy so that the frame can go.
    """
    height, width = picture.shape[:2]
    left, right = _padded(box[0], box[2], width)
    top, bottom = _padded(box[1], box[3], height)
    return picture[top:bottom, left:right].copy()


def _padded(start: float, end: float, limit: int) -> tuple[int, int]:
    length = max((end - start) * (1 + 2 * PADDING), MIN_SIDE_PX)
    first = (start + end - length) / 2
    first = max(0.0, min(first, limit - length))
    return int(first), max(int(first) + 1, min(limit, round(first + length)))


def encode_evidence(crop: Picture, max_bytes: int) -> bytes:
    """Return `crop` as a JPEG of at most `max_bytes`: lower quality first, then fewer pixels."""
    scale = min(1.0, MAX_SIDE_PX / max(crop.shape[:2]))
    while True:
        size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
        scaled = crop if scale == 1.0 else cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
        for quality in QUALITIES:
            _, payload = cv2.imencode(".jpg", scaled, [cv2.IMWRITE_JPEG_QUALITY, quality])
            if len(payload) <= max_bytes or max(size) <= MIN_ENCODED_SIDE_PX:
                return np.asarray(payload, np.uint8).tobytes()
        scale *= SHRINK
