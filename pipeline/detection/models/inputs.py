"""What a model's inputs take: the picture in its layout and number type, and the picture's size."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.detection.images import Picture
from pipeline.detection.models.detector import ModelError
from pipeline.detection.models.preparation import Preparation
from pipeline.detection.models.sizes import MAX_INPUT_PX
from pipeline.texts import Text, say, verbatim

Shape: TypeAlias = tuple[int | str | None, ...]
Axes: TypeAlias = Literal["NCHW", "NHWC"]

PICTURE_TYPES: Final[dict[str, type[np.generic]]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
}
SIZE_TYPES: Final[dict[str, type[np.generic]]] = {
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(float)": np.float32,
}
SIZE_INPUT: Final = "orig_target_sizes"
"""Input ``(N, 2)`` of the RT-DETR line: width and height to which boxes are scaled."""
MASK_INPUT: Final = "pixel_mask"
"""Input ``(N, H, W)`` of the Transformers library: 1 where the picture is."""
CHANNELS: Final = 3
MAX_FIXED_BATCH: Final = 16
"""A model that always takes more pictures at once would mostly run on copies of one."""


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """The inputs of a detector.

    Attributes:
        picture: name of the picture's input.
        axes: order of its axes.
        kind: its number type; whole numbers are pixels, int8 moved by -128.
        width, height: None where it takes any.
        others: number type of each further input.
        batch: how many pictures it takes at once; None where that may vary.
    """

    picture: str
    axes: Axes
    kind: type[np.generic]
    width: int | None
    height: int | None
    others: Mapping[str, type[np.generic]]
    batch: int | None = 1

    @classmethod
    def of(cls, model: str, shapes: Mapping[str, Shape], types: Mapping[str, str]) -> ModelInputs:
        """Return what the inputs take.

        Raises:
            ModelError: none is a picture of three channels, it wants too many of them at once, or
                there is an input that no known family has.
        """
        pictures = [
            name for name in shapes if len(shapes[name]) == 4 and types[name] in PICTURE_TYPES
        ]
        if len(pictures) != 1:
            raise ModelError(
                say(
                    "{model} takes no picture: an input of four axes and a known number type is "
                    "needed, it has {inputs}. Choose an object detector.",
                    model=model,
                    inputs=_listed(shapes, types),
                )
            )
        name = pictures[0]
        shape = shapes[name]
        axes: Axes = "NHWC" if shape[3] == CHANNELS and shape[1] != CHANNELS else "NCHW"
        channels, height, width = shape[1:] if axes == "NCHW" else (shape[3], *shape[1:3])
        if isinstance(channels, int) and channels != CHANNELS:
            raise ModelError(
                say(
                    "{model} takes pictures of {channels} channels ({inputs}); only colour "
                    "pictures of {colours} channels are supported.",
                    model=model,
                    channels=channels,
                    inputs=_listed(shapes, types),
                    colours=CHANNELS,
                )
            )
        sides = [side for side in (width, height) if isinstance(side, int)]
        if not all(1 <= side <= MAX_INPUT_PX for side in sides):
            raise ModelError(
                say(
                    "{model} takes pictures of {width}x{height}; a side may have 1 to {most} "
                    "pixels. Export it for another size.",
                    model=model,
                    width=width,
                    height=height,
                    most=MAX_INPUT_PX,
                )
            )
        batch = shape[0] if isinstance(shape[0], int) and shape[0] > 0 else None
        if batch is not None and batch > MAX_FIXED_BATCH:
            raise ModelError(
                say(
                    "{model} takes {batch} pictures at once; export it for one at a time, or with "
                    "a batch size that may vary.",
                    model=model,
                    batch=batch,
                )
            )
        return cls(
            picture=name,
            axes=axes,
            kind=PICTURE_TYPES[types[name]],
            width=width if isinstance(width, int) and width > 0 else None,
            height=height if isinstance(height, int) and height > 0 else None,
            others=_others(model, {key: types[key] for key in shapes if key != name}),
            batch=batch,
        )

    @property
    def fixed_size(self) -> tuple[int, int] | None:
        """(width, height), or None where one of them may vary."""
        return None if self.width is None or self.height is None else (self.width, self.height)

    @property
    def words(self) -> Text:
        """The picture's input: name, order of axes, number type and size, for people."""
        size = say("any size")
        if self.width or self.height:
            size = verbatim(f"{self.width or '?'}x{self.height or '?'}")
        return say(
            "`{name}` {axes} {kind}, {size}",
            name=self.picture,
            axes=self.axes,
            kind=np.dtype(self.kind),
            size=size,
        )

    def feeds(self, canvas: Picture, preparation: Preparation) -> dict[str, NDArray[Any]]:
        """Return the value of each input for the fitted picture `canvas` ``(H, W, 3)``."""
        height, width = canvas.shape[:2]
        values: dict[str, NDArray[Any]] = {self.picture: self._pixels(canvas, preparation)}
        for name, kind in self.others.items():
            if name == MASK_INPUT:
                values[name] = np.ones((1, height, width), kind)
            else:
                values[name] = np.array([[width, height]], kind)
        return values

    def _pixels(self, canvas: Picture, preparation: Preparation) -> NDArray[Any]:
        """Return the input ``(1, 3, H, W)`` or ``(1, H, W, 3)``, normalised.

        Each channel goes once through a table of its 256 values: one pass instead of three, to
        the same last bit as computing each pixel.
        """
        planes = cv2.split(canvas)
        tables = _tables(preparation, np.dtype(self.kind))
        blob = np.empty((1, CHANNELS, *canvas.shape[:2]), tables.dtype)
        for target, source in enumerate(preparation.channels):
            cv2.LUT(planes[source], tables[target], dst=blob[0, target])
        if self.axes == "NHWC":
            blob = blob.transpose(0, 2, 3, 1)
        return np.ascontiguousarray(blob, self.kind)


@functools.lru_cache
def _tables(preparation: Preparation, kind: np.dtype[Any]) -> NDArray[Any]:
    """Return what becomes of each value 0..255 of each channel, ``(3, 256)``."""
    values = np.arange(256)
    if kind.kind in "iu":
        shifted = values - 128 if kind == np.int8 else values
        return np.tile(shifted.astype(kind), (CHANNELS, 1))
    pairs = zip(preparation.mean, preparation.std, strict=True)
    # Half precision is rounded from single precision at the end: OpenCV has no tables of it.
    return np.stack([(values.astype(np.float32) - np.float32(m)) / np.float32(s) for m, s in pairs])


def _others(model: str, types: Mapping[str, str]) -> dict[str, type[np.generic]]:
    unknown = [
        name
        for name, kind in types.items()
        if name not in {SIZE_INPUT, MASK_INPUT} or kind not in SIZE_TYPES
    ]
    if unknown:
        raise ModelError(
            say(
                "{model} needs the input `{name}` beside the picture, which no supported family "
                "has. Export it so that it takes only the picture.",
                model=model,
                name=unknown[0],
            )
        )
    return {name: SIZE_TYPES[kind] for name, kind in types.items()}


def _listed(shapes: Mapping[str, Shape], types: Mapping[str, str]) -> Text:
    parts = (
        f"`{name}` {types[name].removeprefix('tensor(').removesuffix(')')} {_axes(shape)}"
        for name, shape in shapes.items()
    )
    return verbatim(", ".join(parts)) if shapes else say("no input")


def _axes(shape: Shape) -> str:
    return f"[{', '.join(str(side or '?') for side in shape)}]"
