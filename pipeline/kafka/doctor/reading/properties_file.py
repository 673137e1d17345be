"""Reads Java ``.properties`` files (and librdkafka's own ``key=value`` ones) with their lines."""

from __future__ import annotations

import re
from typing import Final

from pipeline.kafka.doctor.reading.tree import Entry, Tree

_SPACE: Final = " \t\f"
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_KEY_END: Final = re.compile(r"(?<!\\)(?:\\\\)*[=: \t\f]")


def read_properties(text: str) -> Tree:
    """Return the properties in their order, after ``java.util.Properties.load``."""
    tree = Tree()
    for number, line in _logical_lines(text):
        key, value = _split(line)
        if key:
            tree.entries.append(Entry(key, value, number))
    return tree


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Join lines that end with a backslash; leave out comments and empty ones."""
    found: list[tuple[int, str]] = []
    open_line: tuple[int, str] | None = None
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        line = raw.lstrip(_SPACE)
        if open_line is None and (not line or line[0] in "#!"):
            continue
        start, before = open_line or (number, "")
        continued = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        joined = before + (line[:-1] if continued else line)
        open_line = (start, joined) if continued else None
        if not continued:
            found.append((start, joined))
    if open_line is not None:
        found.append(open_line)
    return found


def _split(line: str) -> tuple[str, str]:
    match = _KEY_END.search(line)
    end = match.end() - 1 if match else len(line)
    rest = line[end:].lstrip(_SPACE)
    if rest[:1] in ("=", ":"):
        rest = rest[1:].lstrip(_SPACE)
    return _unescape(line[:end]), _unescape(rest)


def _unescape(text: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) == 5:
            return chr(int(code[1:], 16))
        return _ESCAPES.get(code, code)

    return _ESCAPE.sub(replaced, text)


def escape(text: str, *, key: bool = False) -> str:
    """Return a key or value as such a file holds it."""
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    escaped = escaped.replace("\t", "\\t").replace("\f", "\\f")
    if key:
        escaped = re.sub(r"([=: #!])", r"\\\1", escaped)
    elif escaped.startswith(" "):
        escaped = "\\" + escaped
    return escaped
