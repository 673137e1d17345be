"""Which of a model's classes are kept."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence

from pipeline.detection.models.coco import COCO_NAMES, ROAD_CLASSES
from pipeline.detection.models.detector import ModelError
from pipeline.texts import say


def choose_classes(model: str, names: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the `wanted` classes, all of `names` when none is wanted.

    Raises:
        ModelError: `model` does not know one of them; the text suggests the nearest.
    """
    unknown = [name for name in wanted if name not in names]
    if unknown:
        close = difflib.get_close_matches(unknown[0], names, n=1)
        raise ModelError(
            say(
                "{model} has no class `{name}`. Did you mean `{other}`?",
                model=model,
                name=unknown[0],
                other=close[0],
            )
            if close
            else say(
                "{model} has no class `{name}`. It knows: {names}.",
                model=model,
                name=unknown[0],
                names=", ".join(names),
            )
        )
    return tuple(dict.fromkeys(wanted)) or tuple(names)


def recommended_classes(metadata: Mapping[str, str], names: Sequence[str]) -> tuple[str, ...]:
    """Return the classes kept where nobody chose any.

    Those that the model's metadata recommends; of a COCO model those of the road; else all
    (an empty tuple), since whoever trained a model of their own wants its classes.
    """
    try:
        recommended = json.loads(metadata.get("default_classes", "[]"))
    except ValueError:
        recommended = []
    if isinstance(recommended, list) and recommended:
        return tuple(str(name) for name in recommended)
    return ROAD_CLASSES if set(COCO_NAMES) <= set(names) else ()
