"""When a camera is detected, how often, and how sure: its settings and its schedule of the day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time

from pipeline.settings_cameras import CameraSettings


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds at one time of the day.

    Attributes:
        rate: detections per second at most; 0 while detection is off.
        confidence: boxes below it are dropped; None for the detector's own threshold.
        until: local time of day at which it ends; None when no schedule holds.
    """

    rate: float
    confidence: float | None = None
    until: time | None = None


def local_time() -> time:
    """Return the time of day here."""
    return datetime.now().astimezone().time()


class Timetable:
    """The schedule of one camera."""

    def __init__(self, camera: CameraSettings, clock: Callable[[], time] | None = None) -> None:
        self._camera = camera
        self._clock = clock
        self._usual = Rules(camera.detections_per_second)

    def rules(self) -> Rules:
        """Return what holds now; the first entry that covers the moment counts."""
        if not self._camera.schedule:
            return self._usual
        moment = self._clock() if self._clock is not None else local_time()
        for entry in self._camera.schedule:
            if entry.covers(moment):
                rate = entry.detections_per_second or self._camera.detections_per_second
                return Rules(rate if entry.detect else 0.0, entry.confidence, entry.end)
        return self._usual


def lowest_confidence(cameras: Iterable[CameraSettings], usual: float) -> float:
    """Return the lowest threshold that any camera has at any time; `usual` is the detector's."""
    scheduled = (
        entry.confidence
        for camera in cameras
        for entry in camera.schedule
        if entry.confidence is not None
    )
    return min((usual, *scheduled))
