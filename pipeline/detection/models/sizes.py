"""Which size of input a model gets for a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pipeline.detection.models.detector import ModelError
from pipeline.detection.models.letterbox import nearest_shape
from pipeline.texts import say

MIN_INPUT_PX: Final = 64
MAX_INPUT_PX: Final = 4096


@dataclass(frozen=True, slots=True)
class InputSizes:
    """Sizes (width, height) that a model takes, pixels.

    Attributes:
        step: width and height are multiples of it.
        choices: sizes it knows; the one of the nearest shape is taken.
        longest: instead of choices: the longer side, the shorter one following the picture.
        native: instead of both: the picture's own size.
        fixed: the model takes no other size than the only one of `choices`.
    """

    step: int = 1
    choices: tuple[tuple[int, int], ...] = ()
    longest: int = 0
    native: bool = False
    fixed: bool = False

    def for_frame(self, frame_size: tuple[int, int]) -> tuple[int, int]:
        """Return the size for a picture; both (width, height)."""
        if self.choices:
            return nearest_shape(frame_size, self.choices)
        if self.native:
            return frame_size
        scale = self.longest / max(frame_size)
        width, height = (
            max(self.step, math.ceil(round(side * scale) / self.step) * self.step)
            for side in frame_size
        )
        return width, height

    def check(self, model: str, size: tuple[int, int]) -> None:
        """Refuse a `size` that the model does not take.

        Raises:
            ModelError: says the nearest that it does.
        """
        wanted = f"{size[0]}x{size[1]}"
        if self.fixed and size not in self.choices:
            width, height = self.choices[0]
            raise ModelError(
                say(
                    "input size {wanted} does not fit {model}: it was exported for {size} only.",
                    wanted=wanted,
                    model=model,
                    size=f"{width}x{height}",
                )
            )
        fitting = tuple(
            min(MAX_INPUT_PX, max(MIN_INPUT_PX, round(side / self.step) * self.step))
            for side in size
        )
        if not self.fixed and size != fitting:
            raise ModelError(
                say(
                    "input size {wanted} does not fit {model}: width and height must be multiples "
                    "of {step}, at least {least} and at most {most}. Nearest: {size}.",
                    wanted=wanted,
                    model=model,
                    step=self.step,
                    least=MIN_INPUT_PX,
                    most=MAX_INPUT_PX,
                    size=f"{fitting[0]}x{fitting[1]}",
                )
            )
