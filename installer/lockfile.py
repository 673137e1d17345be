"""Reads locks, and fetches the wheels they name into the cache.

Requirements format; one exact version and the hash of one wheel a line.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from installer.progress import BuildError, note

PYTHON_MINOR = "3.12"
"""The Python that is shipped."""

PLATFORM = "win_amd64"
FETCH_TIMEOUT_S = 1800

_LINE = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+) --hash=sha256:(?P<sha256>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Pin:
    """One wheel of a lock.

    Attributes:
        name: the distribution, normalised as in ``jaraco-classes``.
        version: exactly that one.
        sha256: of the wheel for Windows and `PYTHON_MINOR`.
    """

    name: str
    version: str
    sha256: str

    def to_line(self) -> str:
        """Return the pin as a line of a lock."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


def normalized(name: str) -> str:
    """Return a distribution's name as comparisons need it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wheel_identity(path: Path) -> tuple[str, str]:
    """Return name and version that a wheel's file name tells (PEP 427)."""
    name, version = path.name.split("-")[:2]
    return normalized(name), version


def read_lock(path: Path) -> list[Pin]:
    """Return the pins of a lock.

    Raises:
        BuildError: a line is not an exact version with one hash.
    """
    pins = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.split("#", 1)[0].strip()
        if not text:
            continue
        found = _LINE.fullmatch(text)
        if found is None:
            raise BuildError(
                f"{path.name}, line {number}: not `name==version --hash=sha256:...`: {text}\n"
                f"Make the lock anew: python installer/make_lock.py"
            )
        pins.append(Pin(normalized(found["name"]), found["version"], found["sha256"]))
    return pins


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(lock: Path, cache: Path) -> dict[str, Path]:
    """Return the wheel of each pin by name; fetch those that the cache does not hold.

    Raises:
        BuildError: one cannot be had, or is not the one that was locked.
    """
    pins = read_lock(lock)
    cache.mkdir(parents=True, exist_ok=True)
    wheels = _cached(pins, cache)
    lacking = [pin for pin in pins if pin.name not in wheels]
    if lacking:
        note(f"fetching {len(lacking)} wheels: {', '.join(pin.name for pin in lacking)}")
        _download(lacking, cache)
        wheels = _cached(pins, cache)
    missing = [pin.to_line() for pin in pins if pin.name not in wheels]
    if missing:
        raise BuildError(f"pip fetched other files than {lock.name} names: {'; '.join(missing)}")
    return wheels


def _cached(pins: list[Pin], cache: Path) -> dict[str, Path]:
    """Return the wheels in the cache whose content is what was locked; remove damaged ones."""
    by_identity = {wheel_identity(path): path for path in sorted(cache.glob("*.whl"))}
    found = {}
    for pin in pins:
        path = by_identity.get((pin.name, pin.version))
        if path is None:
            continue
        if sha256_of(path) == pin.sha256:
            found[pin.name] = path
        else:
            path.unlink()
    return found


def _download(pins: list[Pin], cache: Path) -> None:
    wanted = cache / "wanted.txt"
    wanted.write_text("".join(f"{pin.to_line()}\n" for pin in pins), encoding="utf-8")
    try:
        download(["--require-hashes", "-r", str(wanted)], cache)
    finally:
        wanted.unlink()


def download(arguments: list[str], folder: Path) -> None:
    """Have pip download wheels for Windows, without what they depend on.

    Raises:
        BuildError: pip cannot; its own words are on the terminal.
    """
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
        *("--platform", PLATFORM, "--python-version", PYTHON_MINOR, "--dest", str(folder)),
        *arguments,
    ]
    try:
        done = subprocess.run(command, check=False, timeout=FETCH_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise BuildError(
            f"Fetching took longer than {FETCH_TIMEOUT_S // 60} minutes. Start the build again; it "
            f"goes on with what is there."
        ) from None
    if done.returncode:
        raise BuildError(
            "pip could not fetch what the lock names (see above). Is there a network? An index of\n"
            "your own is set with pip's own settings, such as PIP_INDEX_URL. A hash that does not\n"
            "match means a file that was changed after it was locked: do not use it."
        )
