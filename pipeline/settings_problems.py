"""What is wrong with a setting, in the words of whoever writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails

from pipeline.settings_section import SettingError
from pipeline.texts import Text, say, verbatim, words_of


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        place: names and numbers of list entries, from the checked model down to the field.
        text: a part of a sentence that says what would be right.
    """

    place: tuple[int | str, ...]
    text: Text


def problem_of(problem: ErrorDetails) -> Problem:
    """Return what pydantic found."""
    place = problem["loc"]
    error = problem.get("ctx", {}).get("error")
    if isinstance(error, SettingError):
        place = (*place, *error.place)
    return Problem(place, _text(problem))


def _text(problem: ErrorDetails) -> Text:
    context: Mapping[str, Any] = problem.get("ctx", {})
    kind = problem["type"]
    match kind:
        case "value_error":
            return words_of(context["error"])
        case "string_too_short" | "missing":
            return say("must not be empty")
        case "string_too_long":
            return say("at most {limit} characters", limit=context["max_length"])
        case "string_pattern_mismatch":
            return say("only letters A–Z, digits and . _ - without spaces, 64 at most")
        case "literal_error":
            choices = re.findall(r"'([^']*)'", context["expected"])
            return say("choose from {choices}", choices=", ".join(choices))
        case "extra_forbidden":
            return say("there is no such setting")
        case "too_short":
            return say("at least {limit} of them", limit=context["min_length"])
        case "too_long":
            return say("at most {limit} of them", limit=context["max_length"])
        case "timezone_aware":
            return say("write the time with its time zone, such as 2026-05-01T22:00:00+02:00")
    return _number(kind, context) or _kind(kind) or verbatim(problem["msg"])


def _number(kind: str, limits: Mapping[str, Any]) -> Text | None:
    match kind:
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return say("enter a whole number")
        case "float_parsing" | "float_type" | "finite_number":
            return say("enter a number, such as 0.5")
        case "greater_than":
            return say("must be more than {limit}", limit=f"{limits['gt']:g}")
        case "greater_than_equal":
            return say("must be {limit} or more", limit=f"{limits['ge']:g}")
        case "less_than":
            return say("must be less than {limit}", limit=f"{limits['lt']:g}")
        case "less_than_equal":
            return say("must be {limit} or less", limit=f"{limits['le']:g}")
    return None


def _kind(kind: str) -> Text | None:
    """Return what should stand there where something of another kind does."""
    match kind:
        case "string_type" | "path_type":
            return say("must be a text in quotes")
        case "bool_type" | "bool_parsing":
            return say("must be true or false")
        case "tuple_type" | "list_type":
            return say("must be a list in square brackets")
        case "model_type" | "model_attributes_type" | "dict_type":
            return say("must be a table")
        case _ if kind.startswith("time_"):
            return say("write a time of day, such as 22:00")
        case _ if kind.startswith(("datetime_", "date_")):
            return say("write a date and a time, such as 2026-05-01T22:00:00+02:00")
    return None
