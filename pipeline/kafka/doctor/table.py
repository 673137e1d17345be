"""The properties that librdkafka knows, as ``tools/make_kafka_properties.py`` wrote them down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from pipeline.paths import RESOURCES
from pipeline.redact import is_secret_name

Scope = Literal["both", "producer", "consumer", "share-consumer"]
Kind = Literal["integer", "float", "boolean", "string", "enum", "flags", "patterns", "dedicated"]

TABLE_FILE: Final = RESOURCES / "kafka" / "properties.json"


@dataclass(frozen=True, slots=True)
class Property:
    """One property.

    Attributes:
        name, aliases: its canonical name, and the others for the same thing.
        level: ``global``, or ``topic`` (may be set for the whole client all the same).
        scope: which clients it does something for.
        share_consumer: whether a share consumer takes it.
        kind: what its value is; ``dedicated`` ones are no text but set by a function.
        low, high: range of a number.
        values: the words it takes (an enum, flags, or names for some numbers).
        default: as librdkafka prints it.
        importance: high, medium or low.
        deprecated, experimental: as librdkafka says.
        meaning: librdkafka's own words.
    """

    name: str
    aliases: tuple[str, ...]
    level: Literal["global", "topic"]
    scope: Scope
    share_consumer: bool
    kind: Kind
    low: float | None
    high: float | None
    values: tuple[str, ...]
    default: str
    importance: Literal["high", "medium", "low"]
    deprecated: bool
    experimental: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """All properties.

    Attributes:
        version: librdkafka's, such as ``2.16.0``.
        by_name: every name and alias; where a name is global and topic, the global one, which is
            the one that librdkafka sets.
        hidden: names that librdkafka takes without listing them.
        refused: Java names that librdkafka refuses with a hint of its own.
    """

    version: str
    by_name: Mapping[str, Property]
    hidden: frozenset[str]
    refused: frozenset[str]


@cache
def table() -> Table:
    """Return the table that ships with the program."""
    data = json.loads(TABLE_FILE.read_text(encoding="utf-8"))
    by_name: dict[str, Property] = {}
    # Global ones last, so that they win.
    for entry in sorted(data["properties"], key=lambda entry: str(entry["level"]), reverse=True):
        found = _property(entry)
        for name in (found.name, *found.aliases):
            by_name[name] = found
    return Table(data["librdkafka"], by_name, frozenset(data["hidden"]), frozenset(data["refused"]))


def is_secret(name: str) -> bool:
    """Whether the value of a property must not be shown."""
    return is_secret_name(name)


def _property(entry: Mapping[str, Any]) -> Property:
    return Property(
        name=entry["name"],
        aliases=tuple(entry["aliases"]),
        level=entry["level"],
        scope=entry["scope"],
        share_consumer=entry["share_consumer"],
        kind=entry["type"],
        low=entry["min"],
        high=entry["max"],
        values=tuple(entry["values"]),
        default=entry["default"],
        importance=entry["importance"],
        deprecated=entry["deprecated"],
        experimental=entry["experimental"],
        meaning=entry["meaning"],
    )
