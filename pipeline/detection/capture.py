"""One camera: a thread that reads it, and another in its place when that one hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from pipeline.detection.camera_report import CameraReport, OnEvent
from pipeline.detection.capture_run import CaptureRun
from pipeline.detection.frames import FrameInbox
from pipeline.detection.playback import CameraParts
from pipeline.detection.source_kinds import SourceKind, source_kind
from pipeline.detection.sources import Reader, open_source
from pipeline.settings_cameras import CameraSettings
from pipeline.telemetry import CameraView, WorkerTelemetry
from pipeline.texts import say

STALL_S: Final = 30.0
"""Without a sign of life for longer than every time limit of OpenCV, a thread hangs for good."""
MAX_HANGING: Final = 3
"""So many threads are left to themselves; a driver that hangs every time must not pile them up."""
ON_DISK: Final = frozenset({SourceKind.DEMO, SourceKind.FILE, SourceKind.FOLDER})


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
        on_event: OnEvent = lambda _event: None,
        open_reader: Callable[[CameraSettings], Reader] = open_source,
    ) -> None:
        self.camera = camera
        self._view = view
        self._telemetry = telemetry
        self._open_reader = open_reader
        self._report = CameraReport(camera, view, telemetry, on_event)
        self._parts = CameraParts(camera, view, self._report, inbox, telemetry)
        self._current: CaptureRun | None = None
        self._hanging: list[threading.Thread] = []
        self._has_given_up = False

    @property
    def is_live(self) -> bool:
        """Whether pictures arrive."""
        return self._view.state == "live"

    def start(self) -> None:
        """Begin to read, in a new thread."""
        self._start(failures=0)

    def _start(self, failures: int) -> None:
        run = CaptureRun(self._parts, self._open_reader, failures)
        self._current = run
        run.thread.start()

    def watch(self) -> None:
        """Tell of a camera that stalls or stays away, and replace a thread that hangs.

        Called about once a second.
        """
        self._report.watch()
        run = self._current
        if run is None or not run.thread.is_alive() or run.silent_s() < STALL_S:
            return
        self._hanging = [thread for thread in self._hanging if thread.is_alive()]
        if len(self._hanging) < MAX_HANGING:
            self._has_given_up = False
            run.stop.set()
            self._hanging.append(run.thread)
            self._telemetry.count("captures_abandoned")
            self._report.abandoned(
                say("no sign of life for {seconds} s; it is opened anew", seconds=f"{STALL_S:.0f}"),
                is_final=False,
            )
            self._start(failures=1)
        elif not self._has_given_up:
            self._has_given_up = True
            self._report.abandoned(
                say(
                    "its driver or network hung {times} times; unplug it, or restart Signalbox",
                    times=MAX_HANGING,
                ),
                is_final=True,
            )

    def reopen(self) -> None:
        """Open a camera or stream anew, with no wait: the computer slept.

        What was connected before is dead without a sign of it until a time limit is over, and what
        was waiting may wait for long. The thread of before is left to end by itself.
        """
        run = self._current
        plays_on = self.is_live and source_kind(self.camera.source) in ON_DISK
        if run is None or plays_on or not run.thread.is_alive():
            return
        self._hanging = [thread for thread in self._hanging if thread.is_alive()]
        if len(self._hanging) < MAX_HANGING:
            run.stop.set()
            self._hanging.append(run.thread)
            self._start(failures=0)

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
        self._report.stopped()
        return not run.thread.is_alive()
