"""The machine goes to sleep and wakes: told once, and seen by whatever has to act upon it.

Nothing here watches the machine: on Windows the window hears of it (`console.power`).
"""

from __future__ import annotations

import threading
import time
from typing import Final

REST_S: Final = 15.0
"""How long nothing new is promised before a sleep that does not come after all."""

LOOK_EVERY_S: Final = 0.25


class PowerState:
    """Safe to use from several threads.

    Attributes:
        wakes: how often the machine woke; another number than before means that connections made
            before are to be doubted.
    """

    def __init__(self) -> None:
        self.wakes = 0
        self._rests_until_s = 0.0

    def going_to_sleep(self) -> None:
        """The machine sleeps in a moment; what is under way may just get done."""
        self._rests_until_s = time.monotonic() + REST_S

    def awoke(self) -> None:
        """The machine is awake again; called by one thread."""
        self._rests_until_s = 0.0
        self.wakes += 1

    @property
    def is_resting(self) -> bool:
        """Whether nothing new is to be promised, since the machine is about to sleep."""
        return time.monotonic() < self._rests_until_s

    def wait(self, stop: threading.Event, timeout_s: float) -> None:
        """Wait for `stop`, but not longer than `timeout_s` or until the machine wakes."""
        wakes, until_s = self.wakes, time.monotonic() + timeout_s
        while self.wakes == wakes and (left_s := until_s - time.monotonic()) > 0:
            if stop.wait(min(left_s, LOOK_EVERY_S)):
                return
