"""Whether the disk of the alarm database has room for it; SQLite says so in many other words."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path
from typing import Final

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Errors of a full disk, and of a user who may have no more of it."""

ROOM_MB: Final = 10
"""What people are asked to free: enough to open the database and for some hours of alarms."""

_TRIED_BYTES: Final = 1_000_000
"""More than opening takes: the index of the journal, and a new database's tables."""


def is_full(folder: Path) -> bool:
    """Return whether nothing of any size can be written in `folder`, which need not exist yet.

    Found out by writing: what a disk says is free may be others' share. False where the folder
    cannot be written for another cause.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            left = _TRIED_BYTES
            while left > 0:
                left -= file.write(b"\0" * left)
    except OSError as error:
        return error.errno in NO_ROOM
    return False
