"""Finds out of which family a model is, and says from what."""

from __future__ import annotations

import difflib

import numpy as np

from pipeline.detection.models.detector import AmbiguousModelError, ModelError
from pipeline.detection.models.families import FAMILIES
from pipeline.detection.models.family import Match, ModelFacts


def recognise(facts: ModelFacts, wanted: str | None = None) -> tuple[str, Match]:
    """Return the name of the family of a model, and why.

    Args:
        facts: what is known of the model.
        wanted: the family that the user picked; None to find it out.

    Raises:
        ModelError: no family fits, the wanted one does not, or several do; the text names them.
    """
    if wanted:
        return wanted, _picked(facts, wanted)
    named = facts.metadata.get("family", "")
    if named in FAMILIES and (match := FAMILIES[named].match(facts)):
        return named, match
    matches = {name: match for name, family in FAMILIES.items() if (match := family.match(facts))}
    _check_types(facts)
    sure = [name for name, match in matches.items() if match.sure]
    candidates = sure or list(matches)
    if not candidates:
        raise ModelError(
            f"{facts.path.name} is of no known model family: it has {_shapes(facts)}. Known: "
            + "; ".join(f"{name} ({family.looks_like})" for name, family in FAMILIES.items())
            + "."
        )
    if len(candidates) > 1:
        reasons = " ".join(f"{name}: {'; '.join(matches[name].evidence)}." for name in candidates)
        raise AmbiguousModelError(
            f"{facts.path.name} may be of several model families. Pick one: "
            f"{', '.join(candidates)}. {reasons}",
            tuple(candidates),
        )
    return candidates[0], matches[candidates[0]]


def check_family(name: str) -> None:
    """Refuse a family that does not exist.

    Raises:
        ModelError: names those that do.
    """
    if name not in FAMILIES:
        close = difflib.get_close_matches(name, FAMILIES, n=1)
        hint = f"Did you mean `{close[0]}`? " if close else ""
        raise ModelError(f"`{name}` is no model family. {hint}Known: {', '.join(FAMILIES)}.")


def _picked(facts: ModelFacts, name: str) -> Match:
    check_family(name)
    family = FAMILIES[name]
    match = family.match(facts)
    _check_types(facts)
    if match is None:
        raise ModelError(
            f"{facts.path.name} cannot be read as {name}: it has {_shapes(facts)}; "
            f"{name} has {family.looks_like}. Pick another family, or none."
        )
    return Match(match.layout, (f"{name} was picked", *match.evidence))


def _check_types(facts: ModelFacts) -> None:
    """Refuse outputs whose numbers mean nothing without a scale that ONNX does not carry."""
    for name, array in facts.outputs.items():
        if array.dtype in (np.int8, np.uint8):
            raise ModelError(
                f"{facts.path.name}: its output `{name}` is {array.dtype} without a scale. "
                "Export it with outputs in floating point (the inside may stay quantised)."
            )


def _shapes(facts: ModelFacts) -> str:
    shapes = ", ".join(f"`{n}` {list(array.shape)}" for n, array in facts.outputs.items())
    return f"the outputs {shapes} for the input {facts.inputs}"
