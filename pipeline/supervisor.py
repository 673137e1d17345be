"""Runs one worker in the calling thread: start, state changes, failures, waiting, restart.

The window calls `WorkerSupervisor.run` in a QThread, the headless runner in a plain thread; both
see the same states.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from loguru import logger

from pipeline.kafka import KafkaAccess
from pipeline.kafka.errors import KafkaUnavailableError
from pipeline.power import PowerState
from pipeline.settings import Settings
from pipeline.states import RestartPolicy, WorkerName, WorkerState, check_transition
from pipeline.telemetry import TelemetryHub
from pipeline.texts import NOTHING, Text, say, words_of
from pipeline.worker import Worker, WorkerContext, WorkerError

STOP_TIMEOUT_S = 10.0
"""How long a worker may take to finish or hand back its work after it was asked to stop."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """One move of one worker, with what people need to know about it.

    Attributes:
        reason: why; the error and its next step for Failed and Backoff, the condition for
            Degraded; empty otherwise.
        at_s: monotonic seconds.
        retry_in_s: for Backoff, how long until the next start.
    """

    worker: WorkerName
    old: WorkerState
    new: WorkerState
    reason: Text
    at_s: float
    retry_in_s: float | None = None


@dataclass(slots=True)
class WorkerSupervisor:
    """One worker's life from start to stop.

    Attributes:
        name: which worker.
        make_worker: gives a fresh worker for each attempt.
        settings, kafka, hub: handed to the worker.
        on_change: called with every state change, from whichever thread made it.
        policy: when to start again after a failure.
        power: handed to the worker; a machine that woke does not wait to start again.
    """

    name: WorkerName
    make_worker: Callable[[WorkerName], Worker]
    settings: Settings
    kafka: KafkaAccess
    hub: TelemetryHub
    on_change: Callable[[StateChange], None]
    policy: RestartPolicy = field(default_factory=RestartPolicy)
    power: PowerState = field(default_factory=PowerState)
    _state: WorkerState = WorkerState.STOPPED
    _has_begun: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def state(self) -> WorkerState:
        """Return the state now."""
        return self._state

    def request_stop(self) -> None:
        """Ask the worker to stop; returns at once. `run` returns when it has stopped."""
        with self._lock:
            self._stop.set()
            if self._state in {WorkerState.STARTING, WorkerState.RUNNING, WorkerState.DEGRADED}:
                self._move(WorkerState.STOPPING)

    def run(self) -> None:
        """Run the worker until it is stopped or gives up. Never raises for a worker's failure."""
        while not self._stop.is_set():
            self._move(WorkerState.STARTING)
            error = self._attempt()
            if error is None:
                break
            delay_s = self._note_failure(error)
            if delay_s is None:
                return
            self.power.wait(self._stop, delay_s)
        self._finish()

    def _attempt(self) -> Exception | None:
        """Run the worker once; return what made it fail, None for an orderly end."""
        telemetry = self.hub.workers[self.name]
        telemetry.begin_run(self._on_condition)
        context = WorkerContext(
            settings=self.settings,
            kafka=self.kafka,
            stop=self._stop,
            telemetry=telemetry,
            hub=self.hub,
            ready=self._on_ready,
            power=self.power,
        )
        self._has_begun = False
        try:
            with logger.contextualize(worker=self.name.value):
                self.kafka.ensure_topics()
                self._has_begun = True
                self.make_worker(self.name).run(context)
        except Exception as error:  # noqa: BLE001 - the supervisor is where failures end
            # Stopped while it waited for a broker that is away: it held nothing it could lose.
            return None if self._stop.is_set() and not self._has_begun else error
        if self._stop.is_set():
            return None
        return WorkerError(say("{name} ended by itself without being asked to", name=self.name))

    def _note_failure(self, error: Exception) -> float | None:
        """Decide about a restart; return the delay in seconds, None when the worker is done for."""
        reason = error.explained if isinstance(error, WorkerError) else words_of(error)
        self.hub.workers[self.name].error(reason)
        known = isinstance(error, WorkerError)
        with logger.contextualize(worker=self.name.value):
            logger.opt(exception=None if known else error).error("{} failed: {}", self.name, reason)
        with self._lock:
            if self._stop.is_set():
                # Asked to stop, but it could not finish cleanly: people must know what was lost.
                self._move(WorkerState.FAILED, reason)
                return None
            retriable = not isinstance(error, WorkerError) or error.retriable
            if isinstance(error, KafkaUnavailableError) and retriable and not self._has_begun:
                delay_s: float | None = self.policy.away_delay_s()
            else:
                delay_s = self.policy.next_delay_s(time.monotonic()) if retriable else None
            if delay_s is None:
                self._move(WorkerState.FAILED, reason)
            else:
                self._move(WorkerState.BACKOFF, reason, retry_in_s=delay_s)
            return delay_s

    def _finish(self) -> None:
        with self._lock:
            if self._state in {WorkerState.STARTING, WorkerState.RUNNING, WorkerState.DEGRADED}:
                self._move(WorkerState.STOPPING)
            if self._state is not WorkerState.STOPPED:
                self._move(WorkerState.STOPPED)

    def _on_ready(self) -> None:
        with self._lock:
            if self._state is WorkerState.STARTING:
                self._move(WorkerState.RUNNING)
                condition = self.hub.workers[self.name].degraded
                if condition is not None:
                    self._move(WorkerState.DEGRADED, condition)

    def _on_condition(self, reason: Text | None) -> None:
        with self._lock:
            if reason is not None and self._state is WorkerState.RUNNING:
                self._move(WorkerState.DEGRADED, reason)
            elif reason is None and self._state is WorkerState.DEGRADED:
                self._move(WorkerState.RUNNING)

    def _move(
        self, new: WorkerState, reason: Text = NOTHING, retry_in_s: float | None = None
    ) -> None:
        with self._lock:
            old = self._state
            check_transition(old, new)
            self._state = new
            self.on_change(StateChange(self.name, old, new, reason, time.monotonic(), retry_in_s))
