"""RT-DETR, RT-DETRv2, D-FINE, DEIM: transformers whose boxes need no NMS.

Three exports are known. The original projects': inputs ``images`` and ``orig_target_sizes``,
outputs ``labels``, ``boxes`` (left, top, right, bottom scaled to the given size) and ``scores``.
The Transformers library's: ``logits`` ``(1, queries, classes)`` before the sigmoid and
``pred_boxes`` as shares of the picture. Ultralytics': one output ``(1, queries, 4 + classes)``,
shares of the picture and scores. The picture is stretched, RGB, 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.detection.models.coco import COCO_NAMES
from pipeline.detection.models.detections import Detections
from pipeline.detection.models.families.yolo_common import (
    cells_fit,
    export_size,
    main_name,
    main_output,
)
from pipeline.detection.models.family import Match, ModelFacts, Outputs
from pipeline.detection.models.inputs import SIZE_INPUT
from pipeline.detection.models.preparation import Preparation
from pipeline.detection.models.selection import Selection, corners, sigmoid, to_pixels
from pipeline.detection.models.sizes import InputSizes
from pipeline.texts import say

BOX: Final = 4
STRIDE: Final = 32
STRETCH: Final = Preparation("stretch", "RGB", smooth=True)
STRETCH_QUICKLY: Final = Preparation("stretch", "RGB")
"""Ultralytics resizes by four neighbours, the others smoothly."""
MAX_QUERIES: Final = 3000


@dataclass(frozen=True, slots=True)
class FinishedQueries:
    """Outputs of labels, finished boxes and scores, ``(1, queries [, 4])`` each."""

    labels: str
    boxes: str
    scores: str
    sizes: InputSizes
    preparation: Preparation = STRETCH
    overlapping: bool = False
    class_counts: tuple[int, ...] = ()
    default_names: tuple[str, ...] = COCO_NAMES
    first_label: int = 0

    def decode(self, outputs: Outputs, size: tuple[int, int], selection: Selection) -> Detections:
        """Return the selected boxes in pixels of the model's input ``size`` (width, height)."""
        del size  # the boxes are scaled to what `orig_target_sizes` said: the input's own size
        chosen = selection.by_labels(outputs[self.scores][0], outputs[self.labels][0])
        return chosen.with_boxes(outputs[self.boxes][0][chosen.rows])


@dataclass(frozen=True, slots=True)
class RawQueries:
    """Boxes as shares of the picture, and logits, each ``(1, queries, n)``."""

    boxes: str
    logits: str
    class_counts: tuple[int, ...]
    sizes: InputSizes
    preparation: Preparation = STRETCH
    overlapping: bool = False
    default_names: tuple[str, ...] = COCO_NAMES
    first_label: int = 0

    def decode(self, outputs: Outputs, size: tuple[int, int], selection: Selection) -> Detections:
        """Return the selected boxes in pixels of the model's input ``size`` (width, height)."""
        chosen = selection.by_scores(sigmoid(outputs[self.logits][0]))
        return chosen.with_boxes(to_pixels(corners(outputs[self.boxes][0][chosen.rows]), size))


@dataclass(frozen=True, slots=True)
class JoinedQueries:
    """One output of boxes as shares of the picture followed by class scores."""

    class_counts: tuple[int, ...]
    sizes: InputSizes
    preparation: Preparation = STRETCH_QUICKLY
    overlapping: bool = False
    default_names: tuple[str, ...] = COCO_NAMES
    first_label: int = 0

    def decode(self, outputs: Outputs, size: tuple[int, int], selection: Selection) -> Detections:
        """Return the selected boxes in pixels of the model's input ``size`` (width, height)."""
        rows = outputs[main_name(outputs)][0]
        chosen = selection.by_scores(rows[:, BOX : BOX + self.class_counts[0]])
        return chosen.with_boxes(to_pixels(corners(rows[chosen.rows, :BOX]), size))


class RtDetrFamily:
    """The RT-DETR line."""

    name: Final = "rtdetr"
    looks_like: Final = say(
        "outputs labels, boxes, scores with the input orig_target_sizes, or logits and pred_boxes, "
        "as RT-DETR and D-FINE give them"
    )

    def match(self, facts: ModelFacts) -> Match | None:
        """Return why `facts` fit, or None."""
        return _finished(facts) or _raw(facts) or _joined(facts)


def square(facts: ModelFacts) -> InputSizes:
    """Return the sizes where the inputs leave them open: the usual square, in steps of 32."""
    return InputSizes(step=STRIDE, choices=(export_size(facts.metadata),))


def _finished(facts: ModelFacts) -> Match | None:
    labels, boxes, scores = (facts.output(name) for name in ("labels", "boxes", "scores"))
    if labels is None or boxes is None or scores is None or SIZE_INPUT not in facts.inputs.others:
        return None
    if facts.outputs[boxes].ndim != 3 or facts.outputs[boxes].shape[2] != BOX:
        return None
    evidence = (
        say("the input `{name}` beside the picture", name=SIZE_INPUT),
        say("outputs labels, boxes {shape}, scores", shape=list(facts.outputs[boxes].shape)),
    )
    return Match(FinishedQueries(labels, boxes, scores, square(facts)), evidence)


def _raw(facts: ModelFacts) -> Match | None:
    logits, boxes = facts.output("logits", "pred_logits"), facts.output("pred_boxes", "boxes")
    if logits is None or boxes is None or facts.outputs[logits].ndim != 3:
        return None
    if facts.outputs[boxes].shape != (*facts.outputs[logits].shape[:2], BOX):
        return None
    classes = facts.outputs[logits].shape[2]
    usual = classes == len(COCO_NAMES) and facts.known_classes in {0, classes}
    if not usual and facts.known_classes != classes:
        return None
    evidence = (
        say(
            "outputs `{logits}` {shape} and `{boxes}`",
            logits=logits,
            shape=list(facts.outputs[logits].shape),
            boxes=boxes,
        ),
        say("{classes} classes, no place for a background", classes=classes),
    )
    return Match(RawQueries(boxes, logits, (classes,), square(facts)), evidence, sure=usual)


def _joined(facts: ModelFacts) -> Match | None:
    table = main_output(facts)
    if table is None or table.ndim != 3 or cells_fit(table.shape[1], facts.size, 1):
        return None
    classes = table.shape[2] - BOX
    said = "rtdetr" in facts.metadata.get("description", "").lower()
    expected = facts.known_classes or len(COCO_NAMES)
    if not 1 <= table.shape[1] <= MAX_QUERIES or classes != expected:
        return None
    evidence = [
        say(
            "output {shape}: queries of box and {classes} class scores",
            shape=list(table.shape),
            classes=classes,
        )
    ]
    if said:
        evidence.append(say("the metadata says `{words}`", words=facts.metadata["description"]))
    return Match(JoinedQueries((classes,), square(facts)), tuple(evidence), sure=said)
