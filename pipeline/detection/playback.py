"""One open source: its pictures at the right pace, to the window and to detection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pipeline.detection.camera_report import CameraReport
from pipeline.detection.frames import CapturedFrame, FrameInbox
from pipeline.detection.images import Picture
from pipeline.detection.live_view import LiveView
from pipeline.detection.pacing import DelayMeter, Pacer, RateMeter, Sampler
from pipeline.detection.sources import Reader, SourceError
from pipeline.detection.timetable import Timetable
from pipeline.messages import utc_now
from pipeline.settings_cameras import CameraSettings
from pipeline.telemetry import CameraView, WorkerTelemetry
from pipeline.texts import say

LATE_S: Final = 1.0
"""Live pictures that are later than this are passed over by turns, to come back to the present."""
TAKEN_CHECK_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class CameraParts:
    """What belongs to one camera, whichever thread reads it."""

    camera: CameraSettings
    view: CameraView
    report: CameraReport
    inbox: FrameInbox
    telemetry: WorkerTelemetry


class Playback:
    """Plays a reader until the stop or its end. Used by one thread.

    Args:
        parts: of the camera.
        reader: open; whoever made it closes it.
        stop: after it is set, nothing shared is touched any more.
        scenes: gives the number of each new scene.
        on_sign: called at each sign of life, with monotonic seconds.
    """

    def __init__(
        self,
        parts: CameraParts,
        reader: Reader,
        stop: threading.Event,
        scenes: Iterator[int],
        on_sign: Callable[[float], None],
    ) -> None:
        self._parts = parts
        self._reader = reader
        self._stop = stop
        self._scenes = scenes
        self._on_sign = on_sign
        self._scene = next(scenes)
        self._live_view = LiveView(parts.view)
        self._timetable = Timetable(parts.camera)
        self._sampler = Sampler(parts.camera.detections_per_second)
        self._rate = RateMeter()
        self._delay = DelayMeter()
        self._delay_s = 0.0
        self._shown = False
        self._is_hurried = not reader.is_live and not parts.camera.real_time
        self._film_s = time.monotonic()

    def run(self) -> None:
        """Play until stopped, or to the end of a file that is not to be repeated.

        Raises:
            SourceError: the source failed.
        """
        while self._play_once():
            self._reader.rewind()
            self._scene = next(self._scenes)

    def _play_once(self) -> bool:
        """Play to the end; return whether to begin again."""
        reader = self._reader
        pacer = Pacer(None if self._is_hurried else reader.rate)
        count = 0
        while not self._stop.is_set():
            late = pacer.wait(self._stop) if self._delay_s < LATE_S else 1
            for _ in range(late):
                reader.grab()
                self._parts.telemetry.count("frames_read")
            grabbed = reader.grab()
            now_s = time.monotonic()
            if self._stop.is_set():
                return False
            self._on_sign(now_s)
            if grabbed:
                self._pass_on(now_s)
                count += 1
            elif not self._parts.camera.loop:
                return False
            elif not count:
                raise SourceError(say("{source} holds no picture", source=reader.description))
            else:
                return True
        return False

    def _pass_on(self, now_s: float) -> None:
        """Take the picture that was grabbed if it is wanted, for the window or for detection."""
        parts = self._parts
        parts.telemetry.count("frames_read")
        position_s = self._reader.position_s()
        if position_s is not None:
            self._delay_s = self._delay.note(position_s, now_s)
        is_due = self._is_due(now_s)
        size = self._reader.size
        picture = None
        captured_s = now_s - self._delay_s
        if is_due or self._live_view.is_due(captured_s) or size is None or not self._shown:
            picture = self._reader.retrieve()
            size = (picture.shape[1], picture.shape[0])
        if parts.report.picture(size, self._rate.note(now_s), is_live=self._reader.is_live):
            self._scene = next(self._scenes)
        if parts.view.wanted_size is None:
            self._live_view.rest()
        if picture is not None:
            self._shown = True
            self._live_view.offer(picture, captured_s)
            if is_due:
                self._detect(picture, captured_s)

    def _is_due(self, now_s: float) -> bool:
        rules = self._timetable.rules()
        view = self._parts.view
        view.detection_off_until = rules.until if not rules.rate else None
        if self._is_hurried:
            self._film_s += 1 / (self._reader.rate or 1)
        if not rules.rate:
            view.overlay = None
            return False
        self._sampler.set_rate(rules.rate)
        return self._sampler.is_due(self._film_s if self._is_hurried else now_s)

    def _detect(self, picture: Picture, captured_s: float) -> None:
        parts = self._parts
        frame = CapturedFrame(
            parts.camera.id,
            picture,
            captured_s,
            utc_now() - timedelta(seconds=self._delay_s),
            self._film_s if self._is_hurried else captured_s,
            self._scene,
        )
        if parts.inbox.offer(frame):
            parts.telemetry.count("frames_dropped")
        if self._is_hurried:
            # A film that is read as fast as possible waits for detection instead of dropping.
            while not self._stop.is_set():
                self._on_sign(time.monotonic())
                if parts.inbox.wait_until_taken(parts.camera.id, TAKEN_CHECK_S):
                    return
