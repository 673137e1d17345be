"""What is different in the program that the Windows installer makes.

There a launcher (``Signalbox.exe``, ``signalbox-cli.exe``) runs Python inside itself; the packages
are in its folder ``runtime``, and nothing is ever set up. Standard library only.
"""

from __future__ import annotations

import sys
from pathlib import Path

RUNNING_MUTEX = "Global\\Signalbox"
"""Held while any command runs, so that the installer does not replace files in use; it looks for
the same name (``installer/nsis/signalbox.nsi``)."""

_RUNTIME = "runtime"


def is_installed(executable: str = sys.executable) -> bool:
    """Whether this process was started by one of the installed program's launchers."""
    runtime = Path(executable).parent / _RUNTIME
    return sys.platform == "win32" and (runtime / "python.exe").is_file()


def settle_in(*, has_console: bool) -> None:
    """Take the place of a Python that runs a script.

    Args:
        has_console: child processes may write to it; else they are windowed, too.
    """
    launcher = sys.executable
    # Usage lines name the launcher; child processes need an interpreter.
    sys.argv[0] = launcher
    sys.executable = str(interpreter(Path(launcher), has_console=has_console))
    _hold_mutex()


def interpreter(launcher: Path, *, has_console: bool) -> Path:
    """Return the bare interpreter that belongs to `launcher`."""
    return launcher.parent / _RUNTIME / ("python.exe" if has_console else "pythonw.exe")


def _hold_mutex() -> None:
    """Hold the mutex until the process ends; Windows gives it back even after a crash."""
    if sys.platform == "win32":
        import ctypes

        # Everybody may see it: the installer of another user must find it, too.
        ctypes.windll.kernel32.CreateMutexW(None, False, RUNNING_MUTEX)
