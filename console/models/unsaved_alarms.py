"""Alarms that wait in the aggregator's memory for a disk with room, among those of the store.

One that was written is shown as it was until the store has been read: it neither goes and comes
again, nor is it there twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.aggregation.store import AlarmEntry
    from pipeline.messages import RiskAlert


class UnsavedAlarms:
    """What the aggregator holds now, and what it held until a moment ago. Pure."""

    def __init__(self) -> None:
        self._held: tuple[RiskAlert, ...] = ()
        self._settling: dict[str, RiskAlert] = {}
        self._being_read: set[str] = set()

    def hold(self, alerts: tuple[RiskAlert, ...]) -> bool:
        """Take what is held now; return whether that is news."""
        if alerts == self._held:
            return False
        now = {alert.alarm_id for alert in alerts}
        for alert in self._held:
            if alert.alarm_id not in now:
                self._settling[alert.alarm_id] = alert
        for alarm_id in now & self._settling.keys():
            del self._settling[alarm_id]
        self._held = alerts
        return True

    @property
    def has_settling(self) -> bool:
        """Whether some were written, or given up, and the store has not been read since."""
        return bool(self._settling)

    def reading(self) -> None:
        """Note that the store is being read from now on."""
        self._being_read = set(self._settling)

    def was_read(self) -> bool:
        """Note the end of that; return whether it settled what became of some."""
        for alarm_id in self._being_read:
            self._settling.pop(alarm_id, None)
        settled, self._being_read = bool(self._being_read), set()
        return settled

    def merged(self, stored: Iterable[AlarmEntry]) -> list[AlarmEntry]:
        """Return `stored` (newest first) with what is not among them, newest first."""
        stored = list(stored)
        if not self._held and not self._settling:
            return stored
        # Imported here: it takes the time of msgspec and SQLite, which the window has not.
        from pipeline.aggregation.situations import alarm_of_alert
        from pipeline.aggregation.store import AlarmEntry

        known = {entry.alarm.alarm_id for entry in stored}
        unsaved = [
            AlarmEntry(alarm_of_alert(alert), "new", "", is_saved=False)
            for alert in (*self._held, *self._settling.values())
            if alert.alarm_id not in known
        ]
        merged = [*unsaved, *stored]
        merged.sort(key=lambda entry: entry.alarm.first_seen, reverse=True)
        return merged
