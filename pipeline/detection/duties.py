"""What the settings of one camera ask of its detections: where, when, how sure, what to count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline.detection.areas import LookedAt
from pipeline.detection.counting import Counts, SceneCounter
from pipeline.detection.models.detections import Detections
from pipeline.detection.timetable import Timetable
from pipeline.messages import DetectedObject
from pipeline.settings_cameras import CameraSettings
from pipeline.telemetry import AreaTotals

UNSURE_SHARE: Final = 0.7
"""Boxes down to this share of the threshold are kept, for the tracker alone."""


class CameraDuties:
    """Used by the detection worker's own thread, before and after its `CameraAnalyst`.

    Args:
        camera: its settings.
        confidence: the detector's threshold, for times without one of their own.
    """

    def __init__(self, camera: CameraSettings, confidence: float) -> None:
        self._looked_at = LookedAt(camera)
        self._counter = SceneCounter(camera)
        self._timetable = Timetable(camera)
        self._confidence = confidence

    def confidence(self) -> float:
        """Return the threshold of this time of the day."""
        own = self._timetable.rules().confidence
        return self._confidence if own is None else own

    def keep(self, detections: Detections, frame_size: tuple[int, int]) -> Detections:
        """Return what is sure enough and stands where the camera is looked at."""
        kept = detections.confidence >= self.confidence() * UNSURE_SHARE
        if not self._looked_at.is_all:
            kept &= self._looked_at.mask(detections.xyxy, frame_size)
        return detections if kept.all() else detections[kept]

    def count(
        self, objects: Sequence[DetectedObject], frame_size: tuple[int, int], time_s: float
    ) -> Counts:
        """Return what the objects of a frame add at lines and in zones; see `SceneCounter`."""
        return self._counter.count(objects, frame_size, time_s)

    @property
    def totals(self) -> AreaTotals:
        """Sums for the window."""
        return self._counter.totals
