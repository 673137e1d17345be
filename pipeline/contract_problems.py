"""Why a message breaks its contract, as a text that a window can say in another language.

The English is msgspec's own, so that it is found when searched for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from pipeline.texts import Text, cause_of, say, verbatim

_PLACE: Final = re.compile(r"(?P<problem>.*) - at (?P<place>`.*`)", re.DOTALL)


def contract_problem(kind: str, error: msgspec.ValidationError) -> Text:
    """Return which field of a message of `kind` is wrong, and why."""
    return say("{kind}: {problem}", kind=verbatim(kind), problem=_placed(str(error)))


def syntax_problem(kind: str, error: Exception) -> Text:
    """Return where the text of a message of `kind` is no JSON."""
    told = cause_of(error)
    problem = told if told.source else _known(told.english)
    return say("{kind}: not valid JSON ({problem})", kind=verbatim(kind), problem=problem)


def moment_problem(kind: str) -> Text:
    """Return that a message of `kind` tells a time that no camera can have."""
    return say(
        "{kind}: the time is before 1970 or after 9998; is the clock set? - at {place}",
        kind=verbatim(kind),
        place=verbatim("`$.timestamp`"),
    )


def _placed(told: str) -> Text:
    found = _PLACE.fullmatch(told)
    if found is None:
        return _known(told)
    problem, place = _known(found["problem"]), verbatim(found["place"])
    return say("{problem} - at {place}", problem=problem, place=place)


def _known(told: str) -> Text:
    for pattern, made in _FORMS:
        if found := pattern.fullmatch(told):
            text = made({name: verbatim(part) for name, part in found.groupdict().items()})
            # Another version of msgspec may have put it otherwise.
            return text if text == told else verbatim(told)
    return verbatim(told)


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[dict[str, Text]], Text]], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), made)
    for pattern, made in (
        (
            r"Object missing required field (?P<field>`.*`)",
            lambda parts: say("Object missing required field {field}", **parts),
        ),
        (
            r"Expected (?P<kind>`.*`), got (?P<found>`.*`)",
            lambda parts: say("Expected {kind}, got {found}", **parts),
        ),
        (
            r"Expected (?P<kind>`.*`) with a timezone component",
            lambda parts: say("Expected {kind} with a timezone component", **parts),
        ),
        (
            r"Expected (?P<kind>`.*`) of length (?P<limit>.*)",
            lambda parts: say("Expected {kind} of length {limit}", **parts),
        ),
        (
            r"Expected (?P<kind>`.*`) (?P<limit>[<>]=? .*)",
            lambda parts: say("Expected {kind} {limit}", **parts),
        ),
        (r"Expected base64", lambda _: say("Expected base64")),
        (r"Invalid base64 encoded string", lambda _: say("Invalid base64 encoded string")),
        (r"Invalid RFC3339 encoded datetime", lambda _: say("Invalid RFC3339 encoded datetime")),
        (
            r"Invalid enum value (?P<value>.*)",
            lambda parts: say("Invalid enum value {value}", **parts),
        ),
        (r"Number out of range", lambda _: say("Number out of range")),
        (r"Input data was truncated", lambda _: say("Input data was truncated")),
        (
            r"JSON is malformed: invalid character \(byte (?P<byte>\d+)\)",
            lambda parts: say("JSON is malformed: invalid character (byte {byte})", **parts),
        ),
        (
            r"JSON is malformed: (?P<detail>.*) \(byte (?P<byte>\d+)\)",
            lambda parts: say("JSON is malformed: {detail} (byte {byte})", **parts),
        ),
    )
)
