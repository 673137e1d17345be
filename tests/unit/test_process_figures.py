"""What the status bar says of this process: shares of the machine that do not jump."""

from __future__ import annotations

import hashlib
import time

from console.process_figures import SPAN_S, ProcessFigures


def test_looks_in_quick_succession_make_no_jump_of_the_share() -> None:
    figures = ProcessFigures()
    begun_s = time.monotonic()
    before = []
    while time.monotonic() - begun_s < SPAN_S:
        hashlib.sha256(b"busy" * 100_000).digest()
        if time.monotonic() - begun_s < SPAN_S / 2:
            before.append(figures.read().cpu_percent)
    share = figures.read().cpu_percent
    assert set(before) == {None}
    assert share is not None
    assert 0 < share <= 100
    assert figures.read().cpu_percent == share
    assert figures.read().memory_bytes > 10_000_000
