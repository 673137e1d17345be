"""Writes the lines of a log pane into a text file, in a thread of the pool."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from console.widgets.log_pane import written
from pipeline.log_ring import LogRing


def save_lines(ring: LogRing, sequences: Sequence[int], path: Path) -> int:
    """Write lines of the ring to `path` in one step; return how many there still were.

    Raises:
        OSError: the file cannot be written; what was there before is untouched.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    count = 0
    try:
        # Half a surrogate pair, which a message may hold, has no UTF-8.
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            for sequence in sequences:
                line = ring.line(sequence)
                if line is not None:
                    file.write(written(line) + "\n")
                    count += 1
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return count
