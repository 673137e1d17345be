"""The newest log lines in memory, for the window's log pane: a million of them, packed in blocks.

A line costs its text and 13 bytes. Lines of one block lie in one string, so that a text is looked
for in thousands of them by one call.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

RING_CAPACITY: Final = 1_000_000
BLOCK_LINES: Final = 2048
SEPARATOR: Final = "\n"
"""Ends each line in a block's text; a line may hold it, too."""

MAX_KINDS: Final = 256
OTHER: Final = "other"
"""The worker of lines that come from more sources than there are numbers for."""

_ROOM_FOR_LEVELS: Final = 32

Kind = tuple[str, str]
"""Level and worker of a line."""


class LogLine(NamedTuple):
    """One log record.

    Attributes:
        sequence: rises by one with each line, from 1.
        time: local time, aware.
        level: loguru's level name, such as ``WARNING``.
        worker: ``detection``, ``generator``, ``scheduler``, ``aggregator``, ``kafka``, ``console``.
        message: the text, secrets masked; may hold newlines.
    """

    sequence: int
    time: datetime
    level: str
    worker: str
    message: str


class LogBlock:
    """Consecutive lines. Grows until it is full and then packed; never changes where it was read.

    Attributes:
        first: sequence number of its first line.
        kinds: for each line, the number of its level and worker in `LogRing.kinds`.
        times: for each line, Unix seconds.
        text: all messages, each followed by `SEPARATOR`; empty until the block is packed.
        ends: for each line, where it ends in `text`, its separator included.
    """

    __slots__ = ("_messages", "ends", "first", "kinds", "text", "times")

    def __init__(self, first: int) -> None:
        self.first = first
        self.kinds = bytearray()
        self.times = array("d")
        self.text = ""
        self.ends = array("I")
        self._messages: list[str] = []

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def is_packed(self) -> bool:
        """Whether `text` and `ends` are there."""
        return bool(self.ends)

    def append(self, time_s: float, kind: int, message: str) -> None:
        """Add a line; the kind last, for it is what readers count."""
        self._messages.append(message)
        self.times.append(time_s)
        self.kinds.append(kind)

    def packed(self) -> LogBlock:
        """Return the same lines, packed; this block stays as it is for who reads it."""
        block = LogBlock(self.first)
        block.kinds, block.times = self.kinds, self.times
        block.text = SEPARATOR.join([*self._messages, ""])
        end = 0
        for message in self._messages:
            end += len(message) + 1
            block.ends.append(end)
        return block

    def message(self, index: int) -> str:
        """Return the text of a line."""
        if not self.is_packed:
            return self._messages[index]
        begin = self.ends[index - 1] if index else 0
        return self.text[begin : self.ends[index] - 1]


class LogRing:
    """Keeps the newest lines; older ones go, a block at a time. Safe to use from several threads.

    Args:
        capacity: lines that are kept at least.
        block_lines: how many lines make a block.
    """

    def __init__(self, capacity: int = RING_CAPACITY, block_lines: int = BLOCK_LINES) -> None:
        self._capacity = capacity
        self._block_lines = block_lines
        self._lock = threading.Lock()
        self._blocks: list[LogBlock] = [LogBlock(1)]
        self._sequence = 0
        self._numbers: dict[Kind, int] = {}
        self._kinds: list[Kind] = []

    @property
    def last_sequence(self) -> int:
        """Sequence number of the newest line; 0 before the first."""
        return self._sequence

    @property
    def first_sequence(self) -> int:
        """Sequence number of the oldest line that is still here; 1 before the first."""
        return self._blocks[0].first

    @property
    def kinds(self) -> Sequence[Kind]:
        """Level and worker by their number; only ever grows."""
        return self._kinds

    def append(self, time: datetime, level: str, worker: str, message: str) -> None:
        """Add a line."""
        time_s = time.timestamp()
        kind = level, worker
        with self._lock:
            number = self._numbers.get(kind)
            if number is None:
                number = self._new_kind(kind)
            block = self._blocks[-1]
            block.append(time_s, number, message)
            self._sequence += 1
            if len(block) >= self._block_lines:
                self._begin_block(block)

    def _new_kind(self, kind: Kind) -> int:
        """Give level and worker a number; when they run short, the worker is what is given up."""
        if len(self._kinds) >= MAX_KINDS - _ROOM_FOR_LEVELS:
            other = kind[0], OTHER
            if other in self._numbers or len(self._kinds) >= MAX_KINDS:
                return self._numbers.get(other, 0)
            kind = other
        self._numbers[kind] = len(self._kinds)
        self._kinds.append(kind)
        return len(self._kinds) - 1

    def _begin_block(self, full: LogBlock) -> None:
        self._blocks[-1] = full.packed()
        self._blocks.append(LogBlock(self._sequence + 1))
        while self._sequence + 1 - self._blocks[1].first >= self._capacity:
            del self._blocks[0]

    def blocks(self, after: int, until: int) -> list[LogBlock]:
        """Return the blocks that hold lines `after` + 1 to `until` and are still here, in order."""
        with self._lock:
            oldest = self._blocks[0].first
            begin = max(0, (after + 1 - oldest) // self._block_lines)
            return self._blocks[begin : max(0, until - oldest) // self._block_lines + 1]

    def line(self, sequence: int) -> LogLine | None:
        """Return a line; None when it is gone, or not there yet."""
        found = self.blocks(sequence - 1, sequence)
        if not found or not 0 <= (index := sequence - found[0].first) < len(found[0]):
            return None
        return self._line(found[0], index)

    def time_s(self, sequence: int) -> float:
        """Return the Unix time of a line; 0 when it is gone, or not there yet."""
        found = self.blocks(sequence - 1, sequence)
        if not found or not 0 <= (index := sequence - found[0].first) < len(found[0]):
            return 0.0
        return found[0].times[index]

    def since(self, sequence: int) -> list[LogLine]:
        """Return the lines after `sequence`, oldest first; 0 for all that are still here."""
        last = self._sequence
        return [
            self._line(block, index)
            for block in self.blocks(sequence, last)
            for index in range(max(0, sequence + 1 - block.first), len(block))
            if block.first + index <= last
        ]

    def _line(self, block: LogBlock, index: int) -> LogLine:
        level, worker = self._kinds[block.kinds[index]]
        time = datetime.fromtimestamp(block.times[index]).astimezone()
        return LogLine(block.first + index, time, level, worker, block.message(index))
