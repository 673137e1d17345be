"""Fails a test that leaves a thread behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

GRACE_S = 30.0
POLL_S = 0.01


@contextmanager
def no_thread_left() -> Iterator[None]:
    """Wait, at the end, until all threads started meanwhile have ended.

    Raises:
        AssertionError: some have not within the grace time; names them.
    """
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + GRACE_S
    while left := _new_threads(before):
        if time.monotonic() > deadline:
            names = ", ".join(sorted(thread.name for thread in left))
            raise AssertionError(f"threads left behind after {GRACE_S:.0f} s: {names}")
        time.sleep(POLL_S)


def _new_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread not in before
        # Foreign threads (Qt's, librdkafka's) that ran Python code once; never taken off the list.
        and not isinstance(thread, threading._DummyThread)
    ]
