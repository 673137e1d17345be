"""Which offset may be stored while work finishes out of order. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class OffsetTracker:
    """The completed prefix of one partition.

    Offsets may have gaps (transaction markers, compaction): what counts is the order in which
    messages were taken.

    Attributes:
        pending: offsets taken and not behind the prefix yet, in order; True when done.
    """

    pending: dict[int, bool] = field(default_factory=dict)

    def take(self, offset: int) -> None:
        """Note that the message at `offset` was taken; offsets rise."""
        self.pending[offset] = False

    def done(self, offset: int) -> int | None:
        """Note that the message at `offset` is finished.

        Returns:
            The offset to store (the next one to read) if the prefix grew, else None.
        """
        if offset not in self.pending:
            return None
        self.pending[offset] = True
        last: int | None = None
        for candidate, is_done in list(self.pending.items()):
            if not is_done:
                break
            del self.pending[candidate]
            last = candidate
        return None if last is None else last + 1

    @property
    def unfinished(self) -> int:
        """How many messages are taken and not finished."""
        return sum(not is_done for is_done in self.pending.values())
