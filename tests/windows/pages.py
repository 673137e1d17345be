"""A person before the screen of a Wine prefix: presses keys, waits until a page stands, looks."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PAGE_TIMEOUT_S = 120.0
STILL_S = 0.8
"""So long nothing may change on the screen until a page counts as there."""
CARET_BYTES = 300
"""So much of a picture may differ: the caret of a field blinks."""


class Person:
    """Works by keyboard only, as the installer must allow.

    Args:
        display: of the X server.
        album: folder that the pictures go to.
    """

    def __init__(self, display: str, album: Path) -> None:
        self._environment = os.environ | {"DISPLAY": display}
        self._album = album
        self._seen = b""

    def press(self, *keys: str) -> None:
        """Press keys, by their X names, with the page that has the focus."""
        self._seen = self._look()
        for key in keys:
            self._run("xdotool", "key", "--clearmodifiers", key)

    def see(self, name: str, *, timeout_s: float = PAGE_TIMEOUT_S) -> None:
        """Wait until the screen is another one than before the last keys, and stands still.

        Raises:
            AssertionError: it did not in time; the picture is in the album.
        """
        until_s = time.monotonic() + timeout_s
        last, since_s = self._look(), time.monotonic()
        while not _differ(last, self._seen) or time.monotonic() - since_s < STILL_S:
            if time.monotonic() > until_s:
                (self._album / f"{name}-missed.ppm").write_bytes(last)
                raise AssertionError(f"{name} did not come within {timeout_s:.0f} s")
            time.sleep(0.1)
            now = self._look()
            if _differ(now, last):
                last, since_s = now, time.monotonic()
        self.keep(name)

    def green(self) -> int:
        """Return how many points of the screen have the green of the mark."""
        width, height, points = _points(self._look())
        assert width * height == len(points)
        return int((points == [0x3E, 0xCF, 0x8E]).all(axis=1).sum())

    def covered(self) -> float:
        """Return which share of the screen windows cover; where there is none it is black."""
        _, _, points = _points(self._look())
        return float((points != 0).any(axis=1).mean())

    def windows(self) -> set[str]:
        """Return the titles of all windows that are shown."""
        said = self._run("xdotool", "search", "--onlyvisible", "--name", ".")
        return {
            self._run("xdotool", "getwindowname", number).decode().strip()
            for number in said.decode().split()
        }

    def keep(self, name: str) -> None:
        """Put a picture of the screen into the album."""
        self._run("import", "-window", "root", str(self._album / f"{name}.png"))

    def _look(self) -> bytes:
        return self._run("import", "-window", "root", "-depth", "8", "ppm:-")

    def _run(self, *command: str) -> bytes:
        done = subprocess.run(
            command, env=self._environment, capture_output=True, check=False, timeout=30
        )
        return done.stdout


def _points(picture: bytes) -> tuple[int, int, NDArray[np.uint8]]:
    """Return width, height and the colours of a binary PPM picture."""
    _, size, _, body = picture.split(b"\n", 3)
    width, height = map(int, size.split())
    return width, height, np.frombuffer(body, np.uint8).reshape(-1, 3)


def _differ(one: bytes, other: bytes) -> bool:
    if len(one) != len(other):
        return True
    pair = (np.frombuffer(one, np.uint8), np.frombuffer(other, np.uint8))
    return int(np.count_nonzero(pair[0] != pair[1])) > CARET_BYTES
