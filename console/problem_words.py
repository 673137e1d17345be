"""What is wrong with a setting, in the words of whoever types it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

translate = QCoreApplication.translate


def problem_words(problem: ErrorDetails) -> str:
    """Return one problem as a sentence that says what would be right."""
    limits: Mapping[str, Any] = problem.get("ctx", {})
    match problem["type"]:
        case "string_too_short" | "missing":
            return translate("Problem", "Must not be empty.")
        case "string_too_long":
            return translate("Problem", "At most {0} characters.").format(limits["max_length"])
        case "string_pattern_mismatch":
            return translate(
                "Problem", "Only letters A–Z, digits and . _ - without spaces, 64 at most."
            )
        case "int_parsing" | "int_type" | "int_from_float":
            return translate("Problem", "Enter a whole number.")
        case "float_parsing" | "float_type" | "finite_number":
            return translate("Problem", "Enter a number, such as 0.5.")
        case "greater_than":
            return translate("Problem", "Must be more than {0}.").format(_number(limits["gt"]))
        case "greater_than_equal":
            return translate("Problem", "Must be {0} or more.").format(_number(limits["ge"]))
        case "less_than":
            return translate("Problem", "Must be less than {0}.").format(_number(limits["lt"]))
        case "less_than_equal":
            return translate("Problem", "Must be {0} or less.").format(_number(limits["le"]))
        case "literal_error":
            return translate("Problem", "Choose from {0}.").format(limits["expected"])
        case _:
            text = problem["msg"].removeprefix("Value error, ")
            return text[:1].upper() + text[1:].rstrip(".") + "."


def problems_by_place(error: ValidationError) -> dict[tuple[str, ...], str]:
    """Return the first problem of each place; numbers in places (of list entries) are left out."""
    found: dict[tuple[str, ...], str] = {}
    for problem in error.errors():
        place = tuple(part for part in problem["loc"] if isinstance(part, str))
        found.setdefault(place, problem_words(problem))
    return found


def _number(value: float) -> str:
    return f"{value:g}"
