"""The folder ``.venv``: whose it is, whether it is ready, and going on in it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

STAMP_NAME = "signalbox-setup.json"
LOG_NAME = "signalbox-setup.log"


@dataclass(frozen=True)
class Stamp:
    """What set-up notes in the environment it makes.

    Attributes:
        state: "making" until all packages are in, then "ready".
        python: the minor version it was made with, such as "3.11".
        required: SHA-256 of the requirements that are in.
        with_tests: whether the test extra is in, too.
    """

    state: str
    python: str
    required: str
    with_tests: bool


@dataclass(frozen=True)
class Environment:
    """A virtual environment for one checkout.

    Attributes:
        folder: where it is, or will be.
        root: the checkout.
    """

    folder: Path
    root: Path

    @property
    def python(self) -> Path:
        """Its interpreter; on Windows the windowed one if this process is windowed."""
        if os.name != "nt":
            return self.folder / "bin" / "python"
        windowed = Path(sys.executable).stem.lower() == "pythonw"
        return self.folder / "Scripts" / ("pythonw.exe" if windowed else "python.exe")

    @property
    def log(self) -> Path:
        """The full output of the last set-up."""
        return self.folder / LOG_NAME

    def note(self, text: str) -> None:
        """Add to the log, as far as that is possible: the disk may be what is wrong."""
        with contextlib.suppress(OSError), self.log.open("a", encoding="utf-8") as log:
            log.write(text)

    def site_packages(self) -> Path | None:
        """Where its packages are, None if there is no such folder."""
        return next(
            (
                folder
                for pattern in ("lib/python3*/site-packages", "Lib/site-packages")
                for folder in self.folder.glob(pattern)
            ),
            None,
        )

    def pip_version(self) -> str | None:
        """Return the version of its own pip, None if it has none."""
        folder = self.site_packages()
        found = next(folder.glob("pip-*.dist-info"), None) if folder else None
        return found.name.removeprefix("pip-").removesuffix(".dist-info") if found else None

    def is_current(self) -> bool:
        """Whether this process runs in it."""
        return Path(sys.prefix).resolve() == self.folder.resolve()

    def required_hash(self) -> str:
        """Return what a stamp must hold to be up to date: it changes with the requirements only."""
        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))[
            "project"
        ]
        wanted = [project.get("dependencies"), project.get("optional-dependencies")]
        return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()

    def read_stamp(self) -> Stamp | None:
        """Return what set-up noted, None if set-up did not make this folder."""
        try:
            values = json.loads((self.folder / STAMP_NAME).read_text(encoding="utf-8"))
            return Stamp(**values)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            # Cut off while it was written: made by set-up, and not finished.
            return Stamp("making", "", "", with_tests=False)

    def write_stamp(self, stamp: Stamp) -> None:
        """Note `stamp`, whole or not at all."""
        fresh = self.folder / f"{STAMP_NAME}.new"
        fresh.write_text(json.dumps(asdict(stamp)), encoding="utf-8")
        fresh.replace(self.folder / STAMP_NAME)

    def is_ready(self, *, with_tests: bool) -> bool:
        """Whether set-up has finished here for today's requirements."""
        stamp = self.read_stamp()
        return (
            stamp is not None
            and stamp.state == "ready"
            and (stamp.with_tests or not with_tests)
            and stamp.required == self.required_hash()
            and self.base_is_there()
            and (not self.is_current() or stamp.python == running_minor())
        )

    def base_is_there(self) -> bool:
        """Whether the Python it was made with has not been moved or uninstalled since."""
        try:
            lines = (self.folder / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return False
        values = dict(line.split(" = ", 1) for line in lines if " = " in line)
        return self.python.exists() and Path(values.get("home", "/nowhere")).is_dir()

    def take_over(self, mark: str) -> NoReturn:
        """Go on with the same command line in this environment's interpreter.

        Args:
            mark: environment variable to set for it.

        Raises:
            SystemExit: on Windows, with its exit code, when it has ended.
        """
        command = [str(self.python), *sys.orig_argv[1:]]
        os.environ[mark] = "1"
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        if os.name != "nt":
            os.execv(command[0], command)
        raise SystemExit(_run_beside(command))


def _run_beside(command: list[str]) -> int:
    """Run `command` on this console and return its code (Windows' exec would detach from it).

    Ctrl+C and Ctrl+Break reach both processes; the one at work decides what to do about them.
    """
    for name in ("SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: None)
    process = subprocess.Popen(command)
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            # An untimed wait could not be woken by a signal on Windows.
            return process.wait(timeout=0.5)


def running_minor() -> str:
    """Return this interpreter's minor version, such as "3.11"."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def inside_other_environment() -> bool:
    """Whether this process runs in some virtual environment."""
    return sys.prefix != sys.base_prefix
