"""What a model said, made into verdicts or refused. Pure.

Nothing is invented: an answer either holds what the contract asks for or is no verdict. Only
spelling is made even (case of the level, slugs), and track ids that the task does not have are left
out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from pipeline.messages import RISK_LEVELS, AssessmentTask, RiskAssessment
from pipeline.texts import Text, say

MAX_VERDICTS: Final = 8
MAX_RISK_TYPES: Final = 8
MAX_SLUG: Final = 60
MAX_DESCRIPTION: Final = 2_000
MAX_CANDIDATES: Final = 40
"""Places in an answer where a JSON object is looked for."""

ANSWER_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "riskLevel": {"type": "string", "enum": list(RISK_LEVELS)},
                    "confidence": {"type": "number"},
                    "riskTypes": {"type": "array", "items": {"type": "string"}},
                    "description": {"type": "string"},
                    "dangerObjectCount": {"type": "integer"},
                    "triggerObjectIds": {"type": "array", "items": {"type": "integer"}},
                },
                "required": [
                    "riskLevel",
                    "confidence",
                    "riskTypes",
                    "description",
                    "dangerObjectCount",
                    "triggerObjectIds",
                ],
                "additionalProperties": False,
            },
        }
    },
    "required": ["results"],
    "additionalProperties": False,
}
"""Kept to what strict structured output takes everywhere; the numbers are checked here."""

_THOUGHT_BEGINS: Final = "<think>"
_THOUGHT_ENDS: Final = "</think>"


class AnswerError(ValueError):
    """An answer is no verdict; the text says why, also to the model in the repair round."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)


class _Verdict(Struct, rename="camel", frozen=True, kw_only=True):
    risk_level: Literal["none", "low", "medium", "high"]
    confidence: Annotated[float, Meta(ge=0.0, le=1.0)]
    description: str
    risk_types: Annotated[list[str], Meta(max_length=MAX_RISK_TYPES)] = []
    danger_object_count: Annotated[int, Meta(ge=0, le=10_000)] = 0
    trigger_object_ids: Annotated[list[int], Meta(max_length=1_000)] = []


class _Answer(Struct, frozen=True, kw_only=True):
    results: Annotated[list[_Verdict], Meta(min_length=1, max_length=MAX_VERDICTS)]


def verdicts(text: str, task: AssessmentTask) -> tuple[RiskAssessment, ...]:
    """Return the verdicts that a model's answer about `task` holds, worst first.

    Raises:
        AnswerError: it holds none, a wrong one, or several that contradict each other.
    """
    found: list[_Answer] = []
    problem: AnswerError | None = None
    for candidate in _objects(_without_thoughts(text)):
        try:
            answer = _checked(candidate)
        except AnswerError as error:
            problem = problem or error
            continue
        if answer not in found:
            found.append(answer)
    if not found:
        raise problem or AnswerError(say("there is no JSON object in the answer"))
    if len(found) > 1:
        raise AnswerError(say("the answer holds several verdicts that differ"))
    known = {item.track_id for item in task.detected_objects if item.track_id is not None}
    made = [_made(verdict, known) for verdict in found[0].results]
    made.sort(key=lambda item: (RISK_LEVELS.index(item.risk_level), item.confidence), reverse=True)
    return tuple(made)


def _without_thoughts(text: str) -> str:
    """Leave out what a model thought aloud; in one pass, as no expression does it on any text."""
    kept: list[str] = []
    place = 0
    while (begin := text.find(_THOUGHT_BEGINS, place)) >= 0:
        end = text.find(_THOUGHT_ENDS, begin)
        if end < 0:
            break
        kept.append(text[place:begin])
        place = end + len(_THOUGHT_ENDS)
    return "".join([*kept, text[place:]])


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a text, outermost only, however much prose is around them."""
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    place = 0
    for _ in range(MAX_CANDIDATES):
        place = text.find("{", place)
        if place < 0:
            return
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            place += 1
            continue
        yield value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _checked(candidate: dict[str, Any]) -> _Answer:
    table = candidate if "results" in candidate else {"results": [candidate]}
    try:
        return msgspec.convert(_even(table), _Answer)
    except msgspec.ValidationError as error:
        raise AnswerError(say("the answer has another form ({error})", error=error)) from error


def _even(table: dict[str, Any]) -> dict[str, Any]:
    """Make the spelling of levels even; everything else stays as it is."""
    results = table["results"]
    if not isinstance(results, list):
        return table
    return {
        "results": [
            {**item, "riskLevel": level.strip().lower()}
            if isinstance(item, dict) and isinstance(level := item.get("riskLevel"), str)
            else item
            for item in results
        ]
    }


def _made(verdict: _Verdict, known: set[int]) -> RiskAssessment:
    # JSON can spell half a character (an emoji that was cut, say), which no message can hold.
    whole = verdict.description.encode("utf-8", "replace").decode("utf-8")
    description = " ".join(whole.split())
    if verdict.risk_level != "none" and not description:
        raise AnswerError(say("the description of a risk is empty"))
    slugs = dict.fromkeys(slug for kind in verdict.risk_types if (slug := _slug(kind)))
    if verdict.risk_level != "none" and not slugs:
        raise AnswerError(say("riskTypes of a risk is empty"))
    return RiskAssessment(
        risk_level=verdict.risk_level,
        confidence=verdict.confidence,
        risk_types=tuple(slugs) if verdict.risk_level != "none" else (),
        description=description[:MAX_DESCRIPTION],
        danger_object_count=verdict.danger_object_count,
        trigger_object_ids=tuple(
            dict.fromkeys(number for number in verdict.trigger_object_ids if number in known)
        ),
    )


def _slug(text: str) -> str:
    return re.sub(r"[^\w]+", "-", text.strip().lower()).strip("-")[:MAX_SLUG]
