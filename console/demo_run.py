"""Watches a demo: measures it, takes the picture, ends it in time."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Final

import psutil
from loguru import logger
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QPixmap

from console.app import Console
from console.demo_report import DemoReport
from console.main_window import DEFAULT_SIZE
from console.ui_gap import GapSummary
from pipeline.paths import shown
from pipeline.states import WorkerName, WorkerState

SETTLE_S: Final = 3.0
"""After everything shows a picture for the first time, until measuring begins."""

PICTURE_WINDOW_S: Final = 8.0
"""With a duration: the picture is taken in this last part, as soon as it shows everything."""

ALIVE_TIMEOUT_S: Final = 120.0
"""Without a duration: how long to wait for a picture that shows everything."""

LAST_MOMENT_S: Final = 1.0


class DemoRun(QObject):
    """One demo, from the first paint to the end.

    Attributes:
        report: figures; there once the run has ended.
    """

    def __init__(
        self,
        console: Console,
        duration_s: float | None,
        screenshot: Path | None,
        *,
        steady_for_s: float | None = None,
    ) -> None:
        """Begin.

        Args:
            console: the running program.
            duration_s: when to end, from now; None: when it is closed.
            screenshot: where to save a picture of the window; without a duration the run ends then.
            steady_for_s: end when it was measured for so long.
        """
        super().__init__(console)
        self._steady_for_s = steady_for_s
        self._console = console
        self._duration_s = duration_s
        self._screenshot = screenshot
        self._began_s = time.monotonic()
        self._ready_s: float | None = None
        self._steady_s: float | None = None
        self._sequences: dict[str, int] = {}
        self._shown: Counter[str] = Counter()
        self._detected_before = 0
        self._gap_startup = GapSummary(0.0, 0.0, 0.0, 0)
        self._process = psutil.Process()
        self._cpu_before = 0.0
        self._memory_peak = 0
        self._pictured = False
        self._failures: list[str] = []
        self.report: DemoReport | None = None
        if screenshot is not None:
            console.window.resize(DEFAULT_SIZE)
            console.window.track.set_folded(False)
        console.context.ticker.frames.connect(self._on_frames)
        console.context.figures.updated.connect(self._on_figures)
        console.window.shutdown.finished.connect(self._finish)

    # ------------------------------------------------------------------ measuring
    @Slot()
    def _on_frames(self) -> None:
        for name, view in list(self._console.context.hub.cameras.items()):
            frame = view.frame
            if frame is not None and frame.sequence != self._sequences.get(name):
                self._sequences[name] = frame.sequence
                self._shown[name] += 1

    @Slot()
    def _on_figures(self) -> None:
        now_s = time.monotonic()
        self._memory_peak = max(self._memory_peak, self._process.memory_info().rss)
        if self._ready_s is None and self._is_alive():
            self._ready_s = now_s
            logger.success("the demo is alive after {:.1f} s", now_s - self._began_s)
        ready_s = self._ready_s
        if self._steady_s is None and ready_s is not None and now_s - ready_s >= SETTLE_S:
            self._begin_measuring(now_s)
        self._look_for_the_end(now_s)

    def _begin_measuring(self, now_s: float) -> None:
        self._steady_s = now_s
        self._gap_startup = self._console.ui_gap.restart()
        self._shown.clear()
        self._detected_before = self._count(WorkerName.DETECTION, "frames_detected")
        self._cpu_before = self._cpu_s()

    def _cpu_s(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _count(self, name: WorkerName, counter: str) -> int:
        return self._console.context.figures.snapshot(name).counters.get(counter, 0)

    def _is_alive(self) -> bool:
        """Whether every worker is at work and every camera shows a picture."""
        context = self._console.context
        at_work = {WorkerState.RUNNING, WorkerState.DEGRADED}
        cameras = [camera.id for camera in context.settings.cameras if camera.enabled]
        return all(state in at_work for state in context.controller.states().values()) and all(
            camera in self._sequences for camera in cameras
        )

    def _shows_everything(self) -> bool:
        """Whether a picture of the window would show boxes on every camera, and an alarm."""
        context = self._console.context
        overlays = [view.overlay for view in list(context.hub.cameras.values())]
        boxes = all(overlay is not None and overlay.boxes for overlay in overlays)
        return self._is_alive() and boxes and self._count(WorkerName.AGGREGATOR, "alarms") > 0

    # ------------------------------------------------------------------ the end
    def _look_for_the_end(self, now_s: float) -> None:
        if self._console.window.shutdown.begun:
            return
        run_s = now_s - self._began_s
        if self._steady_for_s is not None:
            steady_s = now_s - self._steady_s if self._steady_s is not None else 0.0
            if steady_s >= self._steady_for_s:
                self._end()
            elif self._steady_s is None and run_s > ALIVE_TIMEOUT_S:
                self._failures.append("not everything came alive in time")
                self._end()
            return
        if self._duration_s is None:
            if self._screenshot is not None:
                self._end_when_alive(run_s)
            return
        left_s = self._duration_s - run_s
        due = self._screenshot is not None and left_s < PICTURE_WINDOW_S and not self._pictured
        if due and (self._shows_everything() or left_s < LAST_MOMENT_S):
            self._take_picture()
        if left_s <= 0:
            self._end()

    def _end_when_alive(self, run_s: float) -> None:
        settled = self._steady_s is not None
        if settled and self._shows_everything():
            self._take_picture()
            self._end()
        elif run_s > ALIVE_TIMEOUT_S:
            self._failures.append("not everything came alive in time for the picture")
            self._take_picture()
            self._end()

    def _take_picture(self) -> None:
        self._pictured = True
        if self._screenshot is None:
            return
        # Measured up to here: saving the picture would count as a gap of the window.
        self._measure()
        pixmap: QPixmap = self._console.window.grab()
        self._screenshot.parent.mkdir(parents=True, exist_ok=True)
        if pixmap.save(str(self._screenshot), "PNG"):
            logger.info("picture of the window: {}", shown(self._screenshot))
        else:
            self._failures.append(f"the picture could not be written to {self._screenshot}")

    def _end(self) -> None:
        self._measure()
        self._console.quit(hurry=False)

    def _measure(self) -> None:
        """Make the report, once."""
        if self.report is not None:
            return
        now_s = time.monotonic()
        steady_s = now_s - self._steady_s if self._steady_s is not None else 0.0
        per_second = 1 / steady_s if steady_s > 0 else 0.0
        context = self._console.context
        names = {camera.id: camera.name for camera in context.settings.cameras}
        cores = psutil.cpu_count() or 1
        detected = self._count(WorkerName.DETECTION, "frames_detected") - self._detected_before
        self.report = DemoReport(
            startup_s=self._ready_s - self._began_s if self._ready_s is not None else None,
            steady_s=steady_s,
            shown_fps={
                names.get(camera, camera): count * per_second
                for camera, count in sorted(self._shown.items())
            },
            detected_fps=detected * per_second,
            gap_startup=self._gap_startup,
            gap_steady=self._console.ui_gap.total.summary(),
            cpu_percent=(self._cpu_s() - self._cpu_before) * per_second / cores * 100,
            cores=cores,
            memory_bytes=self._process.memory_info().rss,
            memory_peak_bytes=self._memory_peak,
            alarms=self._count(WorkerName.AGGREGATOR, "alarms"),
            dead_letters=sum(self._count(name, "dead_lettered") for name in WorkerName),
        )

    @Slot()
    def _finish(self) -> None:
        """Say what went wrong, now that everything has stopped."""
        self._measure()
        controller = self._console.context.controller
        for name in WorkerName:
            failure = controller.status(name).last_failure
            if failure is not None:
                self._failures.append(f"{name.value}: {failure.reason}")
        if controller.session_error:
            self._failures.append(controller.session_error)
        elif self._duration_s is not None and self._ready_s is None:
            self._failures.append("not every worker and camera came alive")
        if self.report is not None and self._failures:
            from dataclasses import replace

            self.report = replace(self.report, failures=tuple(self._failures))
