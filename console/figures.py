"""The figures of the workers and of the lag, sampled once for all widgets, four times a second."""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from pipeline.states import WorkerName, WorkerState
from pipeline.telemetry import TelemetryHub, WorkerSnapshot

if TYPE_CHECKING:
    from console.controller import PipelineController
    from pipeline.kafka.lag import LagSnapshot, LinkLag

RATE_WINDOW_S: Final = 3.0
PART_MS: Final = 12
"""From one `Part` to the next: what a part changes is painted before another one is looked at."""


class Part(IntEnum):
    """Parts of the window's frame, in the order in which they show newer figures.

    All at once, cards, tracks and bars kept the window away for longer than a picture may last.
    """

    TRACKS = 0
    FIRST_CARD = 1
    SECOND_CARD = 2
    THIRD_CARD = 3
    FOURTH_CARD = 4
    STATUS_BAR = 5
    TOP_BAR = 6


class RateMeter:
    """Turns totals that only rise into rates over the last seconds. Pure."""

    def __init__(self, window_s: float = RATE_WINDOW_S) -> None:
        self._window_s = window_s
        self._samples: deque[tuple[float, dict[str, int]]] = deque()

    def add(self, at_s: float, counters: dict[str, int]) -> None:
        """Take in the totals at the monotonic time `at_s`."""
        self._samples.append((at_s, counters))
        while len(self._samples) > 2 and at_s - self._samples[1][0] >= self._window_s:
            self._samples.popleft()

    def per_second(self, name: str) -> float:
        """Return the rate of the counter `name`; 0 until there are two samples."""
        if len(self._samples) < 2:
            return 0.0
        (first_s, first), (last_s, last) = self._samples[0], self._samples[-1]
        span_s = last_s - first_s
        return (last.get(name, 0) - first.get(name, 0)) / span_s if span_s > 0 else 0.0


class Figures(QObject):
    """The newest figures; widgets read them when `updated` is emitted.

    Attributes:
        updated: there are newer ones.
        part_due: carries the `Part` of the window's frame that is to show them now.
    """

    updated = Signal()
    part_due = Signal(int)

    def __init__(
        self, hub: TelemetryHub, controller: PipelineController, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._hub = hub
        self._controller = controller
        self._meters = {name: RateMeter() for name in WorkerName}
        self._snapshots = {name: hub.workers[name].snapshot() for name in WorkerName}
        self._lag: LagSnapshot | None = None
        self._part = 0
        self._parts = QTimer(self)
        self._parts.setTimerType(Qt.TimerType.PreciseTimer)
        self._parts.setInterval(PART_MS)
        self._parts.timeout.connect(self._on_part)

    @property
    def lag(self) -> LagSnapshot | None:
        """The newest lag reading; None while no pipeline is open."""
        return self._lag

    def snapshot(self, name: WorkerName) -> WorkerSnapshot:
        """Return a worker's figures."""
        return self._snapshots[name]

    def reason(self, name: WorkerName) -> str:
        """Return why a worker is as it is at this moment; its state tells only the first reason."""
        status = self._controller.status(name)
        if status.state is WorkerState.DEGRADED:
            return self._snapshots[name].degraded or status.reason
        return status.reason

    def rate(self, name: WorkerName, counter: str) -> float:
        """Return how fast a counter of a worker rises, per second."""
        return self._meters[name].per_second(counter)

    def link(self, name: WorkerName, topic: str, *, old: bool = False) -> LinkLag | None:
        """Return the lag of a worker's group on `topic`; None while it is not known.

        While the broker does not answer, it is known only from before: returned where `old` will do.
        """
        session = self._controller.session
        group = session.group_of(name) if session is not None else None
        if self._lag is None or group is None or not (old or self._lag.broker_ok):
            return None
        return self._lag.links.get((group, topic))

    @Slot()
    def sample(self) -> None:
        """Fetch what is newest, then tell the widgets."""
        for name in WorkerName:
            snapshot = self._hub.workers[name].snapshot()
            self._snapshots[name] = snapshot
            self._meters[name].add(snapshot.taken_at_s, snapshot.counters)
        session = self._controller.session
        self._lag = session.lag.snapshot() if session is not None else None
        self.updated.emit()
        # On a busy machine the parts of the sample before may not be through: they go on.
        if not self._parts.isActive():
            self._part = 0
            self._parts.start()

    @Slot()
    def _on_part(self) -> None:
        part = self._part
        self._part += 1
        if self._part == len(Part):
            self._parts.stop()
        self.part_due.emit(part)
