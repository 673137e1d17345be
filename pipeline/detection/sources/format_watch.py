"""Notices that a camera changes the size or codec of its video while it plays.

FFmpeg through OpenCV keeps the size of the first picture, scales all later ones into it and tells
nobody. The camera's own description of the stream (SDP) does tell, where it holds the parameter
sets of H.264 (RFC 6184) or H.265 (RFC 7798); it is asked for now and then, beside the connection
that plays.
"""

from __future__ import annotations

import re
import threading
from typing import Final

from pipeline.detection.sources import rtsp
from pipeline.detection.sources.address import split_address

ASK_EVERY_S: Final = 15.0
ASK_AGAIN_S: Final = 1.0
"""A change must be told twice: an encoder that starts anew may not know its own yet."""
REST_S: Final = 120.0
"""Until a camera that did not answer is asked again; it may serve few connections."""

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


class FormatWatch:
    """Asks one camera, in a thread of its own, until it is stopped.

    Args:
        address: of the stream that plays, with credentials.
    """

    def __init__(self, address: str) -> None:
        self._target = split_address(address)
        self._changed = threading.Event()
        self._stop = threading.Event()
        # A daemon: nothing waits for the answer of a camera.
        self._thread = threading.Thread(target=self._watch, name="format-watch", daemon=True)
        self._thread.start()

    @property
    def has_changed(self) -> bool:
        """Whether the camera announces another size or codec than when the watch began."""
        return self._changed.is_set()

    def stop(self) -> None:
        """End it; returns at once."""
        self._stop.set()

    def join(self, timeout_s: float) -> None:
        """Wait for it to end: stopped, or because the camera has changed."""
        self._thread.join(timeout_s)

    def _watch(self) -> None:
        first, before = None, None
        wait_s = 0.0
        while not self._stop.wait(wait_s):
            now = self._ask()
            if now is None:
                wait_s = REST_S
            elif first is None or set(first) <= set(now):
                # A camera that has just begun may tell more later: that is no change.
                first, wait_s = now, ASK_EVERY_S
            elif set(now) <= set(first):
                wait_s = ASK_EVERY_S
            elif now == before:
                self._changed.set()
                return
            else:
                wait_s = ASK_AGAIN_S
            before = now

    def _ask(self) -> tuple[str, ...] | None:
        """Return what the camera announces; None when it does not say."""
        if self._target is None:
            return None
        try:
            answer = rtsp.describe(self._target)
        except (OSError, ValueError):
            return None
        return video_format(answer.body) or None
