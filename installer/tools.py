"""The programs the build needs: finding them, running them, saying how to get them."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from installer.progress import BuildError, note

RUN_TIMEOUT_S = 1800.0
TELL_EVERY_S = 15.0

_PREFIX = "x86_64-w64-mingw32-"
_HOW = (
    "    Debian, Ubuntu: apt-get install gcc-mingw-w64-x86-64 nsis osslsigncode\n"
    "    Windows:        MinGW-w64 (such as WinLibs or MSYS2) and NSIS 3, both on the PATH"
)


def find_mingw(name: str) -> str:
    """Return a program of MinGW-w64 such as ``gcc`` or ``objdump``.

    Raises:
        BuildError: it is not there.
    """
    found = shutil.which(_PREFIX + name) or (shutil.which(name) if os.name == "nt" else None)
    if found is None:
        raise BuildError(
            f"{name} of MinGW-w64 is not there; the launcher is built with it.\n{_HOW}"
        )
    return found


def find_makensis() -> str:
    """Return NSIS' compiler.

    Raises:
        BuildError: it is not there.
    """
    found = shutil.which("makensis")
    usual = Path(os.environ.get("PROGRAMFILES(X86)", "")) / "NSIS" / "makensis.exe"
    if found is None and usual.is_file():
        found = str(usual)
    if found is None:
        raise BuildError(f"makensis (NSIS 3) is not there; it makes the installer.\n{_HOW}")
    return found


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    timeout_s: float = RUN_TIMEOUT_S,
    tell_every_s: float = TELL_EVERY_S,
) -> str:
    """Run a program and return what it printed; one that takes long is told of now and then.

    Raises:
        BuildError: it failed, with the end of what it said, or took longer than `timeout_s`.
    """
    words = [str(word) for word in command]
    name = Path(words[0]).name
    began_s = time.monotonic()
    with subprocess.Popen(
        words,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        printed = None
        while printed is None:
            try:
                printed, _ = process.communicate(timeout=tell_every_s)
            except subprocess.TimeoutExpired:
                lasted_s = time.monotonic() - began_s
                note(f"{name} is at work: {lasted_s:.0f} s")
                if lasted_s > timeout_s:
                    process.kill()
                    raise BuildError(
                        f"{name} was stopped: it took longer than {timeout_s / 60:.0f} minutes. "
                        f"Start the build again when this machine does less."
                    ) from None
    if process.returncode:
        said = "\n".join(printed.splitlines()[-20:])
        raise BuildError(f"{name} failed ({process.returncode}):\n{said}")
    return printed
