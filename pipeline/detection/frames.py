"""Frames on their way from the cameras to the detector: the newest of each camera, fairly."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipeline.detection.images import Picture


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """One frame that is due for detection.

    Attributes:
        camera_id: which camera.
        picture: ``(H, W, 3)`` BGR; never written to.
        captured_s: monotonic seconds of its capture.
        captured_at: the same in UTC.
        motion_s: seconds that movements are measured by: `captured_s`, or a film's own time when
            it is read faster or slower than it was taken.
        scene: rises whenever the picture jumps (a file starts again, a camera reconnects).
    """

    camera_id: str
    picture: Picture
    captured_s: float
    captured_at: datetime
    motion_s: float
    scene: int


class FrameInbox:
    """Holds at most one frame of each camera; many threads offer, one takes.

    The camera whose frame was taken longest ago is served first, so that a quick camera cannot
    starve a slow one.
    """

    def __init__(self, camera_ids: Iterable[str]) -> None:
        self._ready = threading.Condition()
        self._frames: dict[str, CapturedFrame] = {}
        self._turns = dict.fromkeys(camera_ids, 0)
        self._turn = 0

    def offer(self, frame: CapturedFrame) -> bool:
        """Leave a frame; return whether an older one that nobody took gave way to it."""
        with self._ready:
            replaced = frame.camera_id in self._frames
            self._frames[frame.camera_id] = frame
            self._ready.notify_all()
            return replaced

    def take(self, timeout_s: float) -> CapturedFrame | None:
        """Return the frame of the camera that has waited longest; None when none comes in time."""
        with self._ready:
            if not self._ready.wait_for(lambda: self._frames, timeout_s):
                return None
            camera_id = min(self._frames, key=self._turns.__getitem__)
            self._turn += 1
            self._turns[camera_id] = self._turn
            frame = self._frames.pop(camera_id)
            self._ready.notify_all()
            return frame

    def wait_until_taken(self, camera_id: str, timeout_s: float) -> bool:
        """Wait until no frame of this camera is left; return whether that is so."""
        with self._ready:
            return self._ready.wait_for(lambda: camera_id not in self._frames, timeout_s)
