"""YOLO exports that end with finished boxes: YOLOv10, YOLO26, and any with ``nms=True``.

Layout after Ultralytics' documentation: ``(1, boxes, 6 [+ masks or key points])``; left, top,
right, bottom in pixels of the input, score, class. YOLOv7's ``--end2end`` export has ``(boxes, 7)``:
picture, left, top, right, bottom, class, score.
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
    is_ultralytics,
    main_name,
    main_output,
    refuse_other_tasks,
    sizes_of,
)
from pipeline.detection.models.family import Match, ModelFacts, Outputs
from pipeline.detection.models.preparation import Preparation
from pipeline.detection.models.selection import Selection
from pipeline.detection.models.sizes import InputSizes
from pipeline.texts import say

FINISHED: Final = 6
WITH_PICTURE: Final = 7
MAX_FINISHED: Final = 3000
"""More rows than this are candidates, not finished boxes."""


@dataclass(frozen=True, slots=True)
class FinishedLayout:
    """Rows of finished boxes; `flat`: YOLOv7's, with the picture's number first."""

    flat: bool
    sizes: InputSizes
    preparation: Preparation = LETTERBOX
    overlapping: bool = False
    class_counts: tuple[int, ...] = ()
    default_names: tuple[str, ...] = COCO_NAMES
    first_label: int = 0

    def decode(self, outputs: Outputs, size: tuple[int, int], selection: Selection) -> Detections:
        """Return the selected boxes in pixels of the model's input ``size`` (width, height)."""
        del size
        table = outputs[main_name(outputs)]
        rows = table[:, 1:] if self.flat else table[0]
        score, label = (5, 4) if self.flat else (4, 5)
        chosen = selection.by_labels(rows[:, score], rows[:, label])
        return chosen.with_boxes(rows[chosen.rows, :4])


class YoloEndToEndFamily:
    """Finished boxes."""

    name: Final = "yolo-end2end"
    looks_like: Final = say("one output (1, boxes, 6), as YOLOv10, YOLO26 and nms=True give it")

    def match(self, facts: ModelFacts) -> Match | None:
        """Return why `facts` fit, or None."""
        table = main_output(facts)
        if table is None or "rtdetr" in facts.metadata.get("description", "").lower():
            return None
        rows, values = table.shape[-2:]
        flat = table.ndim == 2
        extra = 0 if flat else extra_values(facts)
        if values - extra != (WITH_PICTURE if flat else FINISHED) or rows > MAX_FINISHED:
            return None
        if not flat and not is_ultralytics(facts) and cells_fit(rows, facts.size, 1):
            return None
        refuse_other_tasks(facts)
        meaning = say("picture, box, class, score") if flat else say("box, score, class")
        evidence = [
            say(
                "output {shape}: at most {rows} finished rows of {meaning}",
                shape=list(table.shape),
                rows=rows,
                meaning=meaning,
            )
            if rows
            else say(
                "output {shape}: finished rows of {meaning}",
                shape=list(table.shape),
                meaning=meaning,
            ),
        ]
        if extra:
            evidence.append(
                say("{extra} further numbers each are for masks or key points", extra=extra)
            )
        if is_ultralytics(facts):
            evidence.append(say("metadata of Ultralytics' exporter"))
        return Match(FinishedLayout(flat, sizes_of(facts)), tuple(evidence))
