"""SSD and other models that end with a detection post-processing: boxes, classes, scores, number.

Three exports are known. TensorFlow's Object Detection API: ``detection_boxes`` ``(1, n, 4)`` top,
left, bottom, right as shares of the picture, ``detection_classes`` from 1, ``detection_scores``,
``num_detections``; the picture in RGB 0..255, resized inside. TFLite's
``TFLite_Detection_PostProcess``: the same in four outputs, classes from 0, the picture in -1..1.
MLPerf's SSD (also in the ONNX model zoo): ``bboxes`` left, top, right, bottom as shares, ``labels``
from 1, ``scores``; RGB, normalised by ImageNet's mean and deviation. All stretch the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pipeline.detection.models.coco import COCO_IDS, COCO_NAMES
from pipeline.detection.models.detections import Detections
from pipeline.detection.models.family import Match, ModelFacts, Outputs
from pipeline.detection.models.preparation import IMAGENET_MEAN, IMAGENET_STD, Preparation
from pipeline.detection.models.selection import Selection, to_pixels
from pipeline.detection.models.sizes import InputSizes
from pipeline.texts import say

BOX: Final = 4
ROWS_FIRST: Final = (1, 0, 3, 2)
"""Positions of left, top, right, bottom in top, left, bottom, right."""
COLUMNS_FIRST: Final = (0, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class PostProcessed:
    """Outputs by name; `count` may be missing; `order`: where left, top, right, bottom are."""

    boxes: str
    classes: str
    scores: str
    count: str | None
    order: tuple[int, int, int, int]
    preparation: Preparation
    sizes: InputSizes
    default_names: tuple[str, ...]
    first_label: int
    overlapping: bool = False
    class_counts: tuple[int, ...] = ()

    def decode(self, outputs: Outputs, size: tuple[int, int], selection: Selection) -> Detections:
        """Return the selected boxes in pixels of the model's input ``size`` (width, height)."""
        count = None if self.count is None else int(outputs[self.count].ravel()[0])
        scores, labels = outputs[self.scores][0][:count], outputs[self.classes][0][:count]
        chosen = selection.by_labels(scores, labels - np.float32(self.first_label))
        boxes = outputs[self.boxes][0][chosen.rows][:, self.order]
        return chosen.with_boxes(to_pixels(boxes, size))


TENSORFLOW: Final = PostProcessed(
    "detection_boxes",
    "detection_classes",
    "detection_scores",
    "num_detections",
    ROWS_FIRST,
    Preparation("stretch", "RGB", std=(1.0, 1.0, 1.0)),
    InputSizes(native=True),
    COCO_IDS[1:],
    first_label=1,
)
TFLITE: Final = PostProcessed(
    "TFLite_Detection_PostProcess",
    "TFLite_Detection_PostProcess:1",
    "TFLite_Detection_PostProcess:2",
    "TFLite_Detection_PostProcess:3",
    ROWS_FIRST,
    Preparation("stretch", "RGB", mean=(127.5, 127.5, 127.5), std=(127.5, 127.5, 127.5)),
    InputSizes(choices=((300, 300),)),
    COCO_IDS[1:],
    first_label=0,
)
MLPERF: Final = PostProcessed(
    "bboxes",
    "labels",
    "scores",
    None,
    COLUMNS_FIRST,
    Preparation("stretch", "RGB", mean=IMAGENET_MEAN, std=IMAGENET_STD),
    InputSizes(choices=((1200, 1200),)),
    COCO_NAMES,
    first_label=1,
)
EXPORTS: Final = {
    "TensorFlow's Object Detection API": TENSORFLOW,
    "TFLite's detection post-processing": TFLITE,
    "MLPerf's SSD": MLPERF,
}


class SsdFamily:
    """Models that end with a detection post-processing."""

    name: Final = "ssd"
    looks_like: Final = say(
        "outputs detection_boxes, detection_classes, detection_scores, num_detections, "
        "or bboxes, labels, scores"
    )

    def match(self, facts: ModelFacts) -> Match | None:
        """Return why `facts` fit, or None."""
        for exporter, known in EXPORTS.items():
            boxes, classes, scores = (
                facts.output(name) for name in (known.boxes, known.classes, known.scores)
            )
            if boxes is None or classes is None or scores is None:
                continue
            shape = facts.outputs[boxes].shape
            if len(shape) != 3 or shape[2] != BOX or facts.outputs[scores].shape != shape[:2]:
                continue
            count = None if known.count is None else facts.output(known.count)
            layout = replace(known, boxes=boxes, classes=classes, scores=scores, count=count)
            evidence = (
                say(
                    "outputs `{boxes}` {shape}, {others}",
                    boxes=boxes,
                    shape=list(shape),
                    others=", ".join(f"`{name}`" for name in (classes, scores, count) if name),
                ),
                say(
                    "named as {exporter} names them; classes counted from {first}",
                    exporter=exporter,
                    first=known.first_label,
                ),
            )
            return Match(layout, evidence)
        return None
