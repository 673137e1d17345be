"""YOLOv8, v9, 11, 12 and what follows them, with the boxes of every cell and no NMS inside.

Layout after Ultralytics' documentation of the ONNX export: ``output0`` ``(1, 4 + classes [+ masks
or key points], boxes)``; centre x, y, width, height in pixels of the input, scores already through
the sigmoid. YOLOv10 and YOLO26 give the same when exported without their end-to-end head.
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
    is_ultralytics,
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

BOX: Final = 4


@dataclass(frozen=True, slots=True)
class YoloLayout:
    """Box and class scores of each candidate; `upright`: a row each, otherwise a column each."""

    classes: int
    upright: bool
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
        table = outputs[main_name(outputs)][0]
        rows = table if self.upright else table.T
        chosen = selection.by_scores(rows[:, BOX : BOX + self.classes])
        return chosen.with_boxes(corners(rows[chosen.rows, :BOX]))


class YoloFamily:
    """One box per cell, no objectness."""

    name: Final = "yolo"
    looks_like: Final = say("one output (1, 4 + classes, boxes), as YOLOv8 to YOLO26 give it")

    def match(self, facts: ModelFacts) -> Match | None:
        """Return why `facts` fit, or None."""
        table = main_output(facts)
        if table is None or table.ndim != 3:
            return None
        extra = extra_values(facts)
        for upright, (values, boxes) in enumerate((table.shape[1:], table.shape[:0:-1])):
            strides = cells_fit(boxes, facts.size, 1)
            classes = values - BOX - extra
            if strides is None or classes < 1:
                continue
            refuse_other_tasks(facts)
            if upright and facts.known_classes not in {0, classes}:
                continue
            evidence = [
                grid_evidence(table, strides, facts.size),
                values_evidence(BOX, classes, extra),
            ]
            if is_ultralytics(facts):
                evidence.append(say("metadata of Ultralytics' exporter"))
            sure = not upright or (is_ultralytics(facts) and facts.known_classes == classes)
            return Match(YoloLayout(classes, bool(upright), sizes_of(facts)), tuple(evidence), sure)
        return None
