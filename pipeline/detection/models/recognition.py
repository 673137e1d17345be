"""Finds out of which family a model is, and says from what."""

from __future__ import annotations

import difflib
from typing import Final

import numpy as np

from pipeline.detection.models.detector import AmbiguousModelError, ModelError
from pipeline.detection.models.families import FAMILIES
from pipeline.detection.models.family import Match, ModelFacts
from pipeline.texts import Text, in_a_row, one_after_another, say

MOST_NAN: Final = 0.5
"""So large a share of an output may be no number before nothing can be found with it."""


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
            say(
                "{model} is of no known model family: it has {shapes}. Known: {families}.",
                model=facts.path.name,
                shapes=_shapes(facts),
                families=in_a_row(
                    say("{family} ({looks})", family=name, looks=family.looks_like)
                    for name, family in FAMILIES.items()
                ),
            )
        )
    if len(candidates) > 1:
        reasons = one_after_another(
            say("{family}: {evidence}.", family=name, evidence=in_a_row(matches[name].evidence))
            for name in candidates
        )
        raise AmbiguousModelError(
            say(
                "{model} may be of several model families. Pick one: {families}. {reasons}",
                model=facts.path.name,
                families=", ".join(candidates),
                reasons=reasons,
            ),
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
        known = ", ".join(FAMILIES)
        raise ModelError(
            say(
                "`{name}` is no model family. Did you mean `{other}`? Known: {known}.",
                name=name,
                other=close[0],
                known=known,
            )
            if close
            else say("`{name}` is no model family. Known: {known}.", name=name, known=known)
        )


def _picked(facts: ModelFacts, name: str) -> Match:
    check_family(name)
    family = FAMILIES[name]
    match = family.match(facts)
    _check_types(facts)
    if match is None:
        raise ModelError(
            say(
                "{model} cannot be read as {family}: it has {shapes}; {family} has {looks}. "
                "Pick another family, or none.",
                model=facts.path.name,
                family=name,
                shapes=_shapes(facts),
                looks=family.looks_like,
            )
        )
    return Match(match.layout, (say("{family} was picked", family=name), *match.evidence))


def _check_types(facts: ModelFacts) -> None:
    """Refuse outputs whose numbers mean nothing without a scale that ONNX does not carry."""
    for name, array in facts.outputs.items():
        if array.dtype in (np.int8, np.uint8):
            raise ModelError(
                say(
                    "{model}: its output `{name}` is {kind} without a scale. Export it with "
                    "outputs in floating point (the inside may stay quantised).",
                    model=facts.path.name,
                    name=name,
                    kind=array.dtype,
                )
            )
        if array.dtype.kind == "f" and array.size and np.isnan(array).mean() > MOST_NAN:
            raise ModelError(
                say(
                    "{model}: its output `{name}` is not a number (NaN) where boxes should be. "
                    "Export it in float32: half precision is too coarse for some models.",
                    model=facts.path.name,
                    name=name,
                )
            )


def _shapes(facts: ModelFacts) -> Text:
    shapes = ", ".join(f"`{n}` {list(array.shape)}" for n, array in facts.outputs.items())
    return say(
        "the outputs {shapes} for the input {input}", shapes=shapes, input=facts.inputs.words
    )
