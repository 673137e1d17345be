"""Reads what stands in the windows of a Wine prefix: texts, buttons, ticks, as a screen reader would."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from installer import tools
from tests.windows.wine import HERE, Wine, tell, windows_path

SOURCE = HERE / "helpers" / "windows.c"
TIMEOUT_S = 120.0
READING_S = 20.0
"""Of these, one reading takes a fraction of one where nothing is wrong."""
LOOK_EVERY_S = 0.02
PAUSE_S = 0.3
"""Between two readings, each of which starts a program beside the one that is waited for."""
END = "END\n"
"""The last line of a reading that is whole."""


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
        source: of the program.
        reading_s: so long one reading may take.
    """

    def __init__(
        self, wine: Wine, folder: Path, *, source: Path = SOURCE, reading_s: float = READING_S
    ) -> None:
        self._wine = wine
        self._reading_s = reading_s
        self._program = folder / "windows.exe"
        tools.run([tools.find_mingw("gcc"), "-O2", "-s", "-o", self._program, source])

    def parts(self, *, timeout_s: float = TIMEOUT_S) -> list[Part]:
        """Return everything that is shown, each window before its parts.

        A reading that ends early or hangs is told of and done anew.

        Raises:
            AssertionError: none was whole in time.
        """
        until_s = time.monotonic() + timeout_s
        while True:
            said, trouble = self._read(min(self._reading_s, until_s - time.monotonic()))
            if not trouble:
                return [_part(line) for line in said.splitlines() if line.count("\t") == 3]
            text = f"reading the windows: {trouble}, after {said[-500:]!r}"
            tell(f"{text}; once more")
            assert time.monotonic() < until_s, text

    def until(self, text: str, *, timeout_s: float = TIMEOUT_S) -> list[Part]:
        """Wait until a text is shown; return everything that is.

        Raises:
            AssertionError: it is not in time.
        """
        until_s = time.monotonic() + timeout_s
        while True:
            parts = self.parts(timeout_s=max(self._reading_s, until_s - time.monotonic()))
            if any(text in part.text for part in parts):
                return parts
            shown = [part.text for part in parts if part.text]
            assert time.monotonic() < until_s, f"{text!r} is not in {shown}"
            time.sleep(PAUSE_S)

    def _read(self, patience_s: float) -> tuple[str, str]:
        """Return what one reading said, and what was wrong with it, if anything was."""
        until_s = time.monotonic() + patience_s
        program = self._wine.start(windows_path(self._program))
        try:
            while True:
                is_running = program.is_running  # before its last words are looked at
                if (said := program.output).endswith(END):
                    return said, ""
                if not is_running:
                    return said, "it ended early"
                if time.monotonic() > until_s:
                    return said, f"it hung for {patience_s:.0f} s\n{self._wine.running()}"
                time.sleep(LOOK_EVERY_S)
        finally:
            program.kill()


def button(parts: list[Part], text: str) -> Part:
    """Return the only button with that text."""
    (found,) = [part for part in parts if part.kind == "Button" and part.text == text]
    return found


def _part(line: str) -> Part:
    kind, _, marks, text = line.split("\t")
    # "&Yes", and in Chinese "是(&Y)".
    plain = re.sub(r"&(.)", r"\1", text).strip()
    return Part(kind.strip(), marks, plain, is_window=not line.startswith(" "))
