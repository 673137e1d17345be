"""Notices that a camera changes the size or codec of its video while it plays.

FFmpeg through OpenCV keeps the size of the first picture, scales all later ones into it and tells
nobody. What the camera sends is therefore asked for now and then, beside the connection that plays:
of an RTSP camera its description of the stream (SDP), which holds the parameter sets of H.264
(RFC 6184) or H.265 (RFC 7798); of others, by opening the stream a second time for a moment.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Final

from pipeline.detection.sources import rtsp
from pipeline.detection.sources.address import split_address

ASK_EVERY_S: Final = 15.0
OPEN_EVERY_S: Final = 60.0
"""How often a stream is opened a second time: that costs the camera more than a question."""
ASK_AGAIN_S: Final = 1.0
"""A change must be told twice: an encoder that starts anew may not know its own yet."""
REST_S: Final = 120.0
"""Until a camera that did not answer is asked again, and twice as long after each further time; it
may serve few connections."""
MAX_REST_S: Final = 3600.0

Ask = Callable[[], tuple[str, ...] | None]
"""Returns what a camera tells of its pictures, None when it does not say. Two answers are of the
same pictures when one holds all of the other."""

_TELLING: Final = re.compile(r"rtpmap|framesize|x-dimensions|fmtp")
_PARAMETER_SETS: Final = re.compile(r"\b((?:sprop-[a-z-]+|config)=[^;\s]+)", re.IGNORECASE)


def video_format(description: str) -> tuple[str, ...]:
    """Return what a stream's description (SDP) tells of size and codec of its first video.

    Empty where it tells nothing; two that differ are of different pictures.
    """
    _, found, section = description.partition("m=video")
    if not found:
        return ()
    told: list[str] = []
    for line in section.partition("\nm=")[0].splitlines():
        name, _, value = line.strip().removeprefix("a=").partition(":")
        if line.startswith("a=") and _TELLING.fullmatch(name):
            told += _PARAMETER_SETS.findall(value) if name == "fmtp" else [value.strip()]
    return tuple(told)


def ask_rtsp(address: str) -> tuple[str, ...] | None:
    """Return what an RTSP camera announces; None when it does not say."""
    target = split_address(address)
    if target is None:
        return None
    try:
        answer = rtsp.describe(target)
    except (OSError, ValueError):
        return None
    return video_format(answer.body) or None


class FormatWatch:
    """Asks one camera, in a thread of its own, until it is stopped.

    Args:
        ask: asks it; may take its time.
        every_s: how often.
    """

    def __init__(self, ask: Ask, every_s: float) -> None:
        self._ask = ask
        self._every_s = every_s
        self._changed = threading.Event()
        self._stop = threading.Event()
        # A daemon: nothing waits for the answer of a camera.
        self._thread = threading.Thread(target=self._watch, name="format-watch", daemon=True)
        self._thread.start()

    @property
    def has_changed(self) -> bool:
        """Whether the camera tells of another size or codec than when the watch began."""
        return self._changed.is_set()

    def stop(self) -> None:
        """End it; returns at once."""
        self._stop.set()

    def join(self, timeout_s: float) -> None:
        """Wait for it to end: stopped, or because the camera has changed."""
        self._thread.join(timeout_s)

    def _watch(self) -> None:
        first, before = None, None
        wait_s, refusals = 0.0, 0
        while not self._stop.wait(wait_s):
            now = self._ask()
            refusals = 0 if now is not None else refusals + 1
            if now is None:
                wait_s = min(MAX_REST_S, REST_S * 2.0 ** (min(refusals, 10) - 1))
            elif first is None or set(first) <= set(now):
                # A camera that has just begun may tell more later: that is no change.
                first, wait_s = now, self._every_s
            elif set(now) <= set(first):
                wait_s = self._every_s
            elif now == before:
                self._changed.set()
                return
            else:
                wait_s = ASK_AGAIN_S
            before = now
