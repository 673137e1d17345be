"""What a detector found in one picture: parallel arrays, validated once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.texts import say

Floats: TypeAlias = NDArray[np.float32]
Integers: TypeAlias = NDArray[np.int32]
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Objects of one picture.

    Attributes:
        xyxy: ``(N, 4)`` float32, left, top, right, bottom in picture pixels.
        confidence: ``(N,)`` float32, 0..1.
        class_id: ``(N,)`` int32, positions in the detector's names.
        track_id: ``(N,)`` int32, or None where nothing tracks; -1 marks an object without an id.

    Raises:
        ValueError: the arrays do not fit each other, or a box is not finite or upside down.
    """

    xyxy: Floats
    confidence: Floats
    class_id: Integers
    track_id: Integers | None = None

    def __post_init__(self) -> None:
        count = len(self.xyxy)
        _check("xyxy", self.xyxy, (count, 4), np.float32)
        _check("confidence", self.confidence, (count,), np.float32)
        _check("class_id", self.class_id, (count,), np.int32)
        if self.track_id is not None:
            _check("track_id", self.track_id, (count,), np.int32)
        if not np.isfinite(self.xyxy).all() or not np.isfinite(self.confidence).all():
            raise ValueError(say("a box or confidence is not a finite number"))
        if np.any(self.xyxy[:, 2:] < self.xyxy[:, :2]):
            raise ValueError(say("a box ends before it begins"))

    @classmethod
    def empty(cls) -> Self:
        """Return no objects."""
        return cls(
            np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int32), None
        )

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, selection: slice | Mask | NDArray[np.integer[Any]]) -> Detections:
        """Return the objects that a slice, a mask ``(N,)`` or positions ``(M,)`` select."""
        return Detections(
            self.xyxy[selection],
            self.confidence[selection],
            self.class_id[selection],
            None if self.track_id is None else self.track_id[selection],
        )

    @property
    def areas(self) -> Floats:
        """``(N,)`` square pixels."""
        sides = self.xyxy[:, 2:] - self.xyxy[:, :2]
        return sides[:, 0] * sides[:, 1]


def _check(name: str, array: NDArray[Any], shape: tuple[int, ...], kind: type[np.generic]) -> None:
    if array.shape != shape or array.dtype != kind:
        raise ValueError(
            say(
                "{name} is {given}, expected {expected}",
                name=name,
                given=f"{array.dtype} {array.shape}",
                expected=f"{np.dtype(kind)} {shape}",
            )
        )
