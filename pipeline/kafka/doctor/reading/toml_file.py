"""Reads TOML with the lines of its keys, which the standard library does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Final

from pipeline.kafka.doctor.reading.tree import Tree, tree_of

_PART: Final = r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[A-Za-z0-9_-]+)"
_KEY: Final = rf"{_PART}(?:\s*\.\s*{_PART})*"
_TABLE: Final = re.compile(rf"^\s*\[\[?\s*({_KEY})\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT: Final = re.compile(rf"^\s*({_KEY})\s*=")
_INLINE: Final = re.compile(rf"(?:[{{,]|^)\s*({_KEY})\s*=")
_FENCES: Final = ('"""', "'''")


def read_toml(text: str) -> Tree:
    """Return the tables.

    Raises:
        tomllib.TOMLDecodeError: it is no TOML; says where.
    """
    return tree_of(tomllib.loads(text), dict(_lines(text)))


def key_parts(key: str) -> tuple[str, ...]:
    """Split a dotted key into its parts, without their quotes."""
    return tuple(
        tomllib.loads(f"x = {part}")["x"] if part[0] in "\"'" else part
        for part in re.findall(_PART, key)
    )


def _lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    table: tuple[str, ...] = ()
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        if fence:
            fence = "" if fence in line else fence
            continue
        if match := _TABLE.match(line):
            table = key_parts(match[1])
            yield from _path((), table, number)
        elif match := _ASSIGNMENT.match(line):
            parts = key_parts(match[1])
            yield from _path(table, parts, number)
            for inner in _INLINE.finditer(line, match.end()):
                yield from _path((*table, *parts), key_parts(inner[1]), number)
            fence = next((one for one in _FENCES if line.count(one) % 2), "")


def _path(
    table: tuple[str, ...], parts: tuple[str, ...], number: int
) -> Iterator[tuple[tuple[str, ...], int]]:
    for end in range(1, len(parts) + 1):
        yield (*table, *parts[:end]), number
