"""Reads what stands in the windows of a Wine prefix: texts, buttons, ticks, as a screen reader would."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from installer import tools
from tests.windows.wine import HERE, Wine, windows_path

SOURCE = HERE / "helpers" / "windows.c"
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Part:
    """A window, or a part of one.

    Attributes:
        kind: its class, as `Button`.
        marks: ``D`` the button that Return presses, ``C`` ticked, ``G`` greyed.
        text: without the marks of shortcuts, line ends as spaces.
        is_window: it stands for itself on the screen.
    """

    kind: str
    marks: str
    text: str
    is_window: bool


class Reader:
    """Asks the windows of a prefix for their texts, through a small program that is built here.

    Args:
        wine: whose windows.
        folder: where the program goes.
    """

    def __init__(self, wine: Wine, folder: Path) -> None:
        self._wine = wine
        self._program = folder / "windows.exe"
        tools.run([tools.find_mingw("gcc"), "-O2", "-s", "-o", self._program, SOURCE])

    def parts(self) -> list[Part]:
        """Return everything that is shown, each window before its parts."""
        process = self._wine.start(windows_path(self._program))
        assert process.stdout is not None
        # Not until the pipe is closed: what Wine starts on the way keeps it open.
        lines = [line.rstrip("\n\r") for line in iter(process.stdout.readline, "END\n") if line]
        process.stdout.close()
        process.wait(timeout=TIMEOUT_S)
        return [_part(line) for line in lines if line.count("\t") == 3]

    def until(self, text: str, *, timeout_s: float = TIMEOUT_S) -> list[Part]:
        """Wait until a text is shown; return everything that is.

        Raises:
            AssertionError: it is not in time.
        """
        until_s = time.monotonic() + timeout_s
        while True:
            parts = self.parts()
            if any(text in part.text for part in parts):
                return parts
            shown = [part.text for part in parts if part.text]
            assert time.monotonic() < until_s, f"{text!r} is not in {shown}"

    def until_gone(
        self, text: str, process: subprocess.Popen[str], *, timeout_s: float = TIMEOUT_S
    ) -> None:
        """Wait until a text is shown no more, or the program has ended."""
        until_s = time.monotonic() + timeout_s
        while process.poll() is None and any(text in part.text for part in self.parts()):
            assert time.monotonic() < until_s, f"{text!r} is still there"


def button(parts: list[Part], text: str) -> Part:
    """Return the only button with that text."""
    (found,) = [part for part in parts if part.kind == "Button" and part.text == text]
    return found


def _part(line: str) -> Part:
    kind, _, marks, text = line.split("\t")
    # "&Yes", and in Chinese "是(&Y)".
    plain = re.sub(r"&(.)", r"\1", text).strip()
    return Part(kind.strip(), marks, plain, is_window=not line.startswith(" "))
