"""Which offset may be stored while work finishes out of order. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class OffsetTracker:
    """The completed prefix of one partition.

    Offsets may have gaps (transaction markers, compaction): what counts is the order in which
    messages were taken. Work that finishes in order, as most does, costs a step of a queue.
    """

    _taken: deque[int] = field(default_factory=deque)
    _finished_ahead: set[int] = field(default_factory=set)

    def take(self, offset: int) -> None:
        """Note that the message at `offset` was taken; offsets rise."""
        self._taken.append(offset)

    def done(self, offset: int) -> int | None:
        """Note that the message at `offset`, which was taken, is finished; a repeat has no effect.

        Returns:
            The offset to store (the next one to read) if the prefix grew, else None.
        """
        taken, ahead = self._taken, self._finished_ahead
        if not taken or not taken[0] <= offset <= taken[-1]:
            return None
        if offset != taken[0]:
            ahead.add(offset)
            return None
        last = taken.popleft()
        while ahead and taken[0] in ahead:
            last = taken.popleft()
            ahead.remove(last)
        return last + 1

    @property
    def unfinished(self) -> int:
        """How many messages are taken and not finished."""
        return len(self._taken) - len(self._finished_ahead)
