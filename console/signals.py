"""Ctrl+C, SIGTERM, Ctrl+Break and a console that closes as an orderly quit."""

from __future__ import annotations

import contextlib
import signal
import sys
from types import FrameType

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from pipeline.console_close import stop_on_console_close

LOOK_INTERVAL_MS = 100
"""Python handles a signal only when it has a turn; Qt's loop gives it none by itself."""


class QuitSignals(QObject):
    """Watches the signals that ask a process to end, and on Windows the console it was started in.

    Attributes:
        asked: one of them came; in the GUI thread, outside of the signal handler.
    """

    asked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._came = False
        names = ("SIGINT", "SIGBREAK") if sys.platform == "win32" else ("SIGINT", "SIGTERM")
        self._before = {
            number: signal.signal(number, self._on_signal)
            for number in (getattr(signal, name) for name in names)
        }
        self._console = contextlib.ExitStack()
        self._console.enter_context(stop_on_console_close(self._on_console))
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_INTERVAL_MS)
        self._timer.timeout.connect(self._on_turn)
        self._timer.start()

    def release(self) -> None:
        """Give the signals back."""
        self._timer.stop()
        self._console.close()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._came = True

    def _on_console(self) -> None:
        self._came = True  # in a thread of Windows

    @Slot()
    def _on_turn(self) -> None:
        if self._came:
            self._came = False
            self.asked.emit()
