"""Windows closes a console: its window, the user's session, the machine. Time to stop in order.

A signal does not help there: Windows ends the process as soon as its handler returns, at the latest
after five seconds. So the handler asks for the end and waits in its own thread until all is done.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Final

LONGEST_WAIT_S: Final = 4.5
"""Windows gives five seconds to a console program (HandlerRoutine, SetConsoleCtrlHandler)."""

CLOSING_EVENTS: Final = frozenset({2, 5, 6})
"""CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT; Ctrl+C and Ctrl+Break are signals."""


@contextlib.contextmanager
def stop_on_console_close(stop: Callable[[], None]) -> Iterator[None]:
    """While inside, a closing console calls `stop` and waits until the end of the block.

    Args:
        stop: asks the block to end; called in another thread.
    """
    done = threading.Event()
    release = _register(closing_handler(stop, done))
    try:
        yield
    finally:
        done.set()
        if release is not None:
            release()


def closing_handler(stop: Callable[[], None], done: threading.Event) -> Callable[[int], bool]:
    """Return what Windows calls with the kind of event; True means that it was dealt with."""

    def on_event(kind: int) -> bool:
        if kind not in CLOSING_EVENTS:
            return False
        stop()
        done.wait(LONGEST_WAIT_S)
        return True

    return on_event


def _register(handler: Callable[[int], bool]) -> Callable[[], object] | None:
    """Have Windows call `handler`; return what ends that, None where there is no such thing."""
    if sys.platform == "win32":
        import ctypes

        routine = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)(handler)
        kernel = ctypes.windll.kernel32
        if kernel.SetConsoleCtrlHandler(routine, 1):
            return lambda: kernel.SetConsoleCtrlHandler(routine, 0)
    return None
