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


@dataclass(slots=True)
class RestartPolicy:
    """When to start a failed worker again: after 1, 2, 4 ... 60 s, at most 5 times in 5 minutes.

    Attributes:
        first_delay_s, max_delay_s: bounds of the growing delay.
        max_failures, window_s: that many failures within the window end the restarts.
        jitter: share of the delay that is random, so that workers of many machines spread out.
    """

    first_delay_s: float = 1.0
    max_delay_s: float = 60.0
    max_failures: int = 5
    window_s: float = 300.0
    jitter: float = 0.2
    _failures: deque[float] = field(default_factory=deque)

    def next_delay_s(self, now_s: float) -> float | None:
        """Note a failure at `now_s` (monotonic seconds); return the delay, or None to give up."""
        self._failures.append(now_s)
        while now_s - self._failures[0] > self.window_s:
            self._failures.popleft()
        count = len(self._failures)
        if count >= self.max_failures:
            return None
        delay = min(self.max_delay_s, self.first_delay_s * 2 ** (count - 1))
        return float(delay * (1 + random.uniform(-self.jitter, self.jitter)))

    def reset(self) -> None:
        """Forget the failures: the operator started the worker by hand."""
        self._failures.clear()
