"""The properties of Signalbox's clients as one text with sections, for an editor. Pure.

    [common]
    security.protocol = sasl_ssl

    [producer]
    linger.ms = 5

A line is a name, an equals sign and a value; a value may stand in quotes, as in TOML, and `#`
begins a comment line. What stands before the first heading belongs to every client.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pipeline.kafka.doctor.findings import Edit, Finding, Role, Setting, Severity, Value, as_text
from pipeline.texts import say

SECTIONS: Final = ("common", "producer", "consumer")
ROLES: Final[tuple[Role, ...]] = ("producer", "consumer")

_HEADING: Final = re.compile(r"\s*\[\s*(?:kafka\.)?([^\]]*?)\s*\]\s*(?:#.*)?")
_PAIR: Final = re.compile(r"(?P<before>\s*)(?P<name>[^=]*?)(?P<equals>\s*=\s*)(?P<value>.*?)\s*")
_QUOTED: Final = re.compile(r"\"((?:[^\"\\]|\\.)*)\"\s*(?:#.*)?|'([^']*)'\s*(?:#.*)?")


@dataclass(frozen=True, slots=True)
class Line:
    """A property in the text.

    Attributes:
        number: of the line; 1 is the first.
        section: one of `SECTIONS`.
        name, value: without quotes.
        value_at: where the value begins in the line, in characters.
    """

    number: int
    section: str
    name: str
    value: str
    value_at: int

    @property
    def setting(self) -> Setting:
        """As the doctor takes it."""
        return Setting(self.name, self.value, None, self.number)


@dataclass(frozen=True, slots=True)
class Sectioned:
    """The text, read.

    Attributes:
        lines: the properties in their order.
        problems: what is neither property, comment nor heading.
    """

    lines: tuple[Line, ...]
    problems: tuple[Finding, ...]

    def of(self, section: str) -> list[Line]:
        """Return the lines of one section."""
        return [line for line in self.lines if line.section == section]

    def find(self, section: str, name: str) -> Line | None:
        """Return the line that counts for a name: the last."""
        found = [line for line in self.of(section) if line.name == name]
        return found[-1] if found else None

    def values(self, section: str) -> dict[str, str]:
        """Return the properties of one section."""
        return {line.name: line.value for line in self.of(section)}

    def settings(self, role: Role) -> list[Setting]:
        """Return what a client of that role gets, in order."""
        return [line.setting for line in (*self.of("common"), *self.of(role))]


@lru_cache(maxsize=4)
def read(text: str) -> Sectioned:
    """Return what the text says."""
    lines: list[Line] = []
    problems: list[Finding] = []
    section = SECTIONS[0]
    for number, raw in enumerate(text.split("\n"), 1):
        stripped = raw.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if heading := _HEADING.fullmatch(raw):
            if heading[1] in SECTIONS:
                section = heading[1]
            else:
                problems.append(_unknown_section(heading[1], number))
            continue
        pair = _PAIR.fullmatch(raw)
        if pair is None or not pair["name"].strip("\"' "):
            problems.append(_no_pair(stripped, number))
            continue
        name = pair["name"].strip("\"'")
        lines.append(Line(number, section, name, _unquoted(pair["value"]), pair.start("value")))
    return Sectioned(tuple(lines), tuple(problems))


def write(tables: Mapping[str, Mapping[str, Value]]) -> str:
    """Return the text of properties by section; every section has its heading."""
    blocks = [
        "\n".join([f"[{section}]", *(_line(*pair) for pair in tables.get(section, {}).items())])
        for section in SECTIONS
    ]
    return "\n\n".join(blocks) + "\n"


def set_value(text: str, section: str, name: str, value: str | None) -> str:
    """Return the text with a property set in a section, or taken out of it (None)."""
    parsed = read(text)
    found = parsed.find(section, name)
    lines = text.split("\n")
    if value is None:
        gone = {line.number for line in parsed.of(section) if line.name == name}
        return "\n".join(line for number, line in enumerate(lines, 1) if number not in gone)
    if found is not None:
        lines[found.number - 1] = _line(name, value)
    else:
        lines.insert(_end_of(lines, section), _line(name, value))
    return "\n".join(lines)


def move(text: str, line: Line, section: str) -> str:
    """Return the text with a property in another section."""
    lines = text.split("\n")
    del lines[line.number - 1]
    return set_value("\n".join(lines), section, line.name, line.value)


def apply(text: str, edit: Edit, section: str, near: int | None = None) -> str:
    """Return the text with an edit of the doctor's applied.

    Args:
        text: as it is.
        edit: the change.
        section: where a property is added that is nowhere yet.
        near: line of what the edit is about, which decides where a name stands more than once.
    """
    candidates = [line for line in read(text).lines if line.name == edit.name]
    at = next((line for line in candidates if line.number == near), None)
    if at is None:
        # Of the same section rather than of another, the last rather than an earlier one.
        candidates.sort(key=lambda line: (line.section == section, line.number))
        at = candidates[-1] if candidates else None
    if at is None:
        if edit.action != "set":
            return text
        return set_value(text, section, edit.name, edit.value or "")
    lines = text.split("\n")
    if edit.action == "remove":
        del lines[at.number - 1]
    else:
        value = at.value if edit.value is None else edit.value
        lines[at.number - 1] = _line(edit.new_name or at.name, value)
    return "\n".join(lines)


def changed_span(before: str, after: str) -> tuple[int, int, str]:
    """Return the one stretch of `before` that becomes another text: start, end, the new text."""
    start = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        start += 1
    end, new_end = len(before), len(after)
    while end > start and new_end > start and before[end - 1] == after[new_end - 1]:
        end -= 1
        new_end -= 1
    return start, end, after[start:new_end]


def _line(name: str, value: Value) -> str:
    text = as_text(value)
    if text != text.strip() or (text and text[0] in "\"'"):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        text = f'"{escaped}"'
    return f"{name} = {text}"


def _unquoted(text: str) -> str:
    match = _QUOTED.fullmatch(text)
    if match is None:
        return text
    return re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2]


def _end_of(lines: list[str], section: str) -> int:
    """Return where a line at the end of a section goes; adds the heading where it is missing."""
    here = SECTIONS[0]
    end = 0 if section == here and not any(map(_HEADING.fullmatch, lines)) else None
    for index, line in enumerate(lines):
        heading = _HEADING.fullmatch(line)
        if heading and heading[1] in SECTIONS:
            here = heading[1]
        if here == section and line.strip():
            end = index + 1
    if end is None:
        while lines and not lines[-1].strip():
            lines.pop()
        lines += ["", f"[{section}]", ""]
        return len(lines) - 1
    return end


def _no_pair(text: str, number: int) -> Finding:
    return Finding(
        "no-pair",
        Severity.ERROR,
        text.partition("=")[0].strip()[:60] or "=",
        "",
        say("the line is not understood"),
        say("a property is a name, an equals sign and a value"),
        say("Write name = value; a line that begins with # is a comment."),
        setting=Setting(text[:60], "", None, number),
    )


def _unknown_section(name: str, number: int) -> Finding:
    close = difflib.get_close_matches(name, SECTIONS, 1)
    return Finding(
        "unknown-section",
        Severity.ERROR,
        f"[{name}]",
        "",
        say("what stands below it goes to the section before"),
        say("there is no section {name}", name=name),
        say("Write [{close}].", close=close[0])
        if close
        else say("Write [common], [producer] or [consumer]."),
        setting=Setting(f"[{name}]", "", None, number),
    )
