"""A map read from a file, with the line of every key: what all the readers hand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.kafka.doctor.findings import Value


@dataclass(slots=True)
class Entry:
    """One key of a map.

    Attributes:
        key: as written; keys that are no text are made one.
        value: its value, or a map in turn.
        line: 1 is the first.
    """

    key: str
    value: Value | Tree
    line: int | None


@dataclass(slots=True)
class Tree:
    """A map with its entries in their order; a key may be there twice.

    Attributes:
        title: what it is called where it stands: a table's or a variable's name.
        entries: its keys.
        line: where it begins.
        client: what client it was handed to, where the file says so.
    """

    title: str = ""
    entries: list[Entry] = field(default_factory=list)
    line: int | None = None
    client: str = ""

    def get(self, key: str) -> Value | Tree:
        """Return the last value of a key; None where it is not there."""
        return next((entry.value for entry in reversed(self.entries) if entry.key == key), None)

    def trees(self) -> Iterator[Tree]:
        """Yield the maps in it."""
        for entry in self.entries:
            if isinstance(entry.value, Tree):
                yield entry.value


def tree_of(
    table: Mapping[str, object],
    lines: Mapping[tuple[str, ...], int],
    path: tuple[str, ...] = (),
) -> Tree:
    """Return nested plain maps with the lines of their paths."""
    tree = Tree(".".join(path), line=lines.get(path))
    for key, value in table.items():
        inner = (*path, key)
        line = lines.get(inner, tree.line)
        if isinstance(value, Mapping):
            child = tree_of(value, lines, inner)
            child.line = child.line or line
            tree.entries.append(Entry(key, child, line))
        else:
            tree.entries.append(Entry(key, plain(value), line))
    return tree


def plain(value: object) -> Value:
    """Return a value as the doctor knows it; dates and their kind as text."""
    if value is None or isinstance(value, str | int | float | bool | list):
        return value
    return str(value)
