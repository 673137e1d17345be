"""From the picture to the road: places in metres, for cameras of which four points are known. Pure.

A plane seen by a camera without distortion maps to the picture by a homography (Hartley and Zisserman
2004, "Multiple View Geometry", section 2.3). Everything is taken to touch the road with the lower edge
of its box; hills and bent lenses are not accounted for.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.detection.models.detections import Floats, Mask
from pipeline.settings_areas import GroundSettings

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The road before one camera.

    Attributes:
        matrix: ``(3, 3)``, homogeneous picture pixels to homogeneous metres; its third row is
            positive at the known points, so that what lies beyond the horizon is negative.
    """

    matrix: Doubles

    @classmethod
    def of(cls, known: GroundSettings, frame_size: tuple[int, int]) -> Ground:
        """Return the road from four known points, for pictures of ``frame_size`` (width, height)."""
        image = np.array(known.image, np.float32) * np.array(frame_size, np.float32)
        metres = np.array(known.metres, np.float32)
        matrix = np.asarray(cv2.getPerspectiveTransform(image, metres), np.float64)
        first = np.array([*image[0], 1.0])
        return cls(matrix * np.sign(matrix[2] @ first))

    def places(self, points: NDArray[np.floating]) -> Floats:
        """Return where picture points ``(N, 2)`` are on the road, ``(N, 2)`` metres.

        NaN at and beyond the horizon.
        """
        mapped = np.hstack([points, np.ones((len(points), 1))]) @ self.matrix.T
        depth = np.where(mapped[:, 2] > 0, mapped[:, 2], np.nan)
        return (mapped[:, :2] / depth[:, None]).astype(np.float32)

    def velocities(self, points: NDArray[np.floating], velocities: Floats) -> Floats:
        """Return velocities ``(N, 2)`` in metres per second of ``(N, 2)`` pixels per second.

        The derivative of the mapping at each of the `points` ``(N, 2)``; NaN where one is unknown.
        """
        mapped = np.hstack([points, np.ones((len(points), 1))]) @ self.matrix.T
        depth = np.where(mapped[:, 2] > 0, mapped[:, 2], np.nan)[:, None]
        change = velocities @ self.matrix[:, :2].T
        place = mapped[:, :2] / depth
        moved = (change[:, :2] - place * change[:, 2:]) / depth
        return np.asarray(moved, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class OnGround:
    """The objects of one frame on the road.

    Attributes:
        places: ``(N, 2)`` metres, middle of the lower edge; NaN beyond the horizon.
        edges: ``(N, 2, 2)`` metres, left and right end of the lower edge.
        velocities: ``(N, 2)`` metres per second; NaN while unknown.
    """

    places: Floats
    edges: Floats
    velocities: Floats


def on_ground(ground: Ground, xyxy: Floats, velocities: Floats) -> OnGround:
    """Return boxes ``(N, 4)`` and their ``velocities`` ``(N, 2)`` (pixels per second) on the road."""
    left, right = xyxy[:, [0, 3]], xyxy[:, [2, 3]]
    feet = (left + right) / 2
    return OnGround(
        places=ground.places(feet),
        edges=np.stack([ground.places(left), ground.places(right)], axis=1),
        velocities=ground.velocities(feet, velocities),
    )


def ground_gaps(edges: Floats) -> Floats:
    """Return the way between the nearest points of each two edges, ``(N, N, 2)`` metres.

    Args:
        edges: ``(N, 2, 2)``, the ends of each object's lower edge; they are taken not to cross.
            The way to and from one of which an end is NaN is NaN.

    The shortest way between two segments that do not cross starts at an end of one of them.
    """
    count = len(edges)
    unknown: Mask = np.asarray(np.isnan(edges).any(axis=(1, 2)), np.bool_)
    edges = np.where(unknown[:, None, None], np.float32(np.nan), edges)
    starts, along = edges[:, 0], edges[:, 1] - edges[:, 0]
    # From each of both ends of edge i to its nearest point on edge j, and the other way round.
    best = np.full((count, count, 2), np.nan, np.float32)
    for end in (0, 1):
        way = _to_segments(edges[:, end], starts, along)
        best = _shorter(best, way)
        best = _shorter(best, -way.transpose(1, 0, 2))
    return best


def _to_segments(points: Floats, starts: Floats, along: Floats) -> Floats:
    """Return the way from each of ``points`` ``(N, 2)`` to each segment, ``(N, M, 2)``."""
    offset = points[:, None] - starts[None]
    length = np.maximum((along * along).sum(axis=1), np.float32(1e-9))
    share = np.clip((offset * along[None]).sum(axis=2) / length[None], 0, 1)
    way: Floats = share[..., None] * along[None] - offset
    return way


def _shorter(one: Floats, other: Floats) -> Floats:
    # NaN is no way at all: any other one is shorter.
    keeps: Mask = np.less_equal(np.linalg.norm(one, axis=2), np.linalg.norm(other, axis=2))
    chosen: Floats = np.where(keeps[..., None], one, other)
    return chosen
