"""Which of a model's classes are kept."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from pipeline.detection.models.detector import ModelError


def choose_classes(model: str, names: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the `wanted` classes, all of `names` when none is wanted.

    Raises:
        ModelError: `model` does not know one of them; the text suggests the nearest.
    """
    unknown = [name for name in wanted if name not in names]
    if unknown:
        close = difflib.get_close_matches(unknown[0], names, n=1)
        hint = f"Did you mean `{close[0]}`?" if close else f"It knows: {', '.join(names)}."
        raise ModelError(f"{model} has no class `{unknown[0]}`. {hint}")
    return tuple(dict.fromkeys(wanted)) or tuple(names)
