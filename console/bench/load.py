"""The console under load: real cameras, four workers, a flood of log lines.

python -m console.bench.load VIDEO CAMERAS SECONDS LINES_PER_S
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Final

from loguru import logger

from console.app import Console, Launch, run
from console.demo_run import DemoRun
from console.main_window import DEFAULT_SIZE
from pipeline.settings import Settings
from pipeline.settings_cameras import CameraSettings

FLOOD_STEP_S: Final = 0.01
OFFSET_STEP_S: Final = 0.7
"""So that the cameras do not all show the same frame."""

WORKERS: Final = ("detection", "generator", "scheduler", "aggregator", "kafka")


def settings(video: Path, cameras: int) -> Settings:
    """Return a profile in which `video` plays as several cameras."""
    return Settings(
        cameras=tuple(
            CameraSettings(
                id=f"cam-{number}",
                name=f"Camera {number}",
                source=str(video),
                start_offset_s=(number - 1) * OFFSET_STEP_S % 8,
            )
            for number in range(1, cameras + 1)
        )
    )


class LogFlood(threading.Thread):
    """Logs at an even rate until it is stopped, through every sink, as workers do."""

    def __init__(self, lines_per_s: int) -> None:
        super().__init__(name="flood", daemon=True)
        self._per_step = max(1, round(lines_per_s * FLOOD_STEP_S))
        self._stop_asked = threading.Event()

    def run(self) -> None:
        number = 0
        due_s = time.monotonic()
        while not self._stop_asked.is_set():
            for _ in range(self._per_step):
                number += 1
                worker = WORKERS[number % len(WORKERS)]
                level = "WARNING" if number % 50 == 0 else "INFO"
                logger.bind(worker=worker).log(
                    level, "camera {}: frame {} took {} ms", number % 16, number, number % 37
                )
            due_s += FLOOD_STEP_S
            self._stop_asked.wait(max(0.0, due_s - time.monotonic()))

    def stop(self) -> None:
        """End it; returns when it has."""
        self._stop_asked.set()
        self.join()


def main() -> int:
    """Run, and print the report as JSON."""
    video, cameras, seconds, lines_per_s = sys.argv[1:5]
    runs: list[DemoRun] = []
    flood = LogFlood(int(lines_per_s))

    def on_ready(console: Console) -> None:
        console.window.resize(DEFAULT_SIZE)
        runs.append(DemoRun(console, None, None, steady_for_s=float(seconds)))
        flood.start()

    launch = Launch(
        settings(Path(video), int(cameras)),
        kind="bench",
        start_all=True,
        page="live",
        on_ready=on_ready,
    )
    code = run(launch)
    flood.stop()
    if not runs or runs[0].report is None:
        return code or 1
    sys.stdout.write(runs[0].report.to_json(indent=None) + "\n")
    return 0 if runs[0].report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
