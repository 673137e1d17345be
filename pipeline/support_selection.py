"""Which log records go into a support bundle: a span of time, some workers, a lowest level. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

LEVELS: Final = ("TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL")

_HEAD: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) \| (\w+) *\| ")
"""How a record begins in a log file; its further lines do not."""

_TIME: Final = "%Y-%m-%d %H:%M:%S.%f"


@dataclass(frozen=True, slots=True)
class LogSelection:
    """What is wanted; by default, everything.

    Attributes:
        since, until: local times without a zone, as in the files; both ends belong to the span.
        workers: names of workers, ``kafka`` and ``console``; empty for all.
        min_level: this level and worse.
        text: part of the record, any case; a regular expression with `regex`.
    """

    since: datetime | None = None
    until: datetime | None = None
    workers: frozenset[str] = frozenset()
    min_level: str = "TRACE"
    text: str = ""
    regex: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self == LogSelection()

    def takes_file(self, name: str) -> bool:
        """Return whether a log file, such as ``detection.log.1``, belongs to a wanted worker."""
        return not self.workers or name.partition(".")[0] in self.workers

    def cut(self, text: str) -> str:
        """Return the wanted records of a log file's `text`, each with all its lines.

        Lines before the first record, which a rotation may have left, go with it.
        """
        if replace(self, workers=frozenset()).is_everything:
            return text
        search = self._search()
        kept: list[str] = []
        before = ""
        for head, record in _records(text):
            if head is None:
                before = record
                continue
            if self._wants(head[1], head[2]) and search(record.partition(" - ")[2].rstrip("\n")):
                kept.append(before + record)
            before = ""
        return "".join(kept)

    def _search(self) -> Callable[[str], object]:
        """Return what tells whether a message has the text; any has where it is no pattern."""
        pattern = self.text if self.regex else re.escape(self.text)
        try:
            return re.compile(pattern, re.IGNORECASE).search
        except re.error:
            return lambda _message: True  # better too much than too little

    def _wants(self, written: str, level: str) -> bool:
        try:
            moment = datetime.strptime(written, _TIME)  # noqa: DTZ007 - the files hold local time
        except ValueError:
            return True  # Looks like a time and is none: better too much than too little.
        is_loud = level not in LEVELS or LEVELS.index(level) >= LEVELS.index(self.min_level)
        return (
            is_loud
            and (self.since is None or moment >= self.since)
            and (self.until is None or moment <= self.until)
        )

    def as_table(self) -> dict[str, object]:
        """Return it for the bundle, so that its reader knows what is left out."""
        return {
            "since": self.since.isoformat(sep=" ") if self.since else None,
            "until": self.until.isoformat(sep=" ") if self.until else None,
            "workers": sorted(self.workers) or "all",
            "minLevel": self.min_level,
            "text": self.text,
            "textIsPattern": self.regex,
        }


def begins_record(line: str) -> bool:
    """Return whether a record begins with this line of a log file."""
    return _HEAD.match(line) is not None


def _records(text: str) -> Iterator[tuple[re.Match[str] | None, str]]:
    """Split a log file into records, each with all its lines; None heads what is before the first."""
    head: re.Match[str] | None = None
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        found = _HEAD.match(line)
        if found is not None:
            if lines:
                yield head, "".join(lines)
            head, lines = found, []
        lines.append(line)
    if lines:
        yield head, "".join(lines)
