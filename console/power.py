"""Hears from Windows that the machine goes to sleep, and that it woke.

Messages (learn.microsoft.com, "WM_POWERBROADCAST message"): PBT_APMSUSPEND before, about two
seconds are left then; PBT_APMRESUMEAUTOMATIC after every sleep, whether or not a person is there.

A window of its own that is never shown gets them. A filter of the whole application would run
Python code, and wait for the interpreter, at every message of every window.
"""

from __future__ import annotations

import ctypes
import sys
import time
from typing import Any, Final

from loguru import logger
from PySide6.QtCore import QByteArray, Signal
from PySide6.QtWidgets import QWidget

from pipeline.paths import APP_NAME

WM_POWERBROADCAST: Final = 0x0218
PBT_APMSUSPEND: Final = 0x0004
PBT_APMRESUMEAUTOMATIC: Final = 0x0012
MESSAGE_TYPE: Final = b"windows_generic_MSG"
TITLE: Final = f"Sleep watch of {APP_NAME}"
"""Of the window that nobody sees. Qt adds the program's name to titles that do not end with it."""

SAME_S: Final = 1.0
"""Windows may tell the same twice: to all windows, and to those that asked for it."""


class Message(ctypes.Structure):
    """The beginning of Windows' ``MSG``."""

    _fields_ = (
        ("window", ctypes.c_void_p),
        ("message", ctypes.c_uint32),
        ("w_param", ctypes.c_size_t),
        ("l_param", ctypes.c_ssize_t),
    )


class PowerWatch(QWidget):
    """The window that hears it. Not shown, without a parent: only such windows are told.

    Attributes:
        going_to_sleep: the machine sleeps as soon as all programs have heard of it.
        awoke: it is awake again.
    """

    going_to_sleep = Signal()
    awoke = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._told: tuple[int, float] = (0, 0.0)
        self._registration: int | None = None
        if sys.platform == "win32":
            self._register(int(self.winId()))
        self.setWindowTitle(TITLE)

    def nativeEvent(self, kind: QByteArray | bytes | bytearray | memoryview, at: int) -> Any:
        """Look at a message of Windows; never takes it away from others.

        Args:
            kind: what `at` points at; on Windows a ``MSG``.
            at: address.
        """
        if kind == MESSAGE_TYPE:
            message = Message.from_address(int(at))
            if message.message == WM_POWERBROADCAST:
                self._tell(message.w_param)
        return False, 0

    def _tell(self, what: int) -> None:
        now_s = time.monotonic()
        before, told_s = self._told
        if what not in {PBT_APMSUSPEND, PBT_APMRESUMEAUTOMATIC}:
            return
        if what == before and now_s - told_s < SAME_S:
            return
        self._told = what, now_s
        if what == PBT_APMSUSPEND:
            logger.info("the machine goes to sleep")
            self.going_to_sleep.emit()
        else:
            logger.info("the machine is awake again; cameras are opened anew")
            self.awoke.emit()

    def _register(self, window: int) -> None:
        """Ask to be told on machines with modern standby, too, which do not tell all windows."""
        if sys.platform == "win32":
            user = ctypes.windll.user32
            if hasattr(user, "RegisterSuspendResumeNotification"):
                register = user.RegisterSuspendResumeNotification
                register.restype = ctypes.c_void_p
                self._registration = register(ctypes.c_void_p(window), 0)

    def release(self) -> None:
        """Hear nothing more, and go."""
        if sys.platform == "win32" and self._registration:
            handle = ctypes.c_void_p(self._registration)
            ctypes.windll.user32.UnregisterSuspendResumeNotification(handle)
            self._registration = None
        self.deleteLater()
