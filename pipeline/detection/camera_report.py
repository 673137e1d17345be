"""How one camera fares: told to the window at once, to log and events once it is more than a blip."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from loguru import logger

from pipeline.messages import utc_now
from pipeline.redact import redact_text
from pipeline.settings_cameras import CameraSettings
from pipeline.telemetry import CameraEvent, CameraView, WorkerTelemetry
from pipeline.texts import NOTHING, Text, say

HOLD_OFF_S: Final = 5.0
"""A camera that is without pictures for less is a blip: no event, no trouble of the worker."""
STALLED_S: Final = 3.0
"""A live camera that gave no picture for longer is stalled, unless it is known to be that slow."""
STALLED_INTERVALS: Final = 4
FRESH_S: Final = 0.5
"""A stalled camera is back when pictures have come for this long."""
REMIND_S: Final = 600.0
"""A camera that stays away is logged again after this time."""

OnEvent = Callable[[CameraEvent], None]


class CameraReport:
    """Used by the capture thread of the camera, and by the worker's own that watches it.

    Args:
        camera: its settings.
        view: what the window sees.
        telemetry: of the worker, which is degraded while the camera is away.
        on_event: takes what happened.
    """

    def __init__(
        self,
        camera: CameraSettings,
        view: CameraView,
        telemetry: WorkerTelemetry,
        on_event: OnEvent,
    ) -> None:
        self._camera = camera
        self._view = view
        self._telemetry = telemetry
        self._on_event = on_event
        self._lock = threading.Lock()
        self._last_s = time.monotonic()
        self._cause = NOTHING
        self._told_s: float | None = None
        self._fresh_s: float | None = None
        self._limit_s = STALLED_S
        self._size: tuple[int, int] | None = None

    @property
    def trouble_key(self) -> str:
        """What the camera's trouble is called in the worker's telemetry."""
        return f"camera {self._camera.id}"

    def connecting(self) -> None:
        """It is opened for the first time."""
        with self._lock:
            self._last_s = time.monotonic()
            self._show("connecting", NOTHING)

    def opened(self, codec: str) -> None:
        """It could be opened."""
        self._view.codec = codec

    def picture(self, size: tuple[int, int], fps: float, *, is_live: bool) -> bool:
        """Note a picture that came; return whether its size is another than before.

        Args:
            size: (width, height) in pixels.
            fps: pictures per second, as far as known.
            is_live: whether it may be called stalled when no more come.
        """
        now_s = time.monotonic()
        if self._view.state == "stalled":
            # When a connection ends at last, the decoder gives what it still held: no return.
            if self._fresh_s is None:
                self._fresh_s = now_s
            if now_s - self._fresh_s < FRESH_S:
                return False
        self._fresh_s = None
        away_s = now_s - self._last_s
        self._last_s = now_s
        self._view.source_fps = fps
        if not is_live:
            self._limit_s = float("inf")
        elif fps > 0:
            self._limit_s = max(STALLED_S, STALLED_INTERVALS / fps)
        if self._view.state != "live":
            self._returned(away_s)
        before, self._size = self._size, size
        if before in {None, size}:
            return False
        assert before is not None
        text = say(
            "pictures are {size} now, were {before}",
            size=f"{size[0]}x{size[1]}",
            before=f"{before[0]}x{before[1]}",
        )
        logger.info("camera {}: {}", self._camera.id, text)
        self._tell("changed", text)
        return True

    def failed(self, text: Text, next_try_s: float, delay_s: float) -> None:
        """It could not be opened, or broke off; `next_try_s` is in monotonic seconds."""
        with self._lock:
            cause = redact_text(text)
            # A camera that is away for days would fill the log with the same line.
            is_news = self._told_s is None or cause != self._cause
            self._cause = cause
            self._fresh_s = None
            logger.log(
                "INFO" if is_news else "DEBUG",
                "camera {}: {}; next try in {:.0f} s",
                self._camera.id,
                cause.rstrip("."),
                delay_s,
            )
            self._show("reconnecting", self._cause, next_try_s)
        self.watch()

    def abandoned(self, text: Text, *, is_final: bool) -> None:
        """Its thread hangs; `is_final`: no other one takes its place."""
        with self._lock:
            self._cause = text
            self._show("failed" if is_final else "reconnecting", text)
        logger.warning("camera {}: {}", self._camera.id, text)
        self.watch()

    def ended(self) -> None:
        """It is a file that was played to its end."""
        text = say("the file was played to its end")
        self._telemetry.recover(self.trouble_key)
        with self._lock:
            self._show("stopped", text)
        logger.info("camera {}: {}", self._camera.id, text)
        self._tell("ended", text)

    def stopped(self) -> None:
        """The worker ends."""
        with self._lock:
            self._show("stopped", NOTHING)
            self._view.shown_fps = self._view.source_fps = 0.0

    def watch(self) -> None:
        """Tell of a camera that stalls or stays away; called about once a second."""
        away_s = time.monotonic() - self._last_s
        with self._lock:
            if self._view.state == "live" and away_s > self._limit_s:
                self._cause = say("connected, but no pictures come")
                self._show("stalled", self._cause)
            is_away = self._view.state in {"stalled", "reconnecting", "failed"}
            if not is_away or away_s < HOLD_OFF_S:
                return
            is_new = self._told_s is None
            if self._told_s is not None and time.monotonic() - self._told_s < REMIND_S:
                self._telemetry.degrade(
                    self.trouble_key,
                    say("{name}: {cause}", name=self._camera.name, cause=self._cause),
                )
                return
            self._told_s = time.monotonic()
        self._telemetry.degrade(
            self.trouble_key, say("{name}: {cause}", name=self._camera.name, cause=self._cause)
        )
        logger.bind(camera=self._camera.id).warning(
            "camera {} lost for {:.0f} s: {}", self._camera.id, away_s, self._cause
        )
        if is_new:
            self._tell("lost", self._cause, away_s)

    def _returned(self, away_s: float) -> None:
        with self._lock:
            told, self._told_s = self._told_s, None
            self._show("live", NOTHING)
        self._telemetry.recover(self.trouble_key)
        if told is not None:
            logger.bind(camera=self._camera.id).info(
                "camera {} is back after {:.0f} s", self._camera.id, away_s
            )
            self._tell("returned", self._cause, away_s)

    def _show(self, state: str, detail: Text, next_try_s: float | None = None) -> None:
        view = self._view
        away_s = time.monotonic() - self._last_s
        view.since = (
            None if state in {"live", "stopped"} else datetime.now(UTC) - timedelta(seconds=away_s)
        )
        view.detail, view.next_try_s, view.state = detail, next_try_s, state

    def _tell(
        self,
        kind: Literal["lost", "returned", "changed", "ended"],
        cause: Text,
        away_s: float | None = None,
    ) -> None:
        self._on_event(CameraEvent(self._camera.id, kind, cause, utc_now(), away_s))
