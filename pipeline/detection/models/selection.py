"""Which of a model's candidate boxes become objects: the wanted classes, sure enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.detection.models.detections import Detections, Floats, Integers

Rows: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Candidates that were taken: their positions, confidence and class, each ``(n,)``."""

    rows: Rows
    confidence: Floats
    class_id: Integers

    def with_boxes(self, xyxy: NDArray[Any]) -> Detections:
        """Return the objects with their boxes ``(n, 4)``."""
        return Detections(np.ascontiguousarray(xyxy, np.float32), self.confidence, self.class_id)


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The wanted classes, ascending or in the wanted order, and the least confidence."""

    kept: Integers
    confidence: float

    def by_scores(self, scores: NDArray[Any], weight: NDArray[Any] | None = None) -> Chosen:
        """Choose by the best of the wanted classes in ``scores`` ``(N, classes)``.

        `weight` ``(N,)`` multiplies the scores: the probability that there is any object.
        """
        # Classes as rows: the maximum over long rows is quick, and few candidates reach the next step.
        wanted = scores.T[self.kept]
        confidence = wanted.max(axis=0)
        if weight is not None:
            confidence = confidence * weight
        rows = np.flatnonzero(confidence >= self.confidence)
        best = wanted[:, rows].argmax(axis=0)
        return Chosen(rows, confidence[rows].astype(np.float32), self.kept[best])

    def by_labels(self, confidence: NDArray[Any], class_id: NDArray[Any]) -> Chosen:
        """Choose by each candidate's only class; both ``(N,)``."""
        labels = np.rint(class_id).astype(np.int32)
        rows = np.flatnonzero((confidence >= self.confidence) & np.isin(labels, self.kept))
        return Chosen(rows, confidence[rows].astype(np.float32), labels[rows])


def corners(centres: NDArray[Any]) -> NDArray[Any]:
    """Return boxes ``(n, 4)`` as left, top, right, bottom from centre x, y, width, height."""
    half = centres[:, 2:4] / 2
    return np.concatenate([centres[:, :2] - half, centres[:, :2] + half], axis=1)


def to_pixels(boxes: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """Return boxes ``(n, 4)`` given in shares of the input ``size`` (width, height) in pixels."""
    return boxes * np.array(size * 2, np.float32)


def sigmoid(values: NDArray[Any]) -> NDArray[Any]:
    """Return the logistic function of each value, 0..1, as float32; the shape stays.

    Exact also for large negative values.
    """
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values.astype(np.float32))), np.float32)


def grid_cells(size: tuple[int, int], strides: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return each cell's column and row ``(cells, 2)`` and its stride ``(cells, 1)``, row by row.

    A grid covers the whole input ``size`` (width, height), so its last cells may reach beyond.
    """
    places, steps = [], []
    for stride in strides:
        rows, columns = np.indices((-(-size[1] // stride), -(-size[0] // stride)))
        places.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        steps.append(np.full((rows.size, 1), stride))
    return np.concatenate(places).astype(np.float32), np.concatenate(steps).astype(np.float32)


def cell_count(size: tuple[int, int], strides: tuple[int, ...]) -> int:
    """Return how many cells the grids of `strides` have in an input ``size`` (width, height)."""
    return sum(-(-size[0] // stride) * -(-size[1] // stride) for stride in strides)
