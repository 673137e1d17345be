"""While the user's session ends, Windows is told why that takes a moment.

A program with a stated reason is not ended after five seconds: Windows shows the reason, and lets
the user decide (learn.microsoft.com, "ShutdownBlockReasonCreate function").
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterator
from typing import Protocol

from loguru import logger
from PySide6.QtWidgets import QWidget


class _User32(Protocol):
    """The two functions of Windows' ``user32`` that are needed here."""

    def ShutdownBlockReasonCreate(  # noqa: N802 - Windows calls it so
        self, window: ctypes.c_void_p, reason: ctypes.c_wchar_p
    ) -> int:
        """Return 0 where it is refused."""

    def ShutdownBlockReasonDestroy(  # noqa: N802
        self, window: ctypes.c_void_p
    ) -> int:
        """Return 0 where there was none."""


def user32() -> _User32 | None:
    """Return Windows' functions; None elsewhere."""
    if sys.platform == "win32":
        found: _User32 = ctypes.windll.user32
        return found
    return None


@contextlib.contextmanager
def held_up(window: QWidget, reason: str) -> Iterator[bool]:
    """While inside, the end of the session waits for the program.

    Args:
        window: a top-level window; used in its own thread only.
        reason: for people, short: Windows shows it beside the name of the program.

    Yields:
        Whether Windows shows the reason and waits, so that more than five seconds may be used.
    """
    user = user32()
    if user is None:
        yield False
        return
    handle = ctypes.c_void_p(int(window.winId()))
    is_held = bool(user.ShutdownBlockReasonCreate(handle, ctypes.c_wchar_p(reason)))
    if not is_held:
        logger.debug("Windows takes no reason for waiting at the end of the session")
    try:
        yield is_held
    finally:
        if is_held:
            user.ShutdownBlockReasonDestroy(handle)
