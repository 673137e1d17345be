"""The whole timeline: what this machine noted, and what became of alarms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pipeline.aggregation.store import AlarmReader, Happening
from pipeline.timeline.events import Event, Subject, What
from pipeline.timeline.store import read_events

LIMIT: Final = 500
_MOST_READ: Final = 20_000

_WHAT: Final = {
    "raised": What.ALARM_RAISED,
    "closed": What.ALARM_CLOSED,
    "acknowledged": What.ALARM_ACKNOWLEDGED,
    "false_alarm": What.ALARM_FALSE,
    "new": What.ALARM_REOPENED,
}


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """Which events to list.

    Attributes:
        since, until: the span; its end does not belong to it.
        subjects: what they are about; empty for everything.
        whats: what happened; empty for everything.
        who: only of this camera or worker; empty for all.
    """

    since: datetime
    until: datetime
    subjects: frozenset[Subject] = frozenset()
    whats: frozenset[What] = frozenset()
    who: str = ""

    def takes(self, event: Event) -> bool:
        """Return whether an event of the span is wanted."""
        return (
            (not self.subjects or event.subject in self.subjects)
            and (not self.whats or event.what in self.whats)
            and (not self.who or event.who == self.who)
        )


def timeline(
    alarms: AlarmReader, path: Path, wanted: TimelineFilter, limit: int = LIMIT
) -> list[Event]:
    """Return the newest events that are wanted, newest first.

    Args:
        alarms: reads the alarm database.
        path: the file of `TimelineWriter`.
        wanted: which.
        limit: how many at most.

    Raises:
        sqlite3.Error: one of the two cannot be read.
    """
    noted = read_events(path, wanted.since, wanted.until, _MOST_READ)
    happened = alarms.happenings(wanted.since, wanted.until, _MOST_READ)
    events = [event for event in (*noted, *map(_event, happened)) if wanted.takes(event)]
    events.sort(key=lambda event: event.at, reverse=True)
    return events[:limit]


def _event(happening: Happening) -> Event:
    alarm = happening.alarm
    detail = happening.said or f"{alarm.risk_level} {alarm.risk_type}"
    what = _WHAT[happening.what]
    return Event(happening.at, what, alarm.camera_id, detail, alarm.alarm_id)
