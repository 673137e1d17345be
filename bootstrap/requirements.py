"""Reads what the project needs from pyproject.toml and compares it with what is installed.

Understands the grammar that file uses, not all of PEP 508: ``name>=1.2,<3; marker`` with one
comparison of ``python_version`` or ``sys_platform`` as marker.
"""

from __future__ import annotations

import operator
import re
import sys
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

_REQUIREMENT = re.compile(
    r"""(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*) \s*
        (?P<bounds> (?: (?:>=|==|!=|<) \s* [0-9.]+ (?: \s* , \s* (?=[<>=!]) )? )* ) \s*
        (?: ; \s* (?P<variable>python_version|sys_platform) \s* (?P<relation>==|!=|<|>=)
            \s* ["'](?P<value>[^"']+)["'] )? \s*""",
    re.VERBOSE,
)
_BOUND = re.compile(r"(>=|==|!=|<)\s*([0-9]+(?:\.[0-9]+)*)")
_RELATIONS: dict[str, Callable[[object, object], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,  # type: ignore[dict-item]
    ">=": operator.ge,  # type: ignore[dict-item]
}

Version = tuple[int, ...]


@dataclass(frozen=True)
class Requirement:
    """One package the project needs here.

    Attributes:
        name: the distribution's name.
        bounds: relations its version must stand in, such as ``(">=", (2, 0))``.
        text: as written, for pip.
    """

    name: str
    bounds: tuple[tuple[str, Version], ...]
    text: str

    def accepts(self, version: str) -> bool:
        """Whether that version stands in all the bounds."""
        number = parse_version(version)
        return all(_RELATIONS[relation](number, bound) for relation, bound in self.bounds)


def parse_version(text: str) -> Version:
    """Return the numbers a version starts with, without trailing zeros: "2.10.0rc1" -> (2, 10)."""
    found = re.match(r"[0-9]+(?:\.[0-9]+)*", text)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def parse_requirement(text: str) -> Requirement | None:
    """Return the requirement, or None where its marker says that it is not for this machine.

    Raises:
        ValueError: it is not in the grammar above.
    """
    found = _REQUIREMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"pyproject.toml: cannot read the requirement {text!r}")
    bounds = tuple(
        (relation, parse_version(number)) for relation, number in _BOUND.findall(found["bounds"])
    )
    if found["variable"] == "python_version":
        holds = _RELATIONS[found["relation"]](sys.version_info[:2], parse_version(found["value"]))
    elif found["variable"] == "sys_platform":
        holds = _RELATIONS[found["relation"]](sys.platform, found["value"])
    else:
        holds = True
    return Requirement(found["name"], bounds, text) if holds else None


def read_requirements(pyproject: Path, *, with_tests: bool) -> list[Requirement]:
    """Return what is needed on this machine, the test extra included if wanted."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    texts = list(project["dependencies"])
    if with_tests:
        texts += project["optional-dependencies"]["test"]
    return [found for text in texts if (found := parse_requirement(text)) is not None]


def missing(requirements: Iterable[Requirement]) -> list[str]:
    """Return the requirements this interpreter does not meet, each with what it has instead."""
    lacking = []
    for requirement in requirements:
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            lacking.append(f"{requirement.text} (not installed)")
            continue
        if not requirement.accepts(version):
            lacking.append(f"{requirement.text} (has {version})")
    return lacking
