"""Byte code made ahead: quick first starts, and nothing to write beside the program later.

``unchecked-hash`` byte code does not look at its source's time, which an installer changes, and the
same source gives the same bytes. It holds the path below the installed program, not this machine's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from installer.progress import BuildError, note
from installer.python312 import BuildPython

ZIP_TIME = (1980, 1, 1, 0, 0, 0)
COMPILE_TIMEOUT_S = 1200

_LEFT_OUT_MODULES = (
    *("site-packages", "__pycache__", "test", "idlelib", "tkinter", "turtledemo", "turtle.py"),
    *("lib2to3", "ensurepip", "venv", "pydoc_data", "lib-dynload", "curses", "dbm/gnu.py"),
    *("__phello__", "antigravity.py", "crypt.py", "nis.py", "ossaudiodev.py", "spwd.py"),
    *("config-*", "_sysconfigdata_*", "LICENSE.txt", "unittest/test", "pty.py", "tty.py"),
)
"""Of the standard library: not for programs without a terminal, not for Windows, or only tests."""


def compile_tree(python: BuildPython, tree: Path, folders: list[str]) -> None:
    """Compile the modules below `folders` of `tree`, each beside its source.

    Raises:
        BuildError: the interpreter cannot be run. A module that is no valid Python (a template) is
            told and left as it is.
    """
    for folder in folders:
        _compile(python, tree / folder, shown_as=folder, beside=False)


def standard_library(python: BuildPython, target: Path) -> None:
    """Write the standard library as byte code into the zip file `target`.

    Raises:
        BuildError: the interpreter cannot be run.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "Lib"
        shutil.copytree(
            python.standard_library, copy, ignore=shutil.ignore_patterns(*_LEFT_OUT_MODULES)
        )
        _compile(python, copy, shown_as="Lib", beside=True)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(copy.rglob("*.pyc")):
                info = zipfile.ZipInfo(path.relative_to(copy).as_posix(), ZIP_TIME)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, path.read_bytes())


def _compile(python: BuildPython, folder: Path, *, shown_as: str, beside: bool) -> None:
    command = [
        *(python.command, "-I", "-m", "compileall", "-q", "-f"),
        *("-j", str(os.cpu_count() or 1), "--invalidation-mode", "unchecked-hash"),
        *("-s", str(folder), "-p", shown_as),
        *(("-b",) if beside else ()),
        str(folder),
    ]
    # Sets are written in the order of their hashes.
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=COMPILE_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{python.command} cannot compile {shown_as}: {error}") from error
    for line in done.stdout.splitlines():
        if line.startswith("*** Error compiling"):
            note(f"left as source: {line.partition(str(folder))[2] or line}")
