"""Worker states, the moves between them, and when a failed worker is started again.

Pure: no threads, no clock of its own. The table is `TRANSITIONS`; see ARCHITECTURE.md.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class WorkerName(StrEnum):
    """The four workers, in the order of the pipeline."""

    DETECTION = "detection"
    GENERATOR = "generator"
    SCHEDULER = "scheduler"
    AGGREGATOR = "aggregator"


START_ORDER: Final = tuple(reversed(WorkerName))
"""Consumers before producers; stopping goes the other way."""


class WorkerState(StrEnum):
    """State of one worker. `DEGRADED` is alive with a stated reason; `BACKOFF` waits to restart."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    DEGRADED = "degraded"
    STOPPING = "stopping"
    BACKOFF = "backoff"
    FAILED = "failed"


ALIVE: Final = frozenset({WorkerState.STARTING, WorkerState.RUNNING, WorkerState.DEGRADED})
ENDED: Final = frozenset({WorkerState.STOPPED, WorkerState.FAILED})

TRANSITIONS: Final[dict[WorkerState, frozenset[WorkerState]]] = {
    WorkerState.STOPPED: frozenset({WorkerState.STARTING}),
    WorkerState.STARTING: frozenset(
        {
            WorkerState.RUNNING,
            WorkerState.STOPPING,
            WorkerState.BACKOFF,
            WorkerState.FAILED,
        }
    ),
    WorkerState.RUNNING: frozenset(
        {WorkerState.DEGRADED, WorkerState.STOPPING, WorkerState.BACKOFF, WorkerState.FAILED}
    ),
    WorkerState.DEGRADED: frozenset(
        {WorkerState.RUNNING, WorkerState.STOPPING, WorkerState.BACKOFF, WorkerState.FAILED}
    ),
    WorkerState.STOPPING: frozenset({WorkerState.STOPPED, WorkerState.FAILED}),
    WorkerState.BACKOFF: frozenset({WorkerState.STARTING, WorkerState.STOPPED}),
    WorkerState.FAILED: frozenset({WorkerState.STARTING}),
}


class InvalidTransitionError(RuntimeError):
    """A move between states that `TRANSITIONS` does not have: a bug in the caller."""


def check_transition(old: WorkerState, new: WorkerState) -> None:
    """Raise `InvalidTransitionError` unless a worker may go from `old` to `new`."""
    if new not in TRANSITIONS[old]:
        raise InvalidTransitionError(f"{old} -> {new}")


MAX_DOUBLINGS = 10
"""After so many, a delay is the longest one in any case; the power would grow without end."""


@dataclass(slots=True)
class RestartPolicy:
    """When to start a failed worker again: after 1, 2, 4 ... 60 s, at most 5 times in 5 minutes.

    A worker that could not begin, as the broker is away, is tried for ever: a computer may start
    long before its cluster does.

    Attributes:
        first_delay_s, max_delay_s: bounds of the growing delay.
        max_away_delay_s: bound of the delay while the broker is away.
        max_failures, window_s: that many failures within the window end the restarts.
        jitter: share of the delay that is random, so that workers of many machines spread out.
    """

    first_delay_s: float = 1.0
    max_delay_s: float = 60.0
    max_away_delay_s: float = 15.0
    max_failures: int = 5
    window_s: float = 300.0
    jitter: float = 0.2
    _failures: deque[float] = field(default_factory=deque)
    _times_away: int = 0

    def next_delay_s(self, now_s: float) -> float | None:
        """Note a failure at `now_s` (monotonic seconds); return the delay, or None to give up."""
        self._times_away = 0
        self._failures.append(now_s)
        while now_s - self._failures[0] > self.window_s:
            self._failures.popleft()
        count = len(self._failures)
        if count >= self.max_failures:
            return None
        return self._delay_s(count, self.max_delay_s)

    def away_delay_s(self) -> float:
        """Note that the broker was away when the worker was to begin; return the delay, seconds."""
        self._times_away += 1
        return self._delay_s(self._times_away, self.max_away_delay_s)

    def _delay_s(self, count: int, at_most_s: float) -> float:
        delay_s = at_most_s if count > MAX_DOUBLINGS else self.first_delay_s * 2 ** (count - 1)
        return min(at_most_s, delay_s) * (1 + random.uniform(-self.jitter, self.jitter))

    def reset(self) -> None:
        """Forget the failures: the operator started the worker by hand."""
        self._failures.clear()
        self._times_away = 0
