"""How the build speaks to people."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

SHOW_EVERY_S = 5.0

T = TypeVar("T")


class BuildError(Exception):
    """The installer cannot be built; the text says what, why, and what to do next."""


def step(text: str) -> None:
    """Tell what begins now."""
    print(f"==> {text}", flush=True)


def note(text: str) -> None:
    """Tell a detail."""
    print(f"    {text}", flush=True)


def tracked(
    items: Iterable[T], total: int, what: str, clock: Callable[[], float] = time.monotonic
) -> Iterator[T]:
    """Yield `items`, telling now and then how many of `total` are done."""
    shown_s = clock()
    for number, item in enumerate(items):
        if clock() - shown_s >= SHOW_EVERY_S:
            shown_s = clock()
            note(f"{what}: {number} of {total}")
        yield item


def megabytes(size: int) -> str:
    """Return bytes for people, in MB of a million bytes."""
    return f"{size / 1e6:.1f} MB"
