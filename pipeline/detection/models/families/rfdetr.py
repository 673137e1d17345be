"""RF-DETR: a transformer whose boxes need no NMS; logits with a place for the background.

Layout after Roboflow's documentation of the ONNX export: input ``input``, outputs ``dets``
``(1, queries, 4)``, centre x, y, width, height as shares of the picture, and ``labels``
``(1, queries, classes + 1)`` before the sigmoid; a segmentation export adds ``masks``. Models trained
on COCO number by category id (91 places), others from 0 with the background last. The picture is
stretched, RGB, normalised by ImageNet's mean and deviation. Outputs are told apart by name: with
three classes both are four wide.
"""

from __future__ import annotations

from typing import Final

from pipeline.detection.models.coco import COCO_IDS
from pipeline.detection.models.families.rtdetr import BOX, RawQueries, square
from pipeline.detection.models.family import Match, ModelFacts
from pipeline.detection.models.preparation import IMAGENET_MEAN, IMAGENET_STD, Preparation
from pipeline.texts import say

PREPARATION: Final = Preparation(
    "stretch", "RGB", mean=IMAGENET_MEAN, std=IMAGENET_STD, smooth=True
)


class RfDetrFamily:
    """RF-DETR and LW-DETR."""

    name: Final = "rfdetr"
    looks_like: Final = say(
        "outputs dets and labels (1, queries, classes + 1), as RF-DETR gives them"
    )

    def match(self, facts: ModelFacts) -> Match | None:
        """Return why `facts` fit, or None."""
        boxes = facts.output("dets", "pred_boxes", "boxes")
        logits = facts.output("labels", "logits", "pred_logits")
        if boxes is None or logits is None or facts.outputs[logits].ndim != 3:
            return None
        queries = facts.outputs[logits].shape[:2]
        if facts.outputs[boxes].shape != (*queries, BOX):
            return None
        width = facts.outputs[logits].shape[2]
        own_names = facts.output("dets") is not None and facts.output("labels") is not None
        if not own_names and width != len(COCO_IDS) and facts.known_classes != width:
            return None
        layout = RawQueries(
            boxes,
            logits,
            (width,) if width == len(COCO_IDS) else (width - 1, width),
            square(facts),
            preparation=PREPARATION,
            default_names=COCO_IDS,
        )
        shapes = [list(facts.outputs[name].shape) for name in (boxes, logits)]
        meaning = (
            say("{width} places are COCO's category ids", width=width)
            if width == len(COCO_IDS)
            else say(
                "{width} places are {classes} classes and the background",
                width=width,
                classes=width - 1,
            )
        )
        evidence = (
            say(
                "outputs `{boxes}` {shape} and `{logits}` {other}",
                boxes=boxes,
                shape=shapes[0],
                logits=logits,
                other=shapes[1],
            ),
            meaning,
        )
        return Match(layout, evidence, sure=own_names or width == len(COCO_IDS))
