"""NanoDet-Plus, as the NanoDet project itself exports it: scores and side bins in one output.

Layout after the project's exporter and demos: ``output`` ``(1, cells, classes + 4 * 8)`` over the
strides 8, 16, 32, 64, scores through the sigmoid; distances are expected values over 8 bins from
the cell's top left corner (not its centre, unlike NanoDet). The picture is stretched, BGR,
normalised by ImageNet's mean and deviation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.detection.models.coco import COCO_NAMES
from pipeline.detection.models.detections import Detections
from pipeline.detection.models.families.nanodet import SIDES, expected_sides
from pipeline.detection.models.families.rtdetr import square
from pipeline.detection.models.families.yolo_common import grid_evidence, main_name, main_output
from pipeline.detection.models.family import Match, ModelFacts, Outputs
from pipeline.detection.models.preparation import Preparation
from pipeline.detection.models.selection import Selection, cell_count, grid_cells
from pipeline.detection.models.sizes import InputSizes
from pipeline.texts import say

BINS: Final = 8
STRIDES: Final = (8, 16, 32, 64)
PREPARATION: Final = Preparation(
    "stretch", "BGR", mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395)
)


@dataclass(frozen=True, slots=True)
class NanoDetPlusLayout:
    """Rows of class scores and side bins."""

    classes: int
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
        rows = outputs[main_name(outputs)][0]
        chosen = selection.by_scores(rows[:, : self.classes])
        cells, steps = grid_cells(size, STRIDES)
        points = cells[chosen.rows] * steps[chosen.rows]
        sides = expected_sides(rows[chosen.rows, self.classes :], BINS) * steps[chosen.rows]
        return chosen.with_boxes(
            np.concatenate([points - sides[:, :2], points + sides[:, 2:]], axis=1)
        )


class NanoDetPlusFamily:
    """The NanoDet project's own exports of NanoDet-Plus."""

    name: Final = "nanodet-plus"
    looks_like: Final = say("one output (1, cells, classes + 32) over the strides 8 to 64")

    def match(self, facts: ModelFacts) -> Match | None:
        """Return why `facts` fit, or None."""
        table = main_output(facts)
        if table is None or table.ndim != 3:
            return None
        cells, values = table.shape[1:]
        classes = values - SIDES * BINS
        expected = facts.known_classes or len(COCO_NAMES)
        if cell_count(facts.size, STRIDES) != cells or classes != expected:
            return None
        evidence = (
            grid_evidence(table, STRIDES, facts.size),
            say(
                "{count} numbers each are {classes} classes + {sides} sides x {bins} bins",
                count=values,
                classes=classes,
                sides=SIDES,
                bins=BINS,
            ),
        )
        return Match(NanoDetPlusLayout(classes, square(facts)), evidence)
