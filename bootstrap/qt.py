"""Checks before a window opens: a PySide6 that is sound on this Python, and somewhere to draw."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import metadata

from bootstrap.messages import SetupError, say
from bootstrap.requirements import parse_version

FIRST_UNSOUND = (6, 12)
FIRST_SOUND_PYTHON = (3, 12)


def bad_pair(python: tuple[int, int], pyside: str) -> str | None:
    """Return why this PySide6 must not be used on this Python, None where it may."""
    if python >= FIRST_SOUND_PYTHON or parse_version(pyside)[:2] < FIRST_UNSOUND:
        return None
    return (
        f"PySide6 {pyside} and Python {python[0]}.{python[1]} do not work together: every call\n"
        "into Qt loses a reference to None, and after some thousand calls Python aborts\n"
        '("Fatal Python error: none_dealloc"). Use an older PySide6:\n'
        f'    "{sys.executable}" -m pip install "PySide6-Essentials<6.12"\n'
        "or Python 3.12 or newer, where PySide6 6.12 is sound."
    )


def refuse_bad_pair() -> None:
    """Check the PySide6 of this environment.

    Raises:
        SetupError: it aborts on this Python.
    """
    try:
        pyside = metadata.version("PySide6-Essentials")
    except metadata.PackageNotFoundError:
        return  # Bundled without its metadata: the bundle was tested as a whole.
    reason = bad_pair(sys.version_info[:2], pyside)
    if reason is not None:
        raise SetupError(reason)


def choose_platform(command: str, arguments: Sequence[str]) -> None:
    """See to it that Qt has somewhere to draw; without a display Qt itself would abort.

    Raises:
        SetupError: a window is wanted, and there is no display.
    """
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return
    if command == "test" or (command == "bench" and "gui" not in arguments):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    elif not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        if not any(argument.startswith("--screenshot") for argument in arguments):
            raise SetupError(
                "There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is\n"
                "set). Log in to a desktop, or use what needs none:\n"
                "    python main.py run --workers detection,generator,scheduler,aggregator\n"
                "    python main.py demo --duration 60 --screenshot demo.png"
            )
        say("No display here: the window is drawn off screen, for the screenshot.")
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
