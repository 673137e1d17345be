"""Fits a picture of any shape into a model's input without distorting it, and boxes back out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from pipeline.detection.images import Picture
from pipeline.detection.models.detections import Floats


class Placement(Protocol):
    """Where a picture lies in a model's input."""

    def to_frame(self, xyxy: Floats) -> Floats:
        """Return boxes ``(N, 4)`` of the model's input in picture pixels, cut at its edges."""
        ...


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a picture lies in a model's input.

    Attributes:
        scale: input pixels per picture pixel.
        left, top: border before the picture, input pixels.
        frame_size: (width, height) of the picture, pixels.
    """

    scale: float
    left: int
    top: int
    frame_size: tuple[int, int]

    def to_frame(self, xyxy: Floats) -> Floats:
        """Return boxes ``(N, 4)`` of the model's input in picture pixels, cut at its edges."""
        width, height = self.frame_size
        offset = np.array([self.left, self.top, self.left, self.top], np.float32)
        limit = np.array([width, height, width, height], np.float32)
        boxes: Floats = (xyxy - offset) / np.float32(self.scale)
        return boxes.clip(np.float32(0), limit)


def letterbox(
    frame: Picture,
    size: tuple[int, int],
    pad_value: int,
    *,
    corner: bool = False,
    smooth: bool = True,
) -> tuple[Picture, Letterbox]:
    """Return `frame` scaled into ``size`` (width, height), and where it lies there.

    Args:
        frame: the picture ``(H, W, 3)``.
        size: (width, height) of the input, pixels.
        pad_value: colour of the border, 0..255.
        corner: put it at the top left, broken pixels cut off, instead of in the centre.
        smooth: average neighbours when less than half the size is left.
    """
    width, height = size
    frame_height, frame_width = frame.shape[:2]
    scale = min(width / frame_width, height / frame_height)
    whole = int if corner else round
    inner = (max(1, whole(frame_width * scale)), max(1, whole(frame_height * scale)))
    left, top = (0, 0) if corner else ((width - inner[0]) // 2, (height - inner[1]) // 2)
    canvas = np.full((height, width, 3), pad_value, np.uint8)
    method = cv2.INTER_AREA if smooth and scale < 0.5 else cv2.INTER_LINEAR
    # Straight into its place: no copy in between.
    place = canvas[top : top + inner[1], left : left + inner[0]]
    cv2.resize(frame, inner, dst=place, interpolation=method)
    return canvas, Letterbox(scale, left, top, (frame_width, frame_height))


def nearest_shape(
    frame_size: tuple[int, int], choices: Iterable[tuple[int, int]]
) -> tuple[int, int]:
    """Return the one of `choices` (width, height) whose aspect ratio is nearest to the picture's.

    Ratios are compared as logarithms, so that twice as wide is as far as half as wide.
    """
    aspect = math.log(frame_size[0] / frame_size[1])
    return min(choices, key=lambda size: abs(math.log(size[0] / size[1]) - aspect))
