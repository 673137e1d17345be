"""The programs the build needs: finding them, running them, saying how to get them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from installer.progress import BuildError

RUN_TIMEOUT_S = 1800

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


def run(command: Sequence[str | Path], *, cwd: Path | None = None) -> str:
    """Run a program and return what it printed.

    Raises:
        BuildError: it failed; with the end of what it said.
    """
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        timeout=RUN_TIMEOUT_S,
    )
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-20:])
        raise BuildError(f"{Path(words[0]).name} failed ({done.returncode}):\n{said}")
    return done.stdout
