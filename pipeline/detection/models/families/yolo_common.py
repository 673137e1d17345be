"""What the YOLO exports share: preparation, sizes, extra outputs, what their metadata says."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Final

from numpy.typing import NDArray

from pipeline.detection.models.detector import ModelError
from pipeline.detection.models.family import ModelFacts
from pipeline.detection.models.preparation import Preparation
from pipeline.detection.models.selection import cell_count
from pipeline.detection.models.sizes import MAX_INPUT_PX, MIN_INPUT_PX, InputSizes
from pipeline.texts import Text, say

LETTERBOX: Final = Preparation("centre", "RGB")
"""Ultralytics: letterbox in the centre on 114, RGB, 0..1, four neighbours."""
STRIDES: Final = ((8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32), (16, 32))
"""Of the usual heads, those with P6, those with P2, and the tiny ones."""
USUAL_SIZE_PX: Final = 640
OTHER_TASKS: Final = {
    "classify": say("classifies whole pictures"),
    "obb": say("finds rotated boxes"),
}


def main_output(facts: ModelFacts) -> NDArray[Any] | None:
    """Return the only output ``(1, a, b)``, without the raw heads that old exports add.

    Masks of a segmentation export and heads have four or five axes.
    """
    flat = [array for array in facts.outputs.values() if array.ndim in {2, 3}]
    if len(flat) != 1:
        return None
    array = flat[0]
    return array if array.ndim == 2 or array.shape[0] == 1 else None


def main_name(outputs: Mapping[str, NDArray[Any]]) -> str:
    """Return the name of the output that `main_output` takes."""
    return next(name for name, array in outputs.items() if array.ndim in {2, 3})


def mask_count(facts: ModelFacts) -> int:
    """Return how many mask coefficients each box carries; 0 where nothing is segmented."""
    prototypes = [
        array.shape
        for array in facts.outputs.values()
        if array.ndim == 4 and array.shape[0] == 1 and array.shape[2] >= 8
    ]
    return int(prototypes[0][1]) if len(prototypes) == 1 and len(facts.outputs) == 2 else 0


def keypoint_values(facts: ModelFacts) -> int:
    """Return how many numbers of key points each box carries, after the metadata."""
    shape = literal(facts.metadata.get("kpt_shape", ""))
    if isinstance(shape, list | tuple) and len(shape) == 2:
        return int(shape[0]) * int(shape[1])
    return 0


def extra_values(facts: ModelFacts) -> int:
    """Return how many numbers of each candidate come after box and classes."""
    return mask_count(facts) or keypoint_values(facts)


def cells_fit(count: int, size: tuple[int, int], per_cell: int) -> tuple[int, ...] | None:
    """Return the strides whose grids have `count` candidates, `per_cell` in each cell, or None."""
    return next((s for s in STRIDES if cell_count(size, s) * per_cell == count), None)


def grid_evidence(
    table: NDArray[Any], strides: tuple[int, ...], size: tuple[int, int], per_cell: int = 1
) -> Text:
    """Return in words how the candidates of `table` lie in the grids of `strides`."""
    return say(
        "output {shape}: {count} candidates are {per_cell} for each cell of the strides {strides} "
        "at {size}",
        shape=list(table.shape),
        count=cell_count(size, strides) * per_cell,
        per_cell=per_cell,
        strides=", ".join(map(str, strides)),
        size=f"{size[0]}x{size[1]}",
    )


def values_evidence(fixed: int, classes: int, extra: int) -> Text:
    """Return in words what the numbers of each candidate are."""
    count = fixed + classes + extra
    if not extra:
        return say(
            "{count} numbers each are {fixed} + {classes} classes",
            count=count,
            fixed=fixed,
            classes=classes,
        )
    return say(
        "{count} numbers each are {fixed} + {classes} classes + {extra} for masks or key points",
        count=count,
        fixed=fixed,
        classes=classes,
        extra=extra,
    )


def refuse_other_tasks(facts: ModelFacts) -> None:
    """Refuse an Ultralytics model that finds no upright boxes.

    Raises:
        ModelError: says what it does instead.
    """
    task = facts.metadata.get("task", "")
    if task in OTHER_TASKS:
        raise ModelError(
            say(
                "{model} {does} (task `{task}`). "
                "Choose a model for detecting or segmenting objects.",
                model=facts.path.name,
                does=OTHER_TASKS[task],
                task=task,
            )
        )


def is_ultralytics(facts: ModelFacts) -> bool:
    """Whether the metadata was written by Ultralytics' exporter."""
    return "stride" in facts.metadata and "names" in facts.metadata


def sizes_of(facts: ModelFacts) -> InputSizes:
    """Return the sizes: multiples of the stride, as long as the picture the export was made for."""
    stride = literal(facts.metadata.get("stride", ""))
    step = stride if isinstance(stride, int) and 1 <= stride <= 128 else 32
    return InputSizes(step=step, longest=max(export_size(facts.metadata)))


def export_size(metadata: Mapping[str, str]) -> tuple[int, int]:
    """Return (width, height) that Ultralytics' ``imgsz`` says; 640x640 where there is none."""
    size = literal(metadata.get("imgsz", ""))
    if isinstance(size, list | tuple) and len(size) == 2:
        height, width = size
        if all(isinstance(s, int) and MIN_INPUT_PX <= s <= MAX_INPUT_PX for s in size):
            return width, height
    return USUAL_SIZE_PX, USUAL_SIZE_PX


def literal(text: str) -> Any:
    """Return the Python literal in `text`, or None; nothing is executed."""
    if len(text) > 1000:
        return None
    try:
        return ast.literal_eval(text)
    except (SyntaxError, TypeError, ValueError, MemoryError, RecursionError):
        return None
