"""Notes in the timeline what happens to the workers of a process without a window."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from pipeline.messages import utc_now
from pipeline.states import WorkerName
from pipeline.timeline.store import TimelineWriter
from pipeline.timeline.watch import Watch, of_worker

if TYPE_CHECKING:
    from pipeline.session import PipelineSession
    from pipeline.supervisor import StateChange

LOOK_EVERY_S = 1.0


class TimelineRecorder:
    """Looks at cameras and lag once a second, from a thread of its own; a context manager."""

    def __init__(self, session: PipelineSession, writer: TimelineWriter) -> None:
        self._session = session
        self._writer = writer
        self._watch = Watch()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="timeline-watch", daemon=True)

    def note_change(self, change: StateChange) -> None:
        """Note a worker's change of state; from any thread."""
        event = of_worker(change, utc_now())
        if event is not None:
            self._writer.note(event)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._writer.close()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            now = utc_now()
            hub = self._session.hub
            events = self._watch.cameras(list(hub.cameras.values()), list(hub.camera_events), now)
            events += self._watch.lag(self._session.lag.snapshot(), now)
            events += self._watch.keys(hub.workers[WorkerName.SCHEDULER].snapshot().keys, now)
            for event in events:
                self._writer.note(event)
