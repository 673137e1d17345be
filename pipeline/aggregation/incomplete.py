"""Says which verdicts are missing: the first at once, many together, so that the log can be read."""

from __future__ import annotations

import time
from typing import Final

from loguru import logger

from pipeline.aggregation.joiner import Joined

TOGETHER_S: Final = 30.0


class IncompleteLog:
    """Collects requests that were closed without all their verdicts."""

    def __init__(self) -> None:
        self._waiting: list[Joined] = []
        self._told_s = -TOGETHER_S

    def note(self, request: Joined) -> None:
        """Take one; it is told now, or together with others."""
        self._waiting.append(request)
        self.tell_when_due(time.monotonic())

    def tell_when_due(self, now_s: float) -> None:
        """Tell of those that wait, at most once in `TOGETHER_S`."""
        if self._waiting and now_s - self._told_s >= TOGETHER_S:
            self._told_s = now_s
            self.tell()

    def tell(self) -> None:
        """Tell of those that wait."""
        if not self._waiting:
            return
        first, more = self._waiting[0], len(self._waiting) - 1
        groups = ", ".join(map(str, first.missing_groups))
        logger.warning(
            "request {} of {} closed with {} of {} verdicts{}{}",
            first.request_id,
            first.camera_id,
            first.received,
            first.expected,
            f"; missing: group {groups}" if groups else "",
            f", and {more} more requests" if more else "",
        )
        self._waiting.clear()
