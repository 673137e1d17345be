"""Lets one start at a time work on an environment; the system frees the lock of a killed one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bootstrap.messages import say

RETRY_S = 0.5


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> Iterator[int | None]:
    """Hold the lock for `folder`, waiting while another process has it; gives its open handle.

    The lock file lies in the temporary folder: the environment itself may be removed meanwhile.
    """
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"signalbox-setup-{name}.lock"
    flags = os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
    try:
        handle = os.open(path, flags, 0o600)
    except OSError:
        # Another user's file, or nowhere to put one: two set-ups at once are the smaller risk.
        yield None
        return
    try:
        if not _try_lock(handle):
            say("Another start of Signalbox is setting it up; waiting for it.")
            while not _try_lock(handle):
                time.sleep(RETRY_S)
        yield handle
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
