"""What the class names mean on a road."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pipeline.detection.models.detections import Integers

PEOPLE: Final = frozenset({"person"})
VULNERABLE: Final = frozenset({"person", "bicycle"})
VEHICLES: Final = frozenset({"car", "bus", "truck", "train", "motorcycle"})
RIDDEN: Final = frozenset({"bicycle", "motorcycle"})
"""What a person sits on rather than in; the rider's box overlaps it."""
_ALIKE: Final = (frozenset({"car", "bus", "truck", "train"}), RIDDEN)
"""Classes that a detector takes for each other from frame to frame."""


def class_kinds(names: Sequence[str]) -> Integers:
    """Return for each class id the number of its kind, ``(classes,)``.

    Classes that are easily confused share a kind, so that a track survives the confusion.
    """
    kinds = []
    for index, name in enumerate(names):
        alike = next((number for number, group in enumerate(_ALIKE) if name in group), None)
        kinds.append(index + len(_ALIKE) if alike is None else alike)
    return np.array(kinds, np.int32)
