"""The log lines a pane shows: those that pass its filter, newest last. Pure.

Filtering a full ring takes long, so it is done in slices, newest lines first; the caller asks for
one slice after the other between its other work.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pipeline.log_ring import RING_CAPACITY, LogLine

LEVELS: Final = ("TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL")
ERROR_LEVELS: Final = frozenset({"ERROR", "CRITICAL"})
SLICE_LINES: Final = 4_000
"""Lines filtered in one go: about 3 ms."""

TRIM_LINES: Final = 5_000
"""Lines above the capacity that are tolerated before the oldest go, so that it is seldom done."""


class LogFilterError(ValueError):
    """The pattern is no regular expression; the text says where."""


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

    def matcher(self) -> Callable[[LogLine], bool]:
        """Return a function that tells whether a line passes.

        Raises:
            LogFilterError: `text` is no regular expression.
        """
        levels = frozenset(LEVELS[LEVELS.index(self.min_level) :])
        worker = self.worker
        search: Callable[[str], object] | None = None
        if self.regex and self.text:
            try:
                search = re.compile(self.text, re.IGNORECASE).search
            except re.error as error:
                raise LogFilterError(str(error)) from error
        elif self.text:
            search = re.compile(re.escape(self.text), re.IGNORECASE).search

        def passes(line: LogLine) -> bool:
            return (
                (line.level in levels or line.level not in LEVELS)
                and (not worker or line.worker == worker)
                and (search is None or search(line.message) is not None)
            )

        return passes


class LogView:
    """All lines and those shown of them.

    Attributes:
        shown: lines that pass the filter, oldest first; grows at its front while a change of the
            filter is still worked off.
        total: how many lines there are, shown or not.
    """

    def __init__(self, capacity: int = RING_CAPACITY) -> None:
        self._capacity = capacity
        self._lines: list[LogLine] = []
        self._passes = LogFilter().matcher()
        self._unfiltered = 0
        self.shown: list[LogLine] = []

    @property
    def total(self) -> int:
        return len(self._lines)

    @property
    def is_filtering(self) -> bool:
        """Whether a change of the filter is not worked off yet."""
        return self._unfiltered > 0

    def append(self, lines: list[LogLine]) -> tuple[int, int]:
        """Add lines; return how many of them are shown, and how many shown ones went at the front."""
        self._lines += lines
        passing = [line for line in lines if self._passes(line)]
        self.shown += passing
        return len(passing), self._trim()

    def set_filter(self, wanted: LogFilter) -> None:
        """Filter anew; `filter_slice` does the work.

        Raises:
            LogFilterError: the pattern is wrong; the filter before stays.
        """
        self._passes = wanted.matcher()
        self.shown = []
        self._unfiltered = len(self._lines)

    def filter_slice(self, lines: int = SLICE_LINES) -> int:
        """Filter the next slice of older lines; return how many shown lines it put in front."""
        end = self._unfiltered
        begin = max(0, end - lines)
        found = [line for line in self._lines[begin:end] if self._passes(line)]
        self.shown[:0] = found
        self._unfiltered = begin
        return len(found)

    def clear(self) -> None:
        """Forget all lines; only here, not in the files."""
        self._lines = []
        self.shown = []
        self._unfiltered = 0

    def next_error(self, after: int, *, forward: bool = True) -> int | None:
        """Return the row of the next error after row `after`, or before it; None without one."""
        rows = (
            range(after + 1, len(self.shown))
            if forward
            else range(min(after, len(self.shown)) - 1, -1, -1)
        )
        return next((row for row in rows if self.shown[row].level in ERROR_LEVELS), None)

    def _trim(self) -> int:
        excess = len(self._lines) - self._capacity
        if excess < TRIM_LINES:
            return 0
        oldest = self._lines[excess].sequence
        del self._lines[:excess]
        self._unfiltered = max(0, self._unfiltered - excess)
        gone = 0
        while gone < len(self.shown) and self.shown[gone].sequence < oldest:
            gone += 1
        del self.shown[:gone]
        return gone


def one_line(message: str, limit: int = 2_000) -> str:
    """Return a message as one line that can be painted: breaks shown, controls replaced."""
    text = message[:limit] + ("…" if len(message) > limit else "")
    return "".join(_PAINTABLE.get(c, c if c.isprintable() else "\ufffd") for c in text)


_PAINTABLE: Final = {"\n": " ⏎ ", "\t": "    ", "\r": "", "\u00a0": " ", "\u202f": " "}
