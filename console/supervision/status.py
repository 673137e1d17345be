"""What is known of one worker: its state, since when, why, and what happened before. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pipeline.states import ALIVE, WorkerName, WorkerState

if TYPE_CHECKING:
    from pipeline.supervisor import StateChange

HISTORY_LENGTH: Final = 50


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One state change, for people; `at` is local time."""

    at: datetime
    state: WorkerState
    reason: str


@dataclass(slots=True)
class WorkerStatus:
    """One worker as the window knows it.

    Attributes:
        state: the newest state the window was told of.
        since_s: monotonic seconds of the change to it.
        reason: why it is Degraded, in Backoff or Failed; empty otherwise.
        started_s: monotonic seconds when this run became ready; None while it is not at work.
        retry_at_s: monotonic seconds of the next start; None unless in Backoff.
        restarts: automatic starts after failures since the program started.
        history: the newest changes, oldest first.
        last_failure: the newest change to Backoff or Failed.
    """

    name: WorkerName
    state: WorkerState = WorkerState.STOPPED
    since_s: float = 0.0
    reason: str = ""
    started_s: float | None = None
    retry_at_s: float | None = None
    restarts: int = 0
    history: deque[HistoryEntry] = field(default_factory=lambda: deque(maxlen=HISTORY_LENGTH))
    last_failure: HistoryEntry | None = None

    def note(self, change: StateChange, at: datetime) -> None:
        """Take over a state change that happened at the local time `at`."""
        if change.new is WorkerState.STARTING and change.old is WorkerState.BACKOFF:
            self.restarts += 1
        if change.new is WorkerState.RUNNING and change.old is WorkerState.STARTING:
            self.started_s = change.at_s
        elif change.new not in ALIVE:
            self.started_s = None
        self.state = change.new
        self.since_s = change.at_s
        self.reason = change.reason
        self.retry_at_s = change.at_s + change.retry_in_s if change.retry_in_s is not None else None
        entry = HistoryEntry(at, change.new, change.reason)
        self.history.append(entry)
        if change.new in {WorkerState.BACKOFF, WorkerState.FAILED}:
            self.last_failure = entry

    def uptime_s(self, now_s: float) -> float | None:
        """Return how long this run has been at work, seconds; None while it is not."""
        return now_s - self.started_s if self.started_s is not None else None
