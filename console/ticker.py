"""The pace at which the window looks at the pipeline: pictures and figures, on two timers."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal

TICKS_PER_SECOND: Final = 60
FIGURES_PER_SECOND: Final = 4


class Ticker(QObject):
    """Tells widgets when to fetch what is newest; carries nothing itself.

    Attributes:
        frames: fetch pictures, of every second tile in turn: 30 times a second each.
        figures: fetch counters, lag, log lines, alarms; 4 times a second.
    """

    frames = Signal()
    figures = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frames = self._timer(TICKS_PER_SECOND, Qt.TimerType.PreciseTimer)
        self._frames.timeout.connect(self.frames)
        self._figures = self._timer(FIGURES_PER_SECOND, Qt.TimerType.CoarseTimer)
        self._figures.timeout.connect(self.figures)

    def _timer(self, per_second: int, kind: Qt.TimerType) -> QTimer:
        timer = QTimer(self)
        timer.setTimerType(kind)
        timer.setInterval(1000 // per_second)
        return timer

    def start(self) -> None:
        """Start ticking; after the first paint."""
        self._frames.start()
        self._figures.start()

    def stop(self) -> None:
        """Stop ticking; before the widgets go."""
        self._frames.stop()
        self._figures.stop()
