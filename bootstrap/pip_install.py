"""Runs pip and condenses what it prints to one line of progress."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bootstrap.environment import Environment
from bootstrap.explain import explain
from bootstrap.messages import SetupError, say
from bootstrap.requirements import Requirement, parse_version

RAW_PROGRESS_SINCE = (24, 1)
"""First pip that reports bytes of a download in a form for programs."""
LINE_WIDTH = 100
TICK_S = 0.25
PRINT_EVERY_S = 10.0
"""How often progress is said where lines cannot be rewritten (a log, CI)."""

_SIZE_MB = {"bytes": 1e-6, "kB": 1e-3, "MB": 1.0, "GB": 1e3}
_FETCHED = re.compile(
    r"\s*(?:Downloading|Using cached) \S+?(?:\.whl|\.tar\.gz|\.zip) \(([\d.]+) (bytes|kB|MB|GB)\)"
)
_RAW = re.compile(r"Progress (\d+) of (\d+)")


class Progress:
    """What pip has done so far, as one line.

    Attributes:
        found: packages it has settled on.
        fetched_mb: size of what it has downloaded or had in its cache.
        to_install: how many it is now installing; 0 while it is still fetching.
        trouble: what makes it try again, "" if nothing.
    """

    def __init__(self, site_packages: Path | None) -> None:
        """Start with nothing; `site_packages` tells how many packages are in."""
        self.found = 0
        self.fetched_mb = 0.0
        self.to_install = 0
        self.trouble = ""
        self._missing_mb = 0.0
        self._site_packages = site_packages
        self._before = self._installed()

    def _installed(self) -> int:
        return sum(1 for _ in self._site_packages.glob("*.dist-info")) if self._site_packages else 0

    def read(self, line: str) -> None:
        """Take in one line of pip's output."""
        if line.startswith("Collecting "):
            self.found += 1
            self.trouble = ""
        elif raw := _RAW.match(line):
            # Its whole size was added when it was announced.
            self._missing_mb = (int(raw[2]) - int(raw[1])) / 1e6
        elif fetched := _FETCHED.match(line):
            self.fetched_mb += float(fetched[1]) * _SIZE_MB[fetched[2]]
            self._missing_mb = 0.0
            self.trouble = ""
        elif line.startswith("Installing collected packages:"):
            self.to_install = line.count(",") + 1
        elif "Retrying" in line:
            self.trouble = "no answer from the package index, trying again"

    def text(self) -> str:
        """Return the line to show now."""
        if self.to_install:
            done = min(self._installed() - self._before, self.to_install)
            return f"installing: {max(done, 0)} of {self.to_install} packages"
        line = f"fetching: {self.found} packages, {self.fetched_mb - self._missing_mb:.0f} MB"
        return f"{line} ({self.trouble})" if self.trouble else line


def install(
    environment: Environment, requirements: Sequence[Requirement], *, lock: int | None
) -> None:
    """Install `requirements` into `environment`; its log keeps the whole output.

    Args:
        environment: where to.
        requirements: what.
        lock: open handle of the set-up lock; pip holds it, too, so that an installation that
            outlives a killed start is not disturbed by the next one.

    Raises:
        SetupError: pip failed; the text says why in plain words.
    """
    command = [*_pip(environment), *(item.text for item in requirements)]
    environment.note(f"$ {' '.join(command)}\n")
    process = subprocess.Popen(
        command,
        env=_pip_environment(),
        pass_fds=(lock,) if lock is not None and os.name != "nt" else (),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    progress = Progress(environment.site_packages())
    finished = threading.Event()
    teller = threading.Thread(target=_tell, args=(progress, finished), daemon=True)
    teller.start()
    output: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if not _RAW.match(line):
                environment.note(line)
                output.append(line)
            progress.read(line)
        code = process.wait()
    except KeyboardInterrupt:
        process.wait()
        raise
    finally:
        finished.set()
        teller.join()
    if code:
        raise SetupError(f"{explain(''.join(output), code)}\nFull output: {environment.log}")


def _pip(environment: Environment) -> list[str]:
    """Return pip's command line up to the requirements."""
    version = environment.pip_version()
    if version is not None:
        front = [str(environment.python).replace("pythonw.exe", "python.exe")]
        front += ["-m", "pip"]
    else:
        # A Python without ensurepip, but with a pip of its own, which can work on others.
        import pip

        version = pip.__version__
        front = [sys.executable, "-m", "pip", "--python", str(environment.python)]
    bar = "raw" if parse_version(version) >= RAW_PROGRESS_SINCE else "off"
    options = ["--no-input", "--no-color", "--disable-pip-version-check"]
    return [*front, *options, "install", "--prefer-binary", "--progress-bar", bar]


def _pip_environment() -> dict[str, str]:
    """This process's environment, without the user's wishes about where pip installs to."""
    unwanted = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV", "PYTHONHOME")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, "PIP_USER": "0", "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def _tell(progress: Progress, finished: threading.Event) -> None:
    """Show the progress until `finished`: one line rewritten in a terminal, now and then a line."""
    rewrite = sys.stderr.isatty()
    started = time.monotonic()
    said_at = started
    while not finished.wait(TICK_S):
        now = time.monotonic()
        line = f"  {progress.text()}, {now - started:.0f} s"
        if rewrite:
            print(f"\r{line[:LINE_WIDTH]:<{LINE_WIDTH}}", end="", file=sys.stderr, flush=True)
        elif now - said_at >= PRINT_EVERY_S:
            said_at = now
            say(line)
    line = f"  {progress.text()}, {time.monotonic() - started:.0f} s"
    if rewrite:
        print(f"\r{line[:LINE_WIDTH]:<{LINE_WIDTH}}", file=sys.stderr, flush=True)
    else:
        say(line)
