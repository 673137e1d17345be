"""The window while the scheduler asks a model in the same process: how long it was away.

python -m console.bench.scheduler_gap SLOTS,SLOTS WAVES LATENCY_MS PICTURE_BYTES
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject

from console.app import Console, Launch, run
from console.background import in_background
from console.bench import gui
from console.main_window import DEFAULT_SIZE
from console.ui_gap import GapSummary
from pipeline.bench import scheduler
from pipeline.settings import Settings

PAGE: Final = "pipeline"
"""Shows the scheduler's figures, so that the window has to do with what runs."""


class _Rounds(QObject):
    """Runs the rounds in a thread beside the window, and ends the program after the last."""

    def __init__(self, console: Console, plan: scheduler.Plan) -> None:
        super().__init__(console)
        self._console = console
        self._plan = plan
        self._gaps: list[GapSummary] = []
        self.figures: dict[str, Any] | None = None

    def start(self) -> None:
        self._console.window.resize(DEFAULT_SIZE)
        in_background(self, self._run, self._take, self._fail, own_thread=True)

    def _run(self) -> list[scheduler.Side]:
        return scheduler.run_beside(self._plan, self._console.context.hub, self._watched)

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        self._console.ui_gap.restart()
        yield
        self._gaps.append(self._console.ui_gap.restart())

    def _take(self, sides: list[scheduler.Side]) -> None:
        self.figures = {
            "rounds": [
                {"slots": slots, "perS": side.used.per_s, "cpuMs": side.cpu_ms, "gap": asdict(gap)}
                for slots, side, gap in zip(self._plan.slots, sides, self._gaps, strict=True)
            ]
        }
        self._console.quit(0)

    def _fail(self, error: Exception) -> None:
        sys.stderr.write(f"{error}\n")
        self._console.quit(1)


def beside_a_window(plan: scheduler.Plan) -> dict[str, Any]:
    """Run one round for each number of slots in a process that has a window.

    Returns:
        Under ``rounds``, for each: slots, requests per second, processor time for each (ms), and
        the gaps of the window (`console.ui_gap.GapSummary`, ms).

    Raises:
        console.bench.gui.GuiBenchError: it gave no figures.
    """
    slots = ",".join(map(str, plan.slots))
    numbers = map(str, (plan.waves, plan.latency_ms, plan.picture_bytes))
    with tempfile.TemporaryDirectory(prefix="signalbox-bench-") as folder:
        return gui.child(Path(folder), "scheduler_gap", slots, *numbers)


def to_text(figures: dict[str, Any]) -> str:
    """Return the figures for people."""
    lines = []
    for one in figures["rounds"]:
        gap = one["gap"]
        lines.append(
            f"{one['slots']:4} in flight beside a window: {one['perS']:.4g}/s, {one['cpuMs']:.2f} ms "
            f"CPU per request; UI gap p50 {gap['p50']:.1f} ms, p99 {gap['p99']:.1f} ms, "
            f"max {gap['maximum']:.1f} ms of {gap['count']}"
        )
    return "\n".join(lines)


def main() -> int:
    """Run, and print the figures as JSON."""
    slots, waves, latency_ms, picture_bytes = sys.argv[1:5]
    plan = scheduler.Plan(
        slots=tuple(map(int, slots.split(","))),
        waves=int(waves),
        latency_ms=int(latency_ms),
        picture_bytes=int(picture_bytes),
    )
    made: list[_Rounds] = []

    def on_ready(console: Console) -> None:
        made.append(_Rounds(console, plan))
        made[0].start()

    code = run(Launch(Settings(), kind="bench", page=PAGE, on_ready=on_ready))
    if not made or made[0].figures is None:
        return code or 1
    sys.stdout.write(json.dumps(made[0].figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
