"""Which log lines are shown: level, worker, text; looked for block by block. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

from pipeline.log_ring import MAX_KINDS, SEPARATOR, Kind, LogBlock

LEVELS: Final = ("TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL")
ERROR_LEVELS: Final = frozenset({"ERROR", "CRITICAL"})


class LogFilterError(ValueError):
    """The pattern is no regular expression.

    Attributes:
        problem: what is wrong with it and where.
    """

    def __init__(self, problem: re.error) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines to show.

    Attributes:
        min_level: this level and worse.
        worker: only of this worker; empty for all.
        text: part of the message, any case; a regular expression with `regex`.
    """

    min_level: str = "INFO"
    worker: str = ""
    text: str = ""
    regex: bool = False

    def takes(self, level: str, worker: str) -> bool:
        """Return whether lines of this level and worker may pass."""
        loud = level not in LEVELS or LEVELS.index(level) >= LEVELS.index(self.min_level)
        return loud and (not self.worker or worker == self.worker)

    def search(self) -> Callable[[str], object] | None:
        """Return what tells whether a message has the text; None when any message will do.

        Raises:
            LogFilterError: `text` is no regular expression.
        """
        if not self.text:
            return None
        if not self.regex:
            needle = self.text.lower()
            return lambda message: needle in message.lower()
        try:
            return re.compile(self.text, re.IGNORECASE).search
        except re.error as error:
            raise LogFilterError(error) from error


class KindTable:
    """Which numbers of level and worker are wanted, as a table for `bytes.translate`.

    Args:
        kinds: what the numbers stand for; may grow.
        takes: whether a level and worker are wanted.
    """

    def __init__(self, kinds: Sequence[Kind], takes: Callable[[str, str], bool]) -> None:
        self._kinds = kinds
        self._takes = takes
        self._table = bytes(MAX_KINDS)
        self._known = 0

    def mask(self, block: LogBlock, begin: int, end: int) -> bytes | bytearray:
        """Return 1 for each wanted line of a part of the block, 0 for each other."""
        if self._known != len(self._kinds):
            flags = [self._takes(*kind) for kind in list(self._kinds)]
            self._known = len(flags)
            self._table = bytes(flags).ljust(MAX_KINDS, b"\0")
        return block.kinds[begin:end].translate(self._table)


class LineMatcher:
    """A filter made ready for the blocks of one ring.

    Raises:
        LogFilterError: the filter's text is no regular expression.
    """

    def __init__(self, wanted: LogFilter, kinds: Sequence[Kind]) -> None:
        self._kinds = KindTable(kinds, wanted.takes)
        self._search = wanted.search()
        plain = not wanted.regex and SEPARATOR not in wanted.text
        self._needle = wanted.text.lower() if plain else ""

    def matching(self, block: LogBlock, begin: int, end: int) -> Iterable[int]:
        """Return which of the lines `begin` to `end` - 1 of a block pass: numbers in the block."""
        mask = self._kinds.mask(block, begin, end)
        rows = range(begin, end)
        found: Iterable[int] = rows if mask.count(1) == len(mask) else compress(rows, mask)
        if self._search is None:
            return found
        if self._needle and block.is_packed:
            with_text = _rows_with(block, self._needle)
            if with_text is not None:
                return [row for row in found if row in with_text]
        search = self._search
        return [row for row in found if search(block.message(row))]


def _rows_with(block: LogBlock, needle: str) -> set[int] | None:
    """Return the lines of a packed block that hold `needle` in any case; None where none can tell."""
    text = block.text.lower()
    if len(text) != len(block.text):
        return None  # some capitals have longer small letters: places would not fit
    rows: set[int] = set()
    ends = block.ends
    place = text.find(needle)
    while place >= 0:
        row = bisect_right(ends, place)
        rows.add(row)
        place = text.find(needle, ends[row])
    return rows
