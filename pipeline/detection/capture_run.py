"""The thread of one camera: opens it, plays it, and tries again when it fails."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Final

from loguru import logger

from pipeline.detection.pacing import reconnect_delay_s
from pipeline.detection.playback import CameraParts, Playback
from pipeline.detection.sources import Reader, SourceError
from pipeline.priority import give_way
from pipeline.settings_cameras import CameraSettings
from pipeline.texts import Text, say, words_of

STEADY_S: Final = 10.0
"""A camera that was live for this long starts again with the shortest delay."""


class CaptureRun:
    """One thread of one camera. After `stop` is set it touches nothing shared any more.

    Args:
        parts: of the camera.
        open_reader: opens its source.
        failures: tries in a row that failed before.
    """

    def __init__(
        self,
        parts: CameraParts,
        open_reader: Callable[[CameraSettings], Reader],
        failures: int,
    ) -> None:
        self._parts = parts
        self._open_reader = open_reader
        self._failures = failures
        # Begins where no earlier run of this camera can have been.
        self._scenes = itertools.count(time.monotonic_ns())
        self._sign_s = time.monotonic()
        self._began_s = self._sign_s
        self.stop = threading.Event()
        # A daemon, since nothing can end a thread that hangs inside a camera's driver.
        self.thread = threading.Thread(
            target=self._run, name=f"capture-{parts.camera.id}", daemon=True
        )

    def silent_s(self) -> float:
        """Return seconds since the thread was last outside OpenCV."""
        return time.monotonic() - self._sign_s

    def _run(self) -> None:
        give_way()
        with logger.contextualize(worker="detection"):
            while not self.stop.is_set():
                try:
                    self._connect_and_play()
                except SourceError as error:
                    self._wait_and_retry(words_of(error))
                except Exception as error:  # noqa: BLE001 - a camera must not die unnoticed
                    logger.opt(exception=error).error("camera {} failed", self._parts.camera.id)
                    self._wait_and_retry(
                        say("unexpected failure ({error})", error=type(error).__name__)
                    )
                else:
                    return

    def _connect_and_play(self) -> None:
        """Play until stopped, or to the end of a file that is not to be repeated."""
        report = self._parts.report
        if self._failures == 0:
            report.connecting()
        reader = self._open_reader(self._parts.camera)
        try:
            if not self.stop.is_set():
                logger.info("camera {} opened: {}", self._parts.camera.id, reader.description)
                report.opened(reader.codec)
                self._sign_s = self._began_s = time.monotonic()
                Playback(self._parts, reader, self.stop, self._scenes, self._on_sign).run()
        finally:
            reader.close()
        if not self.stop.is_set():
            report.ended()

    def _on_sign(self, now_s: float) -> None:
        self._sign_s = now_s
        if self._failures and now_s - self._began_s > STEADY_S:
            self._failures = 0

    def _wait_and_retry(self, text: Text) -> None:
        if self.stop.is_set():
            return
        delay_s = reconnect_delay_s(self._failures)
        self._failures += 1
        until_s = time.monotonic() + delay_s
        self._parts.report.failed(text, until_s, delay_s)
        while not self.stop.wait(max(0.0, min(1.0, until_s - time.monotonic()))):
            self._sign_s = time.monotonic()
            if self._sign_s >= until_s:
                return
