"""Cuts the picture of a group out of its frame."""

from __future__ import annotations

from typing import Final

from pipeline.detection.images import Picture
from pipeline.messages import Box

PADDING: Final = 0.2
"""Share of the group's sides added on each side: what is around explains the scene."""
MIN_SIDE_PX: Final = 160


def crop_around(picture: Picture, box: Box) -> tuple[Picture, tuple[int, int]]:
    """Return a copy of the part of `picture` around `box`, and where its left top corner is.

    It is padded, at least `MIN_SIDE_PX`, inside the picture, and a copy so that the frame can go.
    """
    height, width = picture.shape[:2]
    left, right = _padded(box[0], box[2], width)
    top, bottom = _padded(box[1], box[3], height)
    return picture[top:bottom, left:right].copy(), (left, top)


def _padded(start: float, end: float, limit: int) -> tuple[int, int]:
    length = max((end - start) * (1 + 2 * PADDING), MIN_SIDE_PX)
    first = (start + end - length) / 2
    first = max(0.0, min(first, limit - length))
    return int(first), max(int(first) + 1, min(limit, round(first + length)))
