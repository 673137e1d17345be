"""How set-up speaks to people: notices and errors on stderr, so that stdout stays the command's."""

from __future__ import annotations

import sys

EXIT_CANNOT_START = 2

_ERROR_ICON = 0x10


class SetupError(Exception):
    """Signalbox cannot be started; the text says what, why, and what to do next."""


def say(text: str) -> None:
    """Tell what is going on."""
    print(text, file=sys.stderr, flush=True)


def show_error(text: str, *, has_console: bool) -> None:
    """Show why it cannot start, in a message box where there is no console (``pythonw.exe``)."""
    if has_console or sys.platform != "win32":
        say(f"\nSignalbox cannot start.\n{text}")
    else:
        import ctypes

        ctypes.windll.user32.MessageBoxW(None, text, "Signalbox cannot start", _ERROR_ICON)
