"""Geometry of boxes ``(N, 4)`` xyxy in pixels, many at once."""

from __future__ import annotations

import numpy as np

from pipeline.detection.models.detections import Floats


def intersections(first: Floats, second: Floats) -> Floats:
    """Return the shared area of each pair, ``(N, M)`` square pixels."""
    top_left = np.maximum(first[:, None, :2], second[None, :, :2])
    bottom_right = np.minimum(first[:, None, 2:], second[None, :, 2:])
    sides = np.clip(bottom_right - top_left, 0, None)
    shared: Floats = sides[..., 0] * sides[..., 1]
    return shared


def areas(boxes: Floats) -> Floats:
    """Return the area of each box, ``(N,)`` square pixels."""
    sides = boxes[:, 2:] - boxes[:, :2]
    result: Floats = sides[:, 0] * sides[:, 1]
    return result


def overlaps(first: Floats, second: Floats, buffer: float = 0.0) -> Floats:
    """Return intersection over union of each pair, ``(N, M)`` in 0..1.

    `buffer` enlarges every box by that share of its sides, in each direction, so that boxes that
    just miss each other still count as near (Yang et al. 2023, "Hard to Track Objects with
    Irregular Motions and Similar Appearances? Make It Easier by Buffering the Matching Space",
    arXiv:2211.14317).
    """
    first, second = _enlarged(first, buffer), _enlarged(second, buffer)
    shared = intersections(first, second)
    union = areas(first)[:, None] + areas(second)[None, :] - shared
    result: Floats = shared / np.maximum(union, np.float32(1e-6))
    return result


def _enlarged(boxes: Floats, share: float) -> Floats:
    margin = (boxes[:, 2:] - boxes[:, :2]) * np.float32(share)
    return np.hstack([boxes[:, :2] - margin, boxes[:, 2:] + margin])


def gaps(first: Floats, second: Floats) -> Floats:
    """Return the way from each of `first` to each of `second`, ``(N, M, 2)`` pixels right and down.

    It joins the nearest edges; a direction in which the boxes overlap is 0.
    """
    after = second[None, :, :2] - first[:, None, 2:]
    before = second[None, :, 2:] - first[:, None, :2]
    way: Floats = np.where(after > 0, after, np.where(before < 0, before, np.float32(0)))
    return way


def enclosing(boxes: Floats) -> Floats:
    """Return the smallest box around all, ``(4,)``."""
    box: Floats = np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
    return box
