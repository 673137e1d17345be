"""Why a worker is as it is, in the language of the window."""

from __future__ import annotations

from console.cause_words import cause_words
from console.window_texts import shown


def reason_words(reason: str) -> str:
    """Return the reason of a worker's state, or why the broker was not opened, for people."""
    return shown(reason, cause_words)
