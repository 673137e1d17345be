"""The log lines a pane shows: those of the ring that pass its filter, newest last. Pure.

Filtering a full ring takes long, so it is done in slices, newest lines first; the caller asks for
one slice after the other between its other work.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from console.models.log_filter import ERROR_LEVELS, KindTable, LineMatcher, LogFilter
from pipeline.log_ring import BLOCK_LINES, LogBlock, LogLine, LogRing

SLICE_S: Final = 0.003
"""How long one slice of filtering may take; a block that has been begun is finished."""

CATCH_UP_LINES: Final = 4 * BLOCK_LINES
"""More new lines than this are not taken at once but filtered in slices."""


class LogView:
    """The lines shown of a ring.

    Attributes:
        shown: sequence numbers of the lines that pass the filter, rising; grows at its front while
            a change of the filter is still worked off.
    """

    def __init__(self, ring: LogRing) -> None:
        self._ring = ring
        self._after = 0
        self._newest = 0
        self._unfiltered = 0
        self._matcher = LineMatcher(LogFilter(), ring.kinds)
        self._errors = KindTable(ring.kinds, lambda level, _worker: level in ERROR_LEVELS)
        self.shown = array("Q")

    @property
    def total(self) -> int:
        """How many lines there are, shown or not."""
        return self._newest - max(self._after, self._ring.first_sequence - 1, 0)

    @property
    def is_filtering(self) -> bool:
        """Whether a change of the filter is not worked off yet."""
        return self._unfiltered > max(self._after, self._ring.first_sequence - 1)

    @property
    def progress(self) -> float:
        """How much of the filtering is done, 0 to 1."""
        left = self._unfiltered - max(self._after, self._ring.first_sequence - 1)
        return 1.0 - max(0, left) / max(1, self.total)

    def pull(self) -> tuple[int, int]:
        """Take in new lines; return how many are shown, and how many shown ones went in front."""
        last = self._ring.last_sequence
        if last - self._newest > CATCH_UP_LINES:
            gone = len(self.shown)
            self._begin(last)
            return 0, gone
        before = len(self.shown)
        for block, begin, end in self._parts(self._newest, last):
            first = block.first
            self.shown.extend(first + row for row in self._matcher.matching(block, begin, end))
        self._newest = last
        return len(self.shown) - before, self._trim()

    def set_filter(self, wanted: LogFilter) -> None:
        """Filter anew; `filter_slice` does the work.

        Raises:
            LogFilterError: the pattern is wrong; the filter before stays.
        """
        self._matcher = LineMatcher(wanted, self._ring.kinds)
        self._begin(self._ring.last_sequence)

    def filter_slice(self, seconds: float = SLICE_S) -> int:
        """Filter some blocks of older lines; return how many shown lines that put in front."""
        deadline_s = time.perf_counter() + seconds
        oldest = max(self._after, self._ring.first_sequence - 1)
        found: list[array[int]] = []
        while self._unfiltered > oldest:
            parts = list(self._parts(max(oldest, self._unfiltered - 1), self._unfiltered))
            if not parts:
                self._unfiltered = oldest
                break
            block, _, end = parts[-1]
            begin = max(0, oldest + 1 - block.first)
            first = block.first
            rows = self._matcher.matching(block, begin, end)
            found.append(array("Q", [first + row for row in rows]))
            self._unfiltered = first + begin - 1
            if time.perf_counter() > deadline_s:
                break
        if not found:
            return 0
        front = array("Q")
        for part in reversed(found):
            front += part
        # Filling an array from the front would move all of it for each block.
        front += self.shown
        added = len(front) - len(self.shown)
        self.shown = front
        return added

    def clear(self) -> None:
        """Show none of the lines so far; they stay in the ring and the files."""
        self._after = self._newest = self._unfiltered = self._ring.last_sequence
        self.shown = array("Q")

    def line(self, row: int) -> LogLine | None:
        """Return the line in a row; None when the ring has dropped it."""
        return self._ring.line(self.shown[row])

    def lines(self, first: int, count: int) -> list[LogLine]:
        """Return the lines of some rows; less where they are gone."""
        found = (self._ring.line(sequence) for sequence in self.shown[first : first + count])
        return [line for line in found if line is not None]

    def row_at_time(self, time_s: float) -> int:
        """Return the first row that is not older than a Unix time; the number of rows without one."""
        return bisect_left(self.shown, time_s, key=self._ring.time_s)

    def next_error(self, after: int, *, forward: bool = True) -> int | None:
        """Return the row of the next error after row `after`, or before it; None without one."""
        if not self.shown:
            return None
        if forward:
            if after + 1 >= len(self.shown):
                return None
            span = self.shown[after + 1] - 1, self.shown[-1]
        else:
            if after <= 0:
                return None
            span = self.shown[0] - 1, self.shown[min(after, len(self.shown)) - 1]
        parts = list(self._parts(*span))
        for block, begin, end in parts if forward else reversed(parts):
            for row in self._error_rows(block, begin, end, forward=forward):
                place = bisect_left(self.shown, block.first + row)
                if place < len(self.shown) and self.shown[place] == block.first + row:
                    return place
        return None

    def _error_rows(self, block: LogBlock, begin: int, end: int, *, forward: bool) -> Iterator[int]:
        mask = self._errors.mask(block, begin, end)
        place = mask.find(1) if forward else mask.rfind(1)
        while place >= 0:
            yield begin + place
            place = mask.find(1, place + 1) if forward else mask.rfind(1, 0, place)

    def _parts(self, after: int, until: int) -> Iterator[tuple[LogBlock, int, int]]:
        """Give the blocks of the lines `after` + 1 to `until`, and which part of each is meant."""
        for block in self._ring.blocks(after, until):
            begin = max(0, after + 1 - block.first)
            end = min(len(block), until + 1 - block.first)
            if begin < end:
                yield block, begin, end

    def _begin(self, last: int) -> None:
        self._newest = self._unfiltered = last
        self.shown = array("Q")

    def _trim(self) -> int:
        gone = bisect_left(self.shown, self._ring.first_sequence)
        if gone:
            del self.shown[:gone]
        return gone


def one_line(message: str, limit: int = 2_000) -> str:
    """Return a message as one line that can be painted: breaks shown, controls replaced."""
    text = message[:limit] + ("…" if len(message) > limit else "")
    if text.isprintable():
        return text
    return "".join(_PAINTABLE.get(c, c if c.isprintable() else "\ufffd") for c in text)


_PAINTABLE: Final = {"\n": " ⏎ ", "\t": "    ", "\r": "", "\u00a0": " ", "\u202f": " "}
