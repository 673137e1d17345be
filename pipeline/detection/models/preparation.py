"""How a family wants its picture: placed, resized, coloured and normalised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import cv2
import numpy as np

from pipeline.detection.images import Picture
from pipeline.detection.models.detections import Floats
from pipeline.detection.models.letterbox import Placement, letterbox
from pipeline.texts import Text, say

Fit: TypeAlias = Literal["centre", "corner", "stretch"]
GREY: Final = 114
"""Border of the pictures that the YOLO families and NanoDet were trained on."""
IMAGENET_MEAN: Final = (0.485 * 255, 0.456 * 255, 0.406 * 255)
IMAGENET_STD: Final = (0.229 * 255, 0.224 * 255, 0.225 * 255)
"""Of R, G, B on the scale 0..255."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A picture that fills the model's input, distorted where their shapes differ.

    Attributes:
        scale: input pixels per picture pixel along x and y.
        frame_size: (width, height) of the picture, pixels.
    """

    scale: tuple[float, float]
    frame_size: tuple[int, int]

    def to_frame(self, xyxy: Floats) -> Floats:
        """Return boxes ``(N, 4)`` of the model's input in picture pixels, cut at its edges."""
        scale = np.array([*self.scale, *self.scale], np.float32)
        limit = np.array([*self.frame_size, *self.frame_size], np.float32)
        boxes: Floats = xyxy / scale
        return boxes.clip(np.float32(0), limit)


@dataclass(frozen=True, slots=True)
class Preparation:
    """The way from a picture to the values of a model's input.

    Attributes:
        fit: `centre` and `corner` keep the shape and fill the rest with `pad_value`; `stretch`
            fills the input.
        color_order: order of the input's channels.
        mean, std: of each channel on the scale 0..255, in `color_order`; an input that takes whole
            numbers gets the pixels as they are.
        smooth: large pictures are averaged when made small; otherwise four neighbours count,
            which is quicker and what the families that say so were trained with.
        pad_value: colour of the border, 0..255.
    """

    fit: Fit
    color_order: Literal["RGB", "BGR"]
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (255.0, 255.0, 255.0)
    smooth: bool = False
    pad_value: int = GREY

    def place(self, frame: Picture, size: tuple[int, int]) -> tuple[Picture, Placement]:
        """Return `frame` fitted into `size` (width, height), and where it lies there."""
        if self.fit == "stretch":
            return _stretch(frame, size, smooth=self.smooth)
        return letterbox(
            frame, size, self.pad_value, corner=self.fit == "corner", smooth=self.smooth
        )

    @property
    def channels(self) -> list[int]:
        """Position in a BGR picture of each of the input's channels."""
        return ["BGR".index(letter) for letter in self.color_order]

    @property
    def words(self) -> Text:
        """The way in words: how it is fitted, its colours, and how it is normalised."""
        grey = self.pad_value
        way = {
            "centre": say("fitted, with a border of grey {grey}", grey=grey),
            "corner": say("fitted at the top left, with a border of grey {grey}", grey=grey),
            "stretch": say("stretched"),
        }[self.fit]
        scale = ", ".join(f"({m:.4g}, {s:.4g})" for m, s in zip(self.mean, self.std, strict=True))
        if len(set(self.mean)) == len(set(self.std)) == 1:
            scale = f"({self.mean[0]:.4g}, {self.std[0]:.4g})"
        return say(
            "{way}, {order}, mean and deviation {scale}",
            way=way,
            order=self.color_order,
            scale=scale,
        )


def _stretch(frame: Picture, size: tuple[int, int], *, smooth: bool) -> tuple[Picture, Stretch]:
    height, width = frame.shape[:2]
    scale = (size[0] / width, size[1] / height)
    if scale == (1.0, 1.0):
        return frame, Stretch(scale, (width, height))
    method = cv2.INTER_AREA if smooth and min(scale) < 1 else cv2.INTER_LINEAR
    canvas = np.asarray(cv2.resize(frame, size, interpolation=method), np.uint8)
    return canvas, Stretch(scale, (width, height))
