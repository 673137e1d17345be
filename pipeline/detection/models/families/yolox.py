"""YOLOX: a row for each cell with objectness; boxes decoded inside the model, or left in the grid.

Layout after the ONNX demo of Megvii's YOLOX: ``(1, cells, 5 + classes)``, scores through the
sigmoid. Without ``--decode_in_inference`` a row holds the centre's offset within its cell and the
logarithms of width and height, all in strides: centre = (cell + offset) x stride, side = exp(side)
x stride. The picture is put at the top left on 114, BGR, 0..255.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.detection.models.coco import COCO_NAMES
from pipeline.detection.models.detections import Detections
from pipeline.detection.models.families.yolo_common import (
    cells_fit,
    extra_values,
    grid_evidence,
    main_name,
    main_output,
    sizes_of,
    values_evidence,
)
from pipeline.detection.models.families.yolov5 import BOX_AND_OBJECT, ObjectnessLayout
from pipeline.detection.models.family import Match, ModelFacts, Outputs
from pipeline.detection.models.preparation import Preparation
from pipeline.detection.models.selection import Selection, grid_cells
from pipeline.detection.models.sizes import InputSizes
from pipeline.texts import say

PREPARATION: Final = Preparation("corner", "BGR", std=(1.0, 1.0, 1.0))
STRIDES: Final = (8, 16, 32)
MAX_LOG_SIDE: Final = 10.0
"""exp of it times the stride is far beyond any picture; more would overflow."""


@dataclass(frozen=True, slots=True)
class YoloxLayout:
    """Rows of a YOLOX model; `strides` of the grids to decode, empty where that is done inside."""

    classes: int
    strides: tuple[int, ...]
    sizes: InputSizes
    preparation: Preparation = PREPARATION
    overlapping: bool = True
    default_names: tuple[str, ...] = COCO_NAMES
    first_label: int = 0

    @property
    def class_counts(self) -> tuple[int, ...]:
        """How many classes the output holds."""
        return (self.classes,)

    def decode(self, outputs: Outputs, size: tuple[int, int], selection: Selection) -> Detections:
        """Return the selected boxes in pixels of the model's input ``size`` (width, height)."""
        name = main_name(outputs)
        rows = outputs[name]
        if self.strides:
            rows = np.concatenate([from_grid(rows[0], size, self.strides), rows[0][:, 4:]], axis=1)
            rows = rows[None]
        return ObjectnessLayout(self.classes, self.sizes).decode({name: rows}, size, selection)


def from_grid(
    rows: NDArray[Any], size: tuple[int, int], strides: tuple[int, ...]
) -> NDArray[np.float32]:
    """Return ``(cells, 4)`` centre x, y, width, height in pixels from a grid's offsets."""
    cells, steps = grid_cells(size, strides)
    sides = np.exp(np.minimum(rows[:, 2:4], MAX_LOG_SIDE))
    return np.concatenate([(cells + rows[:, :2]) * steps, sides * steps], axis=1)


def follows_grid(rows: NDArray[Any], size: tuple[int, int], strides: tuple[int, ...]) -> bool:
    """Whether the centres in `rows` lie near their cells, so that they are decoded already.

    Compares, over all cells, how far the centres are from their own cell (in strides) when taken as
    pixels with how far they are when taken as offsets.
    """
    cells, steps = grid_cells(size, strides)
    as_pixels = np.abs(rows[:, :2] / steps - cells - 0.5)
    as_offsets = np.abs(rows[:, :2] - 0.5)
    return bool(np.mean(as_pixels) < np.mean(as_offsets))


class YoloxFamily:
    """YOLOX exports with the grid decoded and without."""

    name: Final = "yolox"
    looks_like: Final = say("one output (1, cells, 5 + classes) with one row a cell")

    def match(self, facts: ModelFacts) -> Match | None:
        """Return why `facts` fit, or None."""
        table = main_output(facts)
        if table is None or table.ndim != 3 or extra_values(facts):
            return None
        cells, values = table.shape[1:]
        classes = values - BOX_AND_OBJECT
        strides = cells_fit(cells, facts.size, 1)
        if strides != STRIDES or classes < 1 or facts.known_classes not in {0, classes}:
            return None
        decoded = follows_grid(table[0], facts.size, strides)
        named = facts.output("output") is not None
        evidence = [
            grid_evidence(table, strides, facts.size),
            values_evidence(BOX_AND_OBJECT, classes, extra=0),
            say("the centres follow the grid: decoded inside")
            if decoded
            else say("the centres do not follow the grid: decoded here"),
        ]
        if named:
            evidence.append(say("the output is called `output`, as YOLOX's exporter calls it"))
        layout = YoloxLayout(classes, () if decoded else strides, sizes_of(facts))
        return Match(layout, tuple(evidence), sure=named or not decoded)
