"""Which worker to start or stop next: consumers first, producers stop first, each let to drain.

Pure: no Qt, no threads, no clock of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Final

from pipeline.states import ENDED, START_ORDER, WorkerName, WorkerState

STOP_ORDER: Final = tuple(reversed(START_ORDER))
READY_TIMEOUT_S: Final = 60.0
"""How long a producer waits for its consumer to be ready before it is started all the same."""

_AT_WORK: Final = frozenset({WorkerState.RUNNING, WorkerState.DEGRADED})


@dataclass(frozen=True, slots=True)
class Situation:
    """What the sequencer decides upon.

    Attributes:
        states: state of every worker.
        running: workers that have a thread, also while it ends.
        drained: tells whether a worker has read all that its producers left, by a reading taken
            after the given moment (monotonic seconds).
        now_s: monotonic seconds.
    """

    states: Mapping[WorkerName, WorkerState]
    running: Set[WorkerName]
    drained: Callable[[WorkerName, float], bool]
    now_s: float


@dataclass(slots=True)
class Sequencer:
    """Keeps what was asked for and has not happened yet.

    Attributes:
        stop_timeout_s: after it a worker that was asked to stop counts as stuck.
        drain_timeout_s: how long a worker may go on to read what its producers left.
    """

    stop_timeout_s: float
    drain_timeout_s: float
    _to_start: set[WorkerName] = field(default_factory=set)
    _start_at_once: set[WorkerName] = field(default_factory=set)
    _started_s: dict[WorkerName, float] = field(default_factory=dict)
    _to_stop: set[WorkerName] = field(default_factory=set)
    _drain_since_s: dict[WorkerName, float] = field(default_factory=dict)
    _asked_s: dict[WorkerName, float] = field(default_factory=dict)
    _stuck: set[WorkerName] = field(default_factory=set)
    _hurry: bool = False

    @property
    def starting(self) -> bool:
        """Whether a start is still to happen or not yet answered."""
        return bool(self._to_start or self._started_s)

    @property
    def stopping(self) -> bool:
        """Whether a stop is still to happen or not yet answered."""
        return bool(self._to_stop or self._asked_s)

    @property
    def to_start(self) -> frozenset[WorkerName]:
        """Workers whose start was asked for and is still to happen, or not yet answered."""
        return frozenset(self._to_start | set(self._started_s))

    @property
    def stuck(self) -> frozenset[WorkerName]:
        """Workers that were asked to stop and have not in their time."""
        return frozenset(self._stuck)

    def start_all(self) -> None:
        """Start every worker that has no thread, in order, each when its consumer is ready."""
        self._to_stop.clear()
        self._to_start.update(WorkerName)

    def start(self, name: WorkerName) -> None:
        """Start one worker, without looking at the others."""
        self._to_stop.discard(name)
        self._to_start.add(name)
        self._start_at_once.add(name)

    def stop_all(self) -> None:
        """Stop every worker, producers first, each when it has read what they left."""
        self._to_start.clear()
        self._start_at_once.clear()
        self._started_s.clear()
        self._hurry = False
        self._to_stop.update(WorkerName)

    def forget(self, name: WorkerName) -> None:
        """Take back what was asked for one worker and has not happened yet."""
        self._forget_start(name)
        self._forget_stop(name)
        self._started_s.pop(name, None)

    def hurry(self) -> None:
        """Let nobody drain any longer."""
        self._hurry = True

    def starts(self, now: Situation) -> list[WorkerName]:
        """Return the workers to start now, and take them as started."""
        for name in list(self._started_s):
            # A thread that has not begun yet is still Stopped.
            waiting = now.states[name] in {WorkerState.STOPPED, WorkerState.STARTING}
            if now.now_s > self._started_s[name] and not (waiting and name in now.running):
                del self._started_s[name]
        chosen: list[WorkerName] = []
        for name in START_ORDER:
            if name not in self._to_start:
                continue
            if name in now.running:
                if name not in self._asked_s and now.states[name] not in ENDED:  # at work already
                    self._forget_start(name)
                continue
            if name in self._start_at_once or not self._waits_for_consumer(name, now):
                self._forget_start(name)
                self._started_s[name] = now.now_s
                chosen.append(name)
        return chosen

    def _forget_start(self, name: WorkerName) -> None:
        self._to_start.discard(name)
        self._start_at_once.discard(name)

    def _waits_for_consumer(self, name: WorkerName, now: Situation) -> bool:
        earlier = START_ORDER[: START_ORDER.index(name)]
        return any(
            other in self._to_start
            or (other in self._started_s and now.now_s - self._started_s[other] < READY_TIMEOUT_S)
            for other in earlier
        )

    def stops(self, now: Situation) -> list[WorkerName]:
        """Return the workers to ask to stop now, and take them as asked."""
        for name in list(self._asked_s):
            if name not in now.running:
                del self._asked_s[name]
                self._stuck.discard(name)
        chosen: list[WorkerName] = []
        for name in STOP_ORDER:
            if name not in self._to_stop:
                continue
            if name not in now.running or name in self._asked_s:
                self._forget_stop(name)
                continue
            # In a hurry, and for one that is not at work, there is nothing to wait for.
            in_order = not self._hurry and now.states[name] in _AT_WORK
            if in_order and (self._waits_for_producer(name) or self._drains(name, now)):
                break
            self._forget_stop(name)
            self.asked_to_stop(name, now.now_s)
            chosen.append(name)
        return chosen

    def _forget_stop(self, name: WorkerName) -> None:
        self._to_stop.discard(name)
        self._drain_since_s.pop(name, None)

    def _waits_for_producer(self, name: WorkerName) -> bool:
        earlier = STOP_ORDER[: STOP_ORDER.index(name)]
        return any(other in self._asked_s and other not in self._stuck for other in earlier)

    def _drains(self, name: WorkerName, now: Situation) -> bool:
        since_s = self._drain_since_s.setdefault(name, now.now_s)
        return now.now_s - since_s < self.drain_timeout_s and not now.drained(name, since_s)

    def asked_to_stop(self, name: WorkerName, now_s: float) -> None:
        """Note that a worker was asked to stop; it counts as stuck when it takes too long."""
        self._asked_s.setdefault(name, now_s)

    def newly_stuck(self, now: Situation) -> list[WorkerName]:
        """Return the workers whose time to stop has just run out."""
        late = [
            name
            for name, asked_s in self._asked_s.items()
            if name in now.running
            and name not in self._stuck
            and now.now_s - asked_s > self.stop_timeout_s
        ]
        self._stuck.update(late)
        return late
