"""A bare PySide6 window, to compare with: how soon it paints, and how evenly its timer beats.

python -m console.bench.bare_window start
python -m console.bench.bare_window beat SECONDS
"""

from __future__ import annotations

import json
import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel


class _Window(QLabel):
    """Notes when it was painted for the first time."""

    painted_s: float | None = None

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.painted_s is None:
            self.painted_s = time.monotonic()
            QTimer.singleShot(0, QApplication.quit)


def start() -> dict[str, float | None]:
    """Open a window; return when it was painted, as monotonic seconds."""
    app = QApplication(sys.argv[:1])
    window = _Window("Signalbox")
    window.resize(1440, 900)
    window.show()
    app.exec()
    return {"paintedS": window.painted_s}


def beat(seconds: float) -> dict[str, float]:
    """Let the timer of `console.ui_gap` beat with nothing else to do; return its gaps in ms."""
    from console.ui_gap import UiGap

    app = QApplication(sys.argv[:1])
    gap = UiGap()
    gap.start()
    QTimer.singleShot(round(seconds * 1000), app.quit)
    app.exec()
    summary = gap.total.summary()
    return {"p99Ms": summary.p99, "maxMs": summary.maximum}


if __name__ == "__main__":
    figures = start() if sys.argv[1] == "start" else beat(float(sys.argv[2]))
    sys.stdout.write(json.dumps(figures) + "\n")
