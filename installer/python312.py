"""Finding a CPython 3.12 on the building machine.

It compiles ahead (byte code belongs to one minor version), and lends its standard library where the
runtime is put together. What is built *with* any Python 3.11 or newer stays the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from installer.lockfile import PYTHON_MINOR
from installer.progress import BuildError

VARIABLE = "SIGNALBOX_PYTHON312"
"""Environment variable: the interpreter to use."""

_ASK = (
    "import sys, sysconfig; print('.'.join(map(str, sys.version_info[:3])));"
    "print(sysconfig.get_path('stdlib')); print(sys.implementation.name)"
)


@dataclass(frozen=True)
class BuildPython:
    """A CPython 3.12 of this machine.

    Attributes:
        command: starts it.
        version: in full, such as ``3.12.10``.
        standard_library: its folder.
    """

    command: str
    version: str
    standard_library: Path


def find() -> BuildPython:
    """Return the newest CPython 3.12 there is.

    Raises:
        BuildError: there is none; says where it was looked for.
    """
    given = os.environ.get(VARIABLE)
    found = [python for command in _candidates(given) if (python := _ask(command)) is not None]
    if not found:
        raise BuildError(
            f"There is no CPython {PYTHON_MINOR} on this machine"
            f"{f' at {given} ({VARIABLE})' if given else ''}. It is needed to compile the modules\n"
            f"ahead. Install one (python.org, pyenv, your system's packages), on the PATH as\n"
            f"python{PYTHON_MINOR}, or name it: {VARIABLE}=/path/to/python{PYTHON_MINOR}"
        )
    return max(found, key=lambda python: [int(part) for part in python.version.split(".")])


def _candidates(given: str | None) -> Iterator[str]:
    if given:
        yield given
        return
    yield sys.executable
    for name in (f"python{PYTHON_MINOR}", "python3", "python"):
        if command := shutil.which(name):
            yield command
    pattern = "python.exe" if os.name == "nt" else "bin/python"
    for folder in (Path("~/.pyenv/versions"), Path("~/.pyenv/pyenv-win/versions")):
        for path in sorted(folder.expanduser().glob(f"{PYTHON_MINOR}.*/{pattern}")):
            yield str(path)
    if os.name == "nt" and (launcher := shutil.which("py")):
        done = subprocess.run(
            [launcher, f"-{PYTHON_MINOR}", "-c", "import sys; print(sys.executable)"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            yield done.stdout.strip()


def _ask(command: str) -> BuildPython | None:
    try:
        done = subprocess.run(
            [command, "-I", "-c", _ASK], capture_output=True, text=True, check=True, timeout=30
        )
        version, folder, implementation = done.stdout.splitlines()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    if not version.startswith(f"{PYTHON_MINOR}.") or implementation != "cpython":
        return None
    return BuildPython(command, version, Path(folder))
