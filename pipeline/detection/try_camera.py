"""Opens a camera once, to show whoever sets it up what it gives."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.detection.live_view import scaled_bgra
from pipeline.detection.sources import Reader, SourceError, follows_size, open_source
from pipeline.settings_cameras import CameraSettings
from pipeline.texts import say

MEASURE_S: Final = 2.0
"""How long a live source is watched to tell its rate."""

SETTLE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class CameraTrial:
    """What a camera gave.

    Attributes:
        description: what was opened.
        codec: such as ``h264``; empty when unknown.
        size: (width, height) of its pictures in pixels.
        rate: pictures per second: what a file says, or what a live source was seen to send;
            None when too few came to tell.
        follows_size: whether pictures of another size are noticed while it plays.
        opened_ms: time from the first step to the first picture.
        pixels: that picture, ``(H, W, 4)`` uint8 BGRA, scaled into the size asked for.
    """

    description: str
    codec: str
    size: tuple[int, int]
    rate: float | None
    follows_size: bool
    opened_ms: float
    pixels: NDArray[np.uint8]


def try_camera(
    camera: CameraSettings, picture_size: tuple[int, int], stop: threading.Event
) -> CameraTrial:
    """Open the source of `camera`, read a picture, measure its rate, close it.

    Args:
        camera: what to open.
        picture_size: (width, height) in pixels into which the picture is scaled.
        stop: ends the measuring early; opening itself cannot be interrupted (10 s at most).

    Raises:
        SourceError: it cannot be opened or gives no picture; says why.
    """
    began_s = time.perf_counter()
    reader = open_source(camera)
    try:
        picture = reader.read()
        if picture is None:
            raise SourceError(say("{source} holds no picture", source=reader.description))
        opened_ms = (time.perf_counter() - began_s) * 1000
        return CameraTrial(
            description=reader.description,
            codec=reader.codec,
            size=(picture.shape[1], picture.shape[0]),
            rate=_measure(reader, stop) if reader.is_live else reader.rate,
            follows_size=follows_size(camera.source),
            opened_ms=opened_ms,
            pixels=scaled_bgra(picture, picture_size),
        )
    finally:
        reader.close()


def _measure(reader: Reader, stop: threading.Event) -> float | None:
    """Return how many pictures a second arrive."""
    opened_s = time.perf_counter()
    # What was waiting when it was opened comes at once and says nothing about the rate.
    while not stop.is_set() and time.perf_counter() - opened_s < SETTLE_S:
        if reader.read() is None:
            return None
    began_s = time.perf_counter()
    arrived = 0
    while not stop.is_set() and time.perf_counter() - began_s < MEASURE_S:
        if reader.read() is None:
            break
        arrived += 1
    span_s = time.perf_counter() - began_s
    return arrived / span_s if arrived >= 2 else None
