"""NanoDet: one-stage detector whose box sides are distributions over distance bins.

After "NanoDet" (RangiLyu) and "Generalized Focal Loss" (Li et al. 2020, arXiv:2006.04388), whose
equation 5 gives the expectation over bins used here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import numpy as np
from numpy.typing import NDArray

from pipeline.detection.models.coco import COCO_NAMES
from pipeline.detection.models.detections import Detections
from pipeline.detection.models.detector import ModelError
from pipeline.detection.models.family import Match, ModelFacts, Outputs
from pipeline.detection.models.preparation import Preparation
from pipeline.detection.models.selection import Selection
from pipeline.detection.models.sizes import InputSizes
from pipeline.texts import say

SIDES: Final = 4


@dataclass(frozen=True, slots=True)
class NanoDetLayout:
    """Outputs of a NanoDet model; everything about them comes from the metadata in its file.

    Metadata (JSON values): ``names``, ``strides``, ``bins``, ``mean``, ``std`` and ``color_order``
    of the input's channels, ``pad_value``, ``input_sizes`` (width, height), ``default_classes``.
    Outputs for each stride s: ``scores_s`` ``(1, cells, classes)``, already through the sigmoid,
    and ``distances_s`` ``(1, cells, 4 * bins)``; cells run along rows.
    """

    strides: tuple[int, ...]
    bins: int
    class_counts: tuple[int, ...]
    preparation: Preparation
    sizes: InputSizes
    overlapping: bool = True
    default_names: tuple[str, ...] = COCO_NAMES
    first_label: int = 0

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> NanoDetLayout:
        """Return the layout that the metadata describes.

        Raises:
            KeyError, TypeError, ValueError: something is missing or wrong.
        """
        strides = tuple(int(stride) for stride in json.loads(metadata["strides"]))
        sizes: list[Any] = json.loads(metadata["input_sizes"])
        order = metadata["color_order"]
        if order not in {"BGR", "RGB"} or not strides or not sizes:
            raise ValueError("color_order, strides or input_sizes")
        return cls(
            strides=strides,
            bins=int(metadata["bins"]),
            class_counts=(len(json.loads(metadata["names"])),),
            preparation=Preparation(
                "centre",
                cast(Literal["BGR", "RGB"], order),
                mean=_three(metadata["mean"]),
                std=_three(metadata["std"]),
                smooth=True,
                pad_value=int(metadata["pad_value"]),
            ),
            sizes=InputSizes(
                step=max(strides),
                choices=tuple((int(width), int(height)) for width, height in sizes),
            ),
        )

    def check(self, facts: ModelFacts) -> None:
        """Refuse a model that lacks an output.

        Raises:
            ModelError: names it.
        """
        for stride in self.strides:
            for kind, width in (("scores", self.class_counts[0]), ("distances", SIDES * self.bins)):
                shape = facts.declared.get(f"{kind}_{stride}")
                if shape is None or len(shape) != 3 or shape[2] != width:
                    raise ModelError(
                        say(
                            "{model} has no output {name} of width {width}; it has {outputs}. "
                            "Is it really a NanoDet?",
                            model=facts.path.name,
                            name=f"{kind}_{stride}",
                            width=width,
                            outputs=", ".join(facts.declared),
                        )
                    )

    def decode(self, outputs: Outputs, size: tuple[int, int], selection: Selection) -> Detections:
        """Return the selected boxes in pixels of the model's input ``size`` (width, height)."""
        boxes, confidences, classes = [], [], []
        for stride in self.strides:
            chosen = selection.by_scores(outputs[f"scores_{stride}"][0])
            logits = outputs[f"distances_{stride}"][0][chosen.rows]
            sides = expected_sides(logits, self.bins)
            boxes.append(_boxes(sides, chosen.rows, stride, size[0]))
            confidences.append(chosen.confidence)
            classes.append(chosen.class_id)
        return Detections(
            np.concatenate(boxes), np.concatenate(confidences), np.concatenate(classes)
        )


def expected_sides(logits: NDArray[Any], bins: int) -> NDArray[np.float32]:
    """Return left, top, right, bottom ``(n, 4)`` in strides from ``(n, 4 * bins)`` logits."""
    table = logits.reshape(-1, SIDES, bins)
    weights = np.exp(table - table.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    return np.asarray(weights @ np.arange(bins, dtype=np.float32))


def _boxes(
    sides: NDArray[np.float32], cells: NDArray[np.intp], stride: int, width: int
) -> NDArray[np.float32]:
    """Return boxes ``(n, 4)`` of `cells` ``(n,)`` from their sides ``(n, 4)`` in strides."""
    columns = width // stride
    x = (cells % columns + 0.5) * stride
    y = (cells // columns + 0.5) * stride
    left, top, right, bottom = (sides * stride).T
    return np.stack([x - left, y - top, x + right, y + bottom], axis=1).astype(np.float32)


class NanoDetFamily:
    """Models that say in their metadata that they are NanoDet."""

    name: Final = "nanodet"
    looks_like: Final = say("outputs scores_8, distances_8, ... and metadata `family` = nanodet")

    def match(self, facts: ModelFacts) -> Match | None:
        """Return why `facts` fit, or None.

        Raises:
            ModelError: the metadata says NanoDet and then lacks something, or lies.
        """
        if facts.metadata.get("family") != self.name:
            return None
        try:
            layout = NanoDetLayout.from_metadata(facts.metadata)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                say(
                    "{model}: the NanoDet metadata is missing or wrong ({error}). "
                    "Convert the model again with tools/convert_nanodet.py.",
                    model=facts.path.name,
                    error=repr(error),
                )
            ) from error
        layout.check(facts)
        strides = ", ".join(str(stride) for stride in layout.strides)
        return Match(
            layout,
            (
                say("the metadata names the family nanodet"),
                say("class and side maps for strides {strides}", strides=strides),
            ),
        )


def _three(text: str) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in json.loads(text))
    return first, second, third
