"""Lets threads that compute for long give way to those that somebody waits for.

Two busy cores otherwise give a decoder the same share as the window: a click would wait for the
time slices of all that compute.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Final

from loguru import logger

NICER: Final = 2
"""Steps of Unix niceness; each is a tenth less of a busy core."""

_THREAD_PRIORITY_BELOW_NORMAL: Final = -1


def give_way() -> None:
    """Give this thread a lower priority, and on Linux all threads that it will start."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetThreadPriority(kernel.GetCurrentThread(), _THREAD_PRIORITY_BELOW_NORMAL)
    elif sys.platform == "linux":  # elsewhere niceness belongs to the whole process
        thread = threading.get_native_id()
        try:
            before = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, max(before, NICER))
        except OSError as error:
            logger.debug("the priority of a thread cannot be lowered: {}", error)
