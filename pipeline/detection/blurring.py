"""Makes heads and number plates unrecognisable where the detector's boxes say that they are.

No model looks for faces or plates: of a person the upper part of the box is taken, of a vehicle the
lower. That hides more than faces and plates of those who were detected, and nothing of the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np

from pipeline.detection.images import Picture
from pipeline.detection.road_users import PEOPLE, VEHICLES
from pipeline.messages import Box, DetectedObject

HEAD_SHARE: Final = 0.25
"""Of the height of a person's box; a standing adult's head is an eighth, one who sits or is cut off
below shows more of it."""
HEAD_MARGIN: Final = 0.1
"""Of the box's sides, beyond it: boxes are not exact."""
PLATE_SHARE: Final = 0.5
"""Lower part of a vehicle's box; plates are below the middle of cars, and of most trucks and buses."""
BLOCKS: Final = 4
"""Blocks across the shorter side of a hidden part: too few to tell a face or a letter."""


def blur(crop: Picture, origin: tuple[int, int], objects: Iterable[DetectedObject]) -> None:
    """Hide heads and plates of `objects` in `crop` ``(H, W, 3)``, in place.

    Args:
        crop: a part of the frame; must not be the frame itself.
        origin: where its left top corner is in the frame, pixels.
        objects: of the frame.
    """
    for found in objects:
        part = _hidden_part(found)
        if part is not None:
            _coarsen(crop, tuple(round(edge - origin[i % 2]) for i, edge in enumerate(part)))


def _hidden_part(found: DetectedObject) -> Box | None:
    left, top, right, bottom = found.bbox
    width, height = right - left, bottom - top
    if found.object_class in PEOPLE:
        side, above = HEAD_MARGIN * width, HEAD_MARGIN * height
        return left - side, top - above, right + side, top + HEAD_SHARE * height
    if found.object_class in VEHICLES:
        return left, bottom - PLATE_SHARE * height, right, bottom
    return None


def _coarsen(crop: Picture, part: tuple[int, ...]) -> None:
    """Make `part` (left, top, right, bottom in the crop) a few blocks of their mean colours."""
    height, width = crop.shape[:2]
    left, top = max(0, part[0]), max(0, part[1])
    right, bottom = min(width, part[2]), min(height, part[3])
    if right <= left or bottom <= top:
        return
    region = crop[top:bottom, left:right]
    # By the whole part, not by what of it is in the crop: a cut-off head must not get finer blocks.
    block = max(1.0, min(part[2] - part[0], part[3] - part[1]) / BLOCKS)
    size = (max(1, round((right - left) / block)), max(1, round((bottom - top) / block)))
    small = cv2.resize(region, size, interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(small, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST)
    region[:] = np.asarray(coarse, np.uint8)
