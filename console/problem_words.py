"""What is wrong with settings, as the window says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from console import joining
from console.settings_form import sections
from console.window_texts import sentence
from pipeline.settings_problems import problem_of

if TYPE_CHECKING:
    from pydantic import ValidationError


def problems_by_place(error: ValidationError) -> dict[tuple[str, ...], str]:
    """Return the first problem of each place; numbers in places (of list entries) are left out."""
    found: dict[tuple[str, ...], str] = {}
    for details in error.errors():
        problem = problem_of(details)
        place = tuple(part for part in problem.place if isinstance(part, str))
        found.setdefault(place, sentence(problem.text))
    return found


def placed_words(problems: Mapping[tuple[str, ...], str]) -> str:
    """Return problems of places in `Settings` one after another, each with the setting's name."""
    names = {field.place: field.name for section in sections() for field in section.fields}
    return joining.one_after_another(
        joining.named(names.get(place) or ".".join(place), text) for place, text in problems.items()
    )
