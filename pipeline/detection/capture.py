"""One camera: a thread that reads it, paces files, reconnects, and is replaced when it hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from loguru import logger

from pipeline.detection.frames import CapturedFrame, FrameInbox
from pipeline.detection.live_view import LiveView
from pipeline.detection.pacing import Pacer, Sampler
from pipeline.detection.sources import Reader, SourceError, open_source
from pipeline.messages import utc_now
from pipeline.priority import give_way
from pipeline.redact import redact_text
from pipeline.settings_cameras import CameraSettings
from pipeline.telemetry import CameraView, WorkerTelemetry

FIRST_DELAY_S: Final = 1.0
MAX_DELAY_S: Final = 30.0
MAX_DOUBLINGS: Final = 10
STEADY_S: Final = 10.0
"""A camera that was live for this long starts again with the shortest delay."""
BLIP_ATTEMPTS: Final = 2
"""Failures in a row before the worker counts as degraded; a camera that blinks is no news."""
TOLD_FAILURES: Final = 3
TOLD_AGAIN_EVERY: Final = 20
"""Failures in a row that are logged as warnings: the first ones, and one in about ten minutes."""
STALL_S: Final = 30.0
"""Without a sign of life for longer than every time limit of OpenCV, a thread hangs for good."""
MAX_HANGING: Final = 3
"""So many threads are left to themselves; a driver that hangs every time must not pile them up."""


class CameraCapture:
    """Reads one camera in a thread of its own.

    Attributes:
        camera: its settings.
    """

    def __init__(
        self,
        camera: CameraSettings,
        view: CameraView,
        inbox: FrameInbox,
        telemetry: WorkerTelemetry,
        open_reader: Callable[[CameraSettings], Reader] = open_source,
    ) -> None:
        self.camera = camera
        self._view = view
        self._inbox = inbox
        self._telemetry = telemetry
        self._open_reader = open_reader
        self._current: _CaptureRun | None = None
        self._hanging: list[threading.Thread] = []

    @property
    def is_live(self) -> bool:
        """Whether pictures arrive."""
        return self._view.state == "live"

    def start(self) -> None:
        """Begin to read, in a new thread."""
        self._start(failures=0)

    def _start(self, failures: int) -> None:
        run = _CaptureRun(
            self.camera, self._view, self._inbox, self._telemetry, self._open_reader, failures
        )
        self._current = run
        run.thread.start()

    def replace_if_hanging(self) -> None:
        """Start another thread when this one has been inside OpenCV for too long.

        The hanging one is left to itself; should it ever wake, it ends.
        """
        run = self._current
        if run is None or not run.thread.is_alive() or run.silent_s() < STALL_S:
            return
        self._hanging = [thread for thread in self._hanging if thread.is_alive()]
        if len(self._hanging) < MAX_HANGING:
            run.abandon()
            self._hanging.append(run.thread)
            self._start(failures=1)

    def request_stop(self) -> None:
        """Ask the thread to end; returns at once."""
        if self._current is not None:
            self._current.stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; return whether it did."""
        run = self._current
        if run is None:
            return True
        run.thread.join(timeout_s)
        self._view.state, self._view.detail, self._view.shown_fps = "stopped", "", 0.0
        return not run.thread.is_alive()


class _CaptureRun:
    """One thread of one camera. After `stop` is set it touches nothing shared any more."""

    def __init__(
        self,
        camera: CameraSettings,
        view: CameraView,
        inbox: FrameInbox,
        telemetry: WorkerTelemetry,
        open_reader: Callable[[CameraSettings], Reader],
        failures: int,
    ) -> None:
        self._camera = camera
        self._view = view
        self._inbox = inbox
        self._telemetry = telemetry
        self._open_reader = open_reader
        self._live_view = LiveView(view)
        self._sampler = Sampler(camera.detections_per_second)
        # Begins where no earlier run of this camera can have been.
        self._scene = time.monotonic_ns()
        self._failures = failures
        self._sign_s = time.monotonic()
        self.stop = threading.Event()
        # A daemon, since nothing can end a thread that hangs inside a camera's driver.
        self.thread = threading.Thread(target=self._run, name=f"capture-{camera.id}", daemon=True)

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
                    self._wait_and_retry(str(error))
                except Exception as error:  # noqa: BLE001 - a camera must not die unnoticed
                    logger.opt(exception=error).error("camera {} failed", self._camera.id)
                    self._wait_and_retry(f"unexpected failure ({type(error).__name__})")
                else:
                    return

    def _connect_and_play(self) -> None:
        """Play until stopped, or to the end of a file that is not to be repeated."""
        if self._failures == 0:
            self._show("connecting", "")
        reader = self._open_reader(self._camera)
        try:
            if not self.stop.is_set():
                logger.info("camera {} opened: {}", self._camera.id, reader.description)
                self._play(reader)
        finally:
            reader.close()
        if not self.stop.is_set():
            self._telemetry.recover(self._trouble_key)
            self._show("stopped", "the file was played to its end")
            logger.info("camera {}: the file was played to its end", self._camera.id)

    def _play(self, reader: Reader) -> None:
        pacer = Pacer(reader.rate)
        began_s = time.monotonic()
        in_this_round = 0
        self._scene += 1
        while not self.stop.is_set():
            for _ in range(pacer.wait(self.stop)):
                reader.grab()
                self._telemetry.count("frames_read")
            grabbed = reader.grab()
            self._sign_s = time.monotonic()
            if self.stop.is_set():
                return
            if grabbed:
                self._pass_on(reader, self._sign_s)
                in_this_round += 1
                if self._failures and self._sign_s - began_s > STEADY_S:
                    self._failures = 0
                continue
            if not self._camera.loop:
                return
            if not in_this_round:
                raise SourceError(f"{reader.description}: holds no picture")
            reader.rewind()
            pacer = Pacer(reader.rate)
            in_this_round = 0
            self._scene += 1

    def _pass_on(self, reader: Reader, captured_s: float) -> None:
        """Take the picture that was grabbed if it is wanted, for the window or for detection."""
        self._telemetry.count("frames_read")
        is_due = self._sampler.is_due(captured_s)
        if self._view.state == "live" and not is_due and self._view.wanted_size is None:
            return
        picture = reader.retrieve()
        if self._view.state != "live":
            self._telemetry.recover(self._trouble_key)
            self._show("live", "")
        self._live_view.offer(picture, captured_s)
        if is_due:
            frame = CapturedFrame(self._camera.id, picture, captured_s, utc_now(), self._scene)
            if self._inbox.offer(frame):
                self._telemetry.count("frames_dropped")

    def abandon(self) -> None:
        """Leave the thread to itself, and say so; called from another thread."""
        self.stop.set()
        reason = f"no sign of life for {STALL_S:.0f} s; it is opened anew"
        self._show("reconnecting", reason)
        logger.warning("camera {}: {}", self._camera.id, reason)
        self._telemetry.degrade(self._trouble_key, f"{self._camera.name}: {reason}")

    def _wait_and_retry(self, text: str) -> None:
        """Tell the window, the log and, unless it is a blip, the worker's condition; then wait."""
        if self.stop.is_set():
            return
        delay_s = min(MAX_DELAY_S, FIRST_DELAY_S * 2 ** min(self._failures, MAX_DOUBLINGS))
        self._failures += 1
        reason = redact_text(text)
        self._show("reconnecting", f"{reason}; next try in {delay_s:.0f} s")
        told = self._failures <= TOLD_FAILURES or self._failures % TOLD_AGAIN_EVERY == 0
        logger.log(
            "WARNING" if told else "DEBUG",
            "camera {}: {}; next try in {:.0f} s",
            self._camera.id,
            reason,
            delay_s,
        )
        if self._failures >= BLIP_ATTEMPTS:
            self._telemetry.degrade(self._trouble_key, f"{self._camera.name}: {reason}")
        self._pause(delay_s)

    @property
    def _trouble_key(self) -> str:
        return f"camera {self._camera.id}"

    def _show(self, state: str, detail: str) -> None:
        self._view.state, self._view.detail = state, detail

    def _pause(self, delay_s: float) -> None:
        """Wait for the next try, with signs of life."""
        until_s = time.monotonic() + delay_s
        while not self.stop.wait(max(0.0, min(1.0, until_s - time.monotonic()))):
            self._sign_s = time.monotonic()
            if self._sign_s >= until_s:
                return
