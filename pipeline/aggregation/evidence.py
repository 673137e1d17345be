"""Pictures of alarms as files, a folder for each day; written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.aggregation.situations import Alarm

PART_SUFFIX: Final = ".part"
ORPHAN_AGE_S: Final = 3_600.0
"""A file that no alarm names is left alone so long: its alarm may still be on its way."""

_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")


class EvidenceFiles:
    """The pictures below one folder, each named by its path relative to it, with slashes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def name_of(alarm: Alarm) -> str:
        """Return the name for the picture of an alarm's worst moment: day, time, camera, digest."""
        local = alarm.last_seen.astimezone()
        what = f"{alarm.alarm_id}\0{alarm.request_id}\0{alarm.group_index}"
        digest = hashlib.blake2b(what.encode("utf-8", "replace"), digest_size=8).hexdigest()
        camera = _NOT_IN_NAMES.sub("-", alarm.camera_id)[:40]
        return f"{local:%Y-%m-%d}/{local:%H%M%S}_{camera}_{digest}.jpg"

    def write(self, name: str, jpeg: bytes) -> None:
        """Write a picture; after a crash at any point it is there whole, or not under its name.

        Raises:
            OSError: it cannot be written, such as for want of space.
        """
        path = self.folder / name
        part = path.with_name(path.name + PART_SUFFIX)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                file.write(jpeg)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink()
            raise

    def read(self, name: str) -> bytes | None:
        """Return a picture; None when it is gone.

        Raises:
            OSError: it is there but cannot be read.
        """
        try:
            return (self.folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def remove(self, name: str) -> None:
        """Remove a picture, and its day once that is empty; one that stays is an orphan later."""
        path = self.folder / name
        with contextlib.suppress(OSError):
            path.unlink()
        # A folder that is not empty refuses.
        with contextlib.suppress(OSError):
            path.parent.rmdir()

    def days(self) -> list[str]:
        """Return the days that have pictures, oldest first."""
        with contextlib.suppress(OSError):
            return sorted(path.name for path in self.folder.iterdir() if path.is_dir())
        return []

    def settled(self, day: str) -> Iterator[str]:
        """Yield the files of a day that are old enough to be orphans, also half written ones."""
        before_s = time.time() - ORPHAN_AGE_S
        with contextlib.suppress(OSError):
            for path in (self.folder / day).iterdir():
                with contextlib.suppress(OSError):
                    if path.stat().st_mtime < before_s:
                        yield f"{day}/{path.name}"
