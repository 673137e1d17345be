"""Gives the window the newest picture of a camera, ready to be painted."""

from __future__ import annotations

from collections import deque
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.detection.images import Picture
from pipeline.telemetry import CameraView, Frame

RATE_WINDOW_S: Final = 2.0
SLACK: Final = 0.9
"""A frame may come this share of the shortest interval after the last; clocks are not exact."""


class LiveView:
    """Scales the frames of one camera for the window, if it looks; used by its capture thread."""

    def __init__(self, view: CameraView) -> None:
        self._view = view
        self._sequence = view.frame.sequence if view.frame is not None else 0
        self._shown_s: deque[float] = deque()

    def is_due(self, captured_s: float) -> bool:
        """Whether the window wants a picture of this moment."""
        if self._view.wanted_size is None:
            return False
        if not self._shown_s:
            return True
        return captured_s - self._shown_s[-1] >= SLACK / self._view.wanted_fps

    def offer(self, picture: Picture, captured_s: float) -> None:
        """Show `picture`, taken at `captured_s` (monotonic seconds), unless nobody looks."""
        self._view.source_size = (picture.shape[1], picture.shape[0])
        wanted = self._view.wanted_size
        if wanted is None:
            self.rest()
            return
        if not self.is_due(captured_s):
            return
        self._sequence += 1
        pixels = scaled_bgra(picture, wanted)
        self._view.frame = Frame(pixels, captured_s, self._sequence)
        self._shown_s.append(captured_s)
        while captured_s - self._shown_s[0] > RATE_WINDOW_S:
            self._shown_s.popleft()
        span_s = captured_s - self._shown_s[0]
        self._view.shown_fps = (len(self._shown_s) - 1) / span_s if span_s > 0 else 0.0

    def rest(self) -> None:
        """Nobody looks."""
        self._shown_s.clear()
        self._view.shown_fps = 0.0


def scaled_bgra(picture: Picture, wanted: tuple[int, int]) -> NDArray[np.uint8]:
    """Return `picture` ``(H, W, 3)`` BGR as BGRA, as large as fits into `wanted` (width, height)."""
    height, width = picture.shape[:2]
    scale = min(wanted[0] / width, wanted[1] / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size != (width, height):
        # Averaging areas would look better for large steps down but costs five times as much.
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA), np.uint8)
