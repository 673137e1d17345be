"""A million log lines: how fast they are taken, what they weigh, how long a filter takes.

python -m console.bench.log_rows ROWS
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
from datetime import datetime
from typing import Any, Final

import psutil
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from console.app import SWITCH_INTERVAL_S
from console.context import ConsoleContext
from console.controller import PipelineController
from console.figures import Figures
from console.models.log_filter import LogFilter
from console.theme.theme import ThemeManager
from console.ticker import Ticker
from console.ui_gap import UiGap
from console.widgets.log_pane import LogPane
from pipeline.log_ring import LogRing
from pipeline.settings import Settings
from pipeline.telemetry import TelemetryHub

FILTERS: Final = {
    "level": LogFilter("ERROR"),
    "rare text": LogFilter("TRACE", text="frame 99999"),
    "text of every line": LogFilter("TRACE", text="request"),
    "pattern": LogFilter("TRACE", text=r"in 1\d ms", regex=True),
    "none": LogFilter("TRACE"),
}


def fill(ring: LogRing, rows: int) -> None:
    """Append lines as they are in real life: 80 characters, one error in a hundred."""
    now = datetime.now().astimezone()
    for number in range(rows):
        level = "INFO" if number % 100 else "ERROR"
        worker = "detection" if number % 2 else "kafka"
        text = f"camera {number % 16}: frame {number} in {number % 37} ms, request 8f2c-{number}"
        ring.append(now, level, worker, text)


def measure(rows: int) -> dict[str, Any]:
    """Fill a ring behind a pane that follows it, then filter it in every way."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    app = QApplication(sys.argv[:1])
    hub = TelemetryHub()
    controller = PipelineController(Settings(), hub)
    context = ConsoleContext(
        hub=hub,
        theme=ThemeManager(app, "dark"),
        controller=controller,
        ticker=Ticker(controller),
        log_ring=LogRing(rows),
        figures=Figures(hub, controller, controller),
    )
    pane = LogPane(context)
    pane.resize(1200, 800)
    pane.show()
    gap = UiGap()
    gap.start()
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    figures: dict[str, Any] = {"rows": rows}
    pane.set_filter(LogFilter("TRACE"))
    began_s = time.perf_counter()
    writer = threading.Thread(target=fill, args=(context.log_ring, rows))
    writer.start()
    _wait(lambda: not writer.is_alive() and pane.row_count == rows)
    writer.join()
    figures["appendedPerS"] = rows / (time.perf_counter() - began_s)
    figures["appendGapMaxMs"] = gap.restart().maximum
    gc.collect()
    figures["bytesPerRow"] = (process.memory_info().rss - before) / rows
    figures["filters"] = {}
    for name, wanted in FILTERS.items():
        gap.restart()
        began_s = time.perf_counter()
        done = QEventLoop()
        pane.progressed.connect(lambda share, done=done: done.quit() if share >= 1 else None)
        pane.set_filter(wanted)
        done.exec()
        seconds = time.perf_counter() - began_s
        figures["filters"][name] = {
            "seconds": seconds,
            "gapMaxMs": gap.restart().maximum,
            "found": pane.row_count,
        }
    return figures


def _wait(condition: Any) -> None:
    loop = QEventLoop()
    timer = QTimer()
    timer.setInterval(20)
    timer.timeout.connect(lambda: loop.quit() if condition() else None)
    timer.start()
    loop.exec()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]))) + "\n")
