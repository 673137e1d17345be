"""Writes corrected copies of files whose settings stand one a line."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pipeline.kafka.doctor.findings import Edit, Severity
from pipeline.kafka.doctor.reading.files import read_settings_text
from pipeline.kafka.doctor.reading.properties_file import escape
from pipeline.kafka.doctor.report import Examined

_TOML_LINE: Final = re.compile(
    r"^(?P<indent>\s*)(?P<quote>[\"']?)(?P<key>[^\"'=]+?)(?P=quote)(?P<equals>\s*=\s*)"
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^#\s]+)(?P<rest>\s*(?:#.*)?)$"
)
_PROPERTIES_LINE: Final = re.compile(
    r"^(?P<indent>\s*)(?P<key>(?:[^=:\s\\]|\\.)+)(?P<equals>\s*[=:]\s*|\s+)(?P<value>.*)$"
)
_CONTINUED: Final = re.compile(r"(?<!\\)(?:\\\\)*\\$")
_PLAIN: Final = re.compile(r"^(-?\d+(\.\d+)?|true|false)$")


class RepairError(ValueError):
    """The file cannot be corrected by a program; the text says why."""


def write_repaired(path: Path, examined: Sequence[Examined]) -> Path:
    """Apply every edit to a copy and return where it is: ``name.fixed.toml`` beside the file.

    Findings without an edit, and advice, are left to people.

    Raises:
        RepairError: it is another kind of file, or the copy cannot be written.
    """
    toml = path.suffix.lower() == ".toml"
    if not toml and path.suffix.lower() not in (".properties", ".conf", ".cfg", ".config"):
        raise RepairError("only TOML and .properties files are corrected; apply the edits by hand")
    copy = _Copy(list(read_settings_text(path).splitlines()), toml)
    for one in examined:
        places = {s.name: s.line - 1 for s in one.client.settings if s.line is not None}
        for finding in one.findings:
            if finding.severity_level is not Severity.ADVICE and finding.line:
                for edit in finding.edits:
                    copy.apply(edit, places, finding.line)
    text = copy.text()
    if toml:
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise RepairError("it is written in a way that only a person can correct") from error
    target = path.with_name(f"{path.stem}.fixed{path.suffix}")
    try:
        # What the file holds is for the same eyes as before.
        target.touch(mode=0o600)
        shutil.copymode(path, target)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RepairError(f"{target} cannot be written: {error.strerror or error}") from error
    return target


class _Copy:
    """The lines of a file that is being corrected; each is changed once."""

    def __init__(self, lines: list[str], toml: bool) -> None:
        self._lines: list[str | None] = list(lines)
        self._toml = toml
        self._done: set[int] = set()
        self._added: dict[str, tuple[int, str]] = {}

    def text(self) -> str:
        """Return the corrected text."""
        lines = list(self._lines)
        for at, line in sorted(self._added.values(), reverse=True):
            lines.insert(at, line)
        return "\n".join(line for line in lines if line is not None) + "\n"

    def apply(self, edit: Edit, places: Mapping[str, int], near: int) -> None:
        """Apply one edit.

        Args:
            edit: the change.
            places: index of the line of every property of the client.
            near: index of the line before which a new property is added.
        """
        at = places.get(edit.name)
        if at is None:
            if edit.action == "set":
                self._added.setdefault(edit.name, (near, _new_line(edit, self._toml)))
            return
        line = self._lines[at]
        match = (_TOML_LINE if self._toml else _PROPERTIES_LINE).match(line or "")
        if match is None or at in self._done:
            return
        self._done.add(at)
        if not self._toml and (edit.action == "remove" or edit.value is not None):
            self._end_here(at)
        self._lines[at] = None if edit.action == "remove" else self._changed(match, edit)

    def _end_here(self, at: int) -> None:
        """Drop the lines that a property goes on in: its new value stands in the first."""
        line = self._lines[at]
        while line is not None and _CONTINUED.search(line) and at + 1 < len(self._lines):
            at += 1
            line = self._lines[at]
            self._lines[at] = None

    def _changed(self, match: re.Match[str], edit: Edit) -> str:
        key = edit.new_name or match["key"]
        quote = '"' if self._toml and "." in key else ""
        value = match["value"] if edit.value is None else _value(edit.value, self._toml)
        rest = match["rest"] if self._toml else ""
        return f"{match['indent']}{quote}{key}{quote}{match['equals']}{value}{rest}"


def _new_line(edit: Edit, toml: bool) -> str:
    value = _value(edit.value or "", toml)
    return f'"{edit.name}" = {value}' if toml else f"{edit.name}={value}"


def _value(text: str, toml: bool) -> str:
    if not toml:
        return escape(text)
    if _PLAIN.match(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
