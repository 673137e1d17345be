"""Windows closes a console: its window, the user's session, the machine. Time to stop in order.

A signal does not help there: Windows ends the process as soon as its handler returns, at the latest
after five seconds (learn.microsoft.com, "HandlerRoutine callback function"). So the handler asks for the end and does not return before that: the process ends
by itself meanwhile, with all that it has to write and with its own exit code.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Final

LONGEST_WAIT_S: Final = 30.0
"""Longer than Windows waits (five seconds, where nobody has set another time): it ends the process
itself then."""

CLOSING_EVENTS: Final = frozenset({2, 5, 6})
"""CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT."""

CTRL_BREAK_EVENT: Final = 1
"""A signal only where the C library makes one of it; Wine's does not. Ctrl+C is one everywhere."""

_registered: list[object] = []
"""What Windows may be calling; it must not go while another thread is in it."""


@contextlib.contextmanager
def stop_on_console_close(stop: Callable[[], None]) -> Iterator[None]:
    """While inside, a closing console calls `stop`, and Windows waits for the end of the process.

    Ctrl+Break calls it, too.

    Args:
        stop: asks the process to end; called in another thread.
    """
    closing = ClosingConsole(stop)
    release = _register(closing.on_event)
    try:
        yield
    finally:
        # While its handler runs, Windows may keep this thread waiting until that returns.
        if release is not None and not closing.has_come:
            release()


class ClosingConsole:
    """What Windows calls when something happens to the console.

    Args:
        stop: asks the process to end.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._came = threading.Event()
        self._never = threading.Event()

    @property
    def has_come(self) -> bool:
        """Whether the console is closing."""
        return self._came.is_set()

    def on_event(self, kind: int) -> bool:
        """Deal with an event of that kind; True means that nobody else needs to.

        A closing one takes `LONGEST_WAIT_S`, unless the process ends before that.
        """
        if kind == CTRL_BREAK_EVENT:
            self._stop()
            return True
        if kind not in CLOSING_EVENTS:
            return False
        self._came.set()
        self._stop()
        self._never.wait(LONGEST_WAIT_S)
        return True


def _register(handler: Callable[[int], bool]) -> Callable[[], object] | None:
    """Have Windows call `handler`; return what ends that, None where there is no such thing."""
    if sys.platform == "win32":
        import ctypes

        routine = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)(handler)
        kernel = ctypes.windll.kernel32
        if kernel.SetConsoleCtrlHandler(routine, 1):
            _registered.append(routine)
            return lambda: kernel.SetConsoleCtrlHandler(routine, 0)
    return None
