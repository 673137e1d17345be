"""YOLOv5, v7 and v6: a row for each candidate with objectness, decoded, no NMS inside.

Layout after the YOLOv5 documentation: ``(1, boxes, 5 + classes [+ masks])``; centre x, y, width,
height in pixels of the input, objectness and scores already through the sigmoid; three candidates
in each cell (YOLOv5, v7), or one (YOLOv6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.detection.models.coco import COCO_NAMES
from pipeline.detection.models.detections import Detections
from pipeline.detection.models.families.yolo_common import (
    LETTERBOX,
    cells_fit,
    extra_values,
    grid_evidence,
    main_name,
    main_output,
    refuse_other_tasks,
    sizes_of,
    values_evidence,
)
from pipeline.detection.models.family import Match, ModelFacts, Outputs
from pipeline.detection.models.preparation import Preparation
from pipeline.detection.models.selection import Selection, corners
from pipeline.detection.models.sizes import InputSizes
from pipeline.texts import say

BOX_AND_OBJECT: Final = 5


@dataclass(frozen=True, slots=True)
class ObjectnessLayout:
    """Rows of box, objectness and class scores."""

    classes: int
    sizes: InputSizes
    preparation: Preparation = LETTERBOX
    overlapping: bool = True
    default_names: tuple[str, ...] = COCO_NAMES
    first_label: int = 0

    @property
    def class_counts(self) -> tuple[int, ...]:
        """How many classes the output holds."""
        return (self.classes,)

    def decode(self, outputs: Outputs, size: tuple[int, int], selection: Selection) -> Detections:
        """Return the selected boxes in pixels of the model's input ``size`` (width, height)."""
        del size
        rows = outputs[main_name(outputs)][0]
        # Most rows hold no object: they need no look at their classes.
        rows = rows[rows[:, 4] >= selection.confidence]
        scores = rows[:, BOX_AND_OBJECT : BOX_AND_OBJECT + self.classes]
        chosen = selection.by_scores(scores, weight=rows[:, 4])
        return chosen.with_boxes(corners(rows[chosen.rows, :4]))


class Yolov5Family:
    """Rows with objectness."""

    name: Final = "yolov5"
    looks_like: Final = say("one output (1, boxes, 5 + classes), as YOLOv5 and v7 (and v6) give it")

    def match(self, facts: ModelFacts) -> Match | None:
        """Return why `facts` fit, or None."""
        table = main_output(facts)
        if table is None or table.ndim != 3:
            return None
        boxes, values = table.shape[1:]
        extra = extra_values(facts)
        classes = values - BOX_AND_OBJECT - extra
        per_cell = 3 if cells_fit(boxes, facts.size, 3) else 1
        strides = cells_fit(boxes, facts.size, per_cell)
        if strides is None or classes < 1:
            return None
        if per_cell == 1 and facts.known_classes not in {0, classes}:
            return None
        refuse_other_tasks(facts)
        evidence = (
            grid_evidence(table, strides, facts.size, per_cell),
            values_evidence(BOX_AND_OBJECT, classes, extra),
        )
        return Match(ObjectnessLayout(classes, sizes_of(facts)), evidence, sure=per_cell == 3)
