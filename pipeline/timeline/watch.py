"""Turns what can be seen of cameras, workers and lag into events. Pure; the time is handed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pipeline.states import WorkerName, WorkerState
from pipeline.telemetry import SWITCHED_OFF
from pipeline.texts import say
from pipeline.timeline.events import Event, What

if TYPE_CHECKING:
    from pipeline.kafka.lag import LagSnapshot
    from pipeline.supervisor import StateChange
    from pipeline.telemetry import CameraEvent, CameraView, KeyView

PATIENCE: Final = timedelta(seconds=3)
"""What lasts no longer is no event. Which loss of a camera is one, its own events say."""

_WORKER: Final = {
    WorkerState.RUNNING: What.WORKER_RUNNING,
    WorkerState.DEGRADED: What.WORKER_DEGRADED,
    WorkerState.BACKOFF: What.WORKER_RESTARTING,
    WorkerState.FAILED: What.WORKER_FAILED,
    WorkerState.STOPPED: What.WORKER_STOPPED,
}
_LAG: Final = {"ok": What.LAG_OK, "warn": What.LAG_GROWS, "stall": What.LAG_STALLED}
_QUIET_AT_FIRST: Final = frozenset({What.LAG_OK, What.BROKER_BACK})
"""No news, unless it was otherwise before."""


def of_worker(change: StateChange, at: datetime) -> Event | None:
    """Return the event of a worker's change; None for one on the way to another."""
    what = _WORKER.get(change.new)
    return Event(at, what, change.worker.value, change.reason) if what is not None else None


@dataclass(slots=True)
class _Seen:
    """What somebody is like, as told, and as seen since."""

    told: What | None = None
    now: What | None = None
    since: datetime | None = None
    detail: str = ""


class Watch:
    """Looks at cameras and lag again and again; tells of what has become different and stays so."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._last: CameraEvent | None = None
        self._disabled: dict[str, str] = {}

    def cameras(
        self, views: Iterable[CameraView], happened: Sequence[CameraEvent], now: datetime
    ) -> list[Event]:
        """Return what happened to the cameras.

        Args:
            views: how they are; tells of those that give pictures for the first time.
            happened: the newest losses and returns, oldest first, with those of calls before. A
                camera that was lost and came back between two looks is told by them alone.
            now: when this is.
        """
        events = []
        for one in self._new(happened):
            if one.kind == "lost":
                began = one.at - timedelta(seconds=one.away_s or 0.0)
                events.append(self._tell(one.camera_id, What.CAMERA_LOST, one.cause, began))
            elif one.kind == "returned":
                events.append(self._tell(one.camera_id, What.CAMERA_LIVE, "", one.at))
        for view in views:
            what = What.CAMERA_LIVE if view.state == "live" else None
            event = self._note(view.camera_id, what, "", now)
            if event is not None:
                events.append(event)
        return events

    def _new(self, happened: Sequence[CameraEvent]) -> list[CameraEvent]:
        """Return what was not among the events of the call before; of old ones, many are gone."""
        new: list[CameraEvent] = []
        for one in reversed(happened):
            if one is self._last:
                break
            new.append(one)
        if happened:
            self._last = happened[-1]
        return new[::-1]

    def _tell(self, who: str, what: What, detail: str, at: datetime) -> Event:
        self._seen[who] = _Seen(what, what, at, detail)
        return Event(at, what, who, detail)

    def lag(self, snapshot: LagSnapshot, now: datetime) -> list[Event]:
        """Return what happened to the lag of each group and topic, and to the broker."""
        if not snapshot.taken_at_s:
            return []
        broker = What.BROKER_BACK if snapshot.broker_ok else What.BROKER_AWAY
        events = [self._note("broker", broker, snapshot.error or "", now)]
        if snapshot.broker_ok:
            for (group, topic), link in snapshot.links.items():
                what = _LAG.get(link.status.value)
                detail = "" if what is What.LAG_OK else str(link.messages)
                events.append(self._note(f"{group} {topic}", what, detail, now))
        return [event for event in events if event is not None]

    def keys(self, views: Iterable[KeyView], now: datetime) -> list[Event]:
        """Return which API keys of the scheduler were disabled, each once until it is used again.

        One that the settings switch off is no event.
        """
        events = []
        for view in views:
            if view.condition != "disabled":
                self._disabled.pop(view.key_id, None)
            elif view.reason != SWITCHED_OFF and self._disabled.get(view.key_id) != view.reason:
                self._disabled[view.key_id] = view.reason
                detail = say("{key}: {reason}", key=view.key_id, reason=view.reason)
                events.append(Event(now, What.KEY_DISABLED, WorkerName.SCHEDULER.value, detail))
        return events

    def _note(self, who: str, what: What | None, detail: str, now: datetime) -> Event | None:
        if what is None:
            return None  # on the way to something, or wanted so
        seen = self._seen.setdefault(who, _Seen())
        if what is not seen.now:
            seen.now, seen.since, seen.detail = what, now, detail
        if what is seen.told:
            return None
        if seen.told is None and what in _QUIET_AT_FIRST:
            seen.told = what
            return None
        assert seen.since is not None
        if now - seen.since < PATIENCE:
            return None
        seen.told = what
        return Event(seen.since, what, "" if who == "broker" else who, seen.detail)
