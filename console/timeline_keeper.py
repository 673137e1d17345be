"""Notes in the timeline what happens to the workers, cameras and lag of this window, and who did it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Slot

from console.background import in_background
from console.context import ConsoleContext
from console.models.alarm_desk import AlarmDesk
from pipeline.states import WorkerName
from pipeline.timeline.events import Event, What
from pipeline.timeline.watch import Watch, of_worker

if TYPE_CHECKING:
    from pipeline.supervisor import StateChange
    from pipeline.timeline.merged import TimelineFilter
    from pipeline.timeline.store import TimelineWriter

LOOK_EVERY: Final = 4
"""Ticks of the figures between two looks: one a second."""

_ASKED: Final = {
    "start_all": What.STARTED_ALL,
    "stop_all": What.STOPPED_ALL,
    "start": What.STARTED,
    "stop": What.STOPPED,
}


class TimelineKeeper(QObject):
    """The window's one writer to the timeline, and what reads it for a view."""

    def __init__(self, context: ConsoleContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._watch = Watch()
        self._ticks = 0
        self._path: Path | None = None
        self._writer: TimelineWriter | None = None
        self._is_closed = False
        controller = context.controller
        controller.state_changed.connect(self._on_state)
        controller.asked.connect(self._on_asked)
        controller.settings_changed.connect(self._on_settings)
        AlarmDesk.of(context).set_aside.connect(self._on_set_aside)
        context.ticker.figures.connect(self._on_tick)

    @classmethod
    def of(cls, context: ConsoleContext) -> TimelineKeeper:
        """Return the window's one keeper, made when it is first asked for."""
        found = context.controller.findChild(cls)
        return found if found is not None else cls(context, context.controller)

    def read(
        self,
        wanted: TimelineFilter,
        on_answer: Callable[[list[Event]], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        """Have the timeline read in the background, newest first."""
        settings = self._context.settings.aggregator

        def work() -> list[Event]:
            from pipeline.aggregation.database import database_path
            from pipeline.aggregation.store import AlarmReader
            from pipeline.timeline.merged import timeline
            from pipeline.timeline.store import timeline_path

            with AlarmReader(database_path(settings)) as alarms:
                return timeline(alarms, timeline_path(), wanted)

        in_background(self, work, on_answer, on_failed)

    def close(self) -> None:
        """Write what is noted, and note nothing more; the last thing before the end."""
        self._is_closed = True
        if self._writer is not None:
            self._writer.close()

    def _note(self, event: Event | None) -> None:
        if event is None or self._is_closed:
            return
        if self._writer is None:
            # Only now: it takes the time of SQLite, which the window has not at its start.
            from pipeline.timeline.store import TimelineWriter, timeline_path

            self._writer = TimelineWriter(timeline_path())
        self._writer.note(event)

    @Slot(object)
    def _on_state(self, change: StateChange) -> None:
        self._note(of_worker(change, datetime.now(UTC)))

    @Slot(str, object)
    def _on_asked(self, what: str, worker: WorkerName | None) -> None:
        who = worker.value if worker is not None else ""
        self._note(Event(datetime.now(UTC), _ASKED[what], who))

    @Slot(object)
    def _on_settings(self, _settings: object) -> None:
        self._note(Event(datetime.now(UTC), What.SETTINGS_CHANGED))

    @Slot(str)
    def _on_set_aside(self, name: str) -> None:
        aggregator = WorkerName.AGGREGATOR.value
        self._note(Event(datetime.now(UTC), What.STORE_SET_ASIDE, aggregator, name))

    @Slot()
    def _on_tick(self) -> None:
        self._ticks += 1
        if self._ticks % LOOK_EVERY:
            return
        now = datetime.now(UTC)
        hub = self._context.hub
        events = self._watch.cameras(list(hub.cameras.values()), list(hub.camera_events), now)
        keys = self._context.figures.snapshot(WorkerName.SCHEDULER).keys
        events += self._watch.keys(keys, now)
        lag = self._context.lag()
        if lag is not None:
            events += self._watch.lag(lag, now)
        for event in events:
            self._note(event)
