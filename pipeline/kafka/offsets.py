"""Which offset may be stored while work finishes out of order. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class OffsetTracker:
    """The completed prefix of one partition.

    Offsets may have gaps (transaction markers, compaction): what counts is the order in which
    messages were taken.
    """

    _taken: deque[int] = field(default_factory=deque)
    _unfinished: set[int] = field(default_factory=set)

    def take(self, offset: int) -> None:
        """Note that the message at `offset` was taken; offsets rise."""
        self._taken.append(offset)
        self._unfinished.add(offset)

    def done(self, offset: int) -> int | None:
        """Note that the message at `offset` is finished.

        Returns:
            The offset to store (the next one to read) if the prefix grew, else None.
        """
        if offset not in self._unfinished:
            return None
        self._unfinished.remove(offset)
        last: int | None = None
        while self._taken and self._taken[0] not in self._unfinished:
            last = self._taken.popleft()
        return None if last is None else last + 1

    @property
    def unfinished(self) -> int:
        """How many messages are taken and not finished."""
        return len(self._unfinished)
