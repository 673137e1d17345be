"""Which objects of a picture are looked at: those in its region and in none of its excluded zones.

An object stands where the middle of its box's lower edge is, its foot point. Places are counted in
heights of the picture, right and down from its upper left corner, so that shapes keep their angles
and still fit after a change of resolution.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.detection.models.detections import Floats
from pipeline.settings_cameras import CameraSettings

Places = NDArray[np.float64]
Mask = NDArray[np.bool_]


def foot_points(boxes: Floats, frame_height: int) -> Places:
    """Return where objects stand, ``(N, 2)``, of `boxes` ``(N, 4)`` xyxy pixels."""
    middles = (boxes[:, 0] + boxes[:, 2]) / 2
    return np.stack([middles, boxes[:, 3]], axis=1).astype(np.float64) / frame_height


def placed(points: Sequence[tuple[float, float]], aspect: float) -> Places:
    """Return `points`, given as shares of a picture of `aspect` (width / height), as ``(N, 2)``."""
    return np.array(points, np.float64).reshape(-1, 2) * (aspect, 1.0)


def inside(places: Places, polygon: Places) -> Mask:
    """Return for each of `places` ``(N, 2)`` whether `polygon` ``(M, 2)`` encloses it; ``(N,)``.

    Even-odd rule: a ray to the right crosses the edges of what encloses it an odd number of times.
    """
    x, y = places[:, None, 0], places[:, None, 1]
    x1, y1 = polygon[:, 0], polygon[:, 1]
    x2, y2 = np.roll(x1, -1), np.roll(y1, -1)
    spans = (y1 > y) != (y2 > y)
    slope = (x2 - x1) / np.where(y1 == y2, 1.0, y2 - y1)
    crossed = spans & (x < x1 + slope * (y - y1))
    return np.asarray(crossed.sum(axis=1) % 2 == 1)


class LookedAt:
    """Region and excluded zones of one camera."""

    def __init__(self, camera: CameraSettings) -> None:
        self._region = camera.region
        self._excluded = tuple(area.points for area in camera.excluded)

    @property
    def is_all(self) -> bool:
        """Whether the whole picture is looked at."""
        return not self._region and not self._excluded

    def mask(self, boxes: Floats, frame_size: tuple[int, int]) -> Mask:
        """Return which of `boxes` ``(N, 4)`` xyxy pixels are looked at; ``(N,)``.

        `frame_size` is (width, height) in pixels.
        """
        width, height = frame_size
        aspect = width / height
        feet = foot_points(boxes, height)
        # A box that is cut off below ends on the edge itself, which belongs to the picture.
        feet = np.minimum(feet, (aspect - 1e-6, 1.0 - 1e-6))
        kept: Mask = np.ones(len(feet), np.bool_)
        if self._region:
            kept &= inside(feet, placed(self._region, aspect))
        for points in self._excluded:
            kept &= ~inside(feet, placed(points, aspect))
        return kept
