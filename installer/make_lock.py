"""Writes ``requirements-win_amd64.lock`` from pyproject.toml: ``python installer/make_lock.py``.

uv resolves for Windows on any machine (pip reads markers such as ``sys_platform`` by the machine it
runs on); pip fetches the wheels into the cache; the lock gets the hash of those.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __package__ in (None, ""):
    sys.path.insert(0, str(ROOT))

from installer.lockfile import (
    PYTHON_MINOR,
    Pin,
    download,
    sha256_of,
    wheel_identity,
)
from installer.places import CACHE, LOCK
from installer.progress import BuildError, note, step

RESOLVE_TIMEOUT_S = 300


def resolve(pyproject: Path, output: Path) -> None:
    """Write the exact versions that pyproject.toml leads to on Windows, with all their hashes.

    Raises:
        BuildError: uv is not there, or finds no solution.
    """
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", str(pyproject), "--quiet"),
        *("--python-platform", "x86_64-pc-windows-msvc", "--python-version", PYTHON_MINOR),
        *("--only-binary", ":all:", "--generate-hashes", "--no-header", "--no-annotate"),
        *("--output-file", str(output)),
    ]
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, check=False, timeout=RESOLVE_TIMEOUT_S
    )
    if done.returncode:
        raise BuildError(
            "uv found no set of versions (see above). If it says that there is no module uv:\n"
            f'    "{sys.executable}" -m pip install uv'
        )


def main() -> int:
    """Write the lock; 1 with a message if that cannot be done."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            resolved = Path(folder) / "resolved.txt"
            step("resolving for Windows")
            resolve(ROOT / "pyproject.toml", resolved)
            step("fetching the wheels")
            fetched = Path(folder) / "wheels"
            download(["--find-links", str(CACHE), "--require-hashes", "-r", str(resolved)], fetched)
            pins = []
            CACHE.mkdir(parents=True, exist_ok=True)
            for wheel in sorted(fetched.glob("*.whl"), key=wheel_identity):
                name, version = wheel_identity(wheel)
                pins.append(Pin(name, version, sha256_of(wheel)))
                wheel.rename(CACHE / wheel.name)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    head = "# Made by `python installer/make_lock.py` from pyproject.toml; do not edit.\n"
    LOCK.write_text(head + "".join(f"{pin.to_line()}\n" for pin in pins), encoding="utf-8")
    note(f"{LOCK.name}: {len(pins)} wheels")
    return 0


if __name__ == "__main__":
    sys.exit(main())
