"""Runs workers headless, one plain thread each; consumers start before producers."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from types import FrameType

from loguru import logger

from pipeline.console_close import stop_on_console_close
from pipeline.session import PipelineSession
from pipeline.states import START_ORDER, WorkerName, WorkerState
from pipeline.supervisor import STOP_TIMEOUT_S, StateChange, WorkerSupervisor

DRAIN_TIMEOUT_S = 20.0
"""How long stopping waits for a worker to finish what its producers left in the topic."""


class WorkerRunner:
    """Some workers of one session, each in a thread.

    Attributes:
        names: which workers, in the order they start.
        failures: reasons of the workers that have failed for good.
    """

    def __init__(
        self,
        session: PipelineSession,
        names: Iterable[WorkerName],
        on_change: Callable[[StateChange], None] | None = None,
    ) -> None:
        wanted = set(names)
        self.names = tuple(name for name in START_ORDER if name in wanted)
        self.failures: dict[WorkerName, str] = {}
        self._session = session
        self._on_change = on_change
        self._changed = threading.Condition()
        self._supervisors: dict[WorkerName, WorkerSupervisor] = {}
        self._threads: dict[WorkerName, threading.Thread] = {}

    def start(self, timeout_s: float = 60.0) -> bool:
        """Start the workers one after the other, each when the one before is ready.

        Returns:
            False when one failed or was not ready within `timeout_s`; the others go on.
        """
        ready = [self.start_one(name, timeout_s) for name in self.names]
        return all(ready)

    def start_one(self, name: WorkerName, timeout_s: float = 60.0) -> bool:
        """Start one worker and wait until it is at work."""
        self.failures.pop(name, None)
        supervisor = self._session.supervisor(name, self._note)
        thread = threading.Thread(target=supervisor.run, name=name.value)
        self._supervisors[name] = supervisor
        self._threads[name] = thread
        thread.start()
        at_work = {WorkerState.RUNNING, WorkerState.DEGRADED, WorkerState.FAILED}
        with self._changed:
            self._changed.wait_for(lambda: supervisor.state in at_work, timeout_s)
        return supervisor.state in {WorkerState.RUNNING, WorkerState.DEGRADED}

    def state(self, name: WorkerName) -> WorkerState:
        """Return the state of a worker; Stopped before its first start."""
        supervisor = self._supervisors.get(name)
        return supervisor.state if supervisor else WorkerState.STOPPED

    def stop_one(self, name: WorkerName) -> bool:
        """Stop one worker; False when it was still busy after its time to stop was over."""
        supervisor = self._supervisors.get(name)
        thread = self._threads.get(name)
        if supervisor is None or thread is None:
            return True
        supervisor.request_stop()
        thread.join(STOP_TIMEOUT_S)
        if thread.is_alive():
            logger.error(
                "{} has not stopped within {:.0f} s; what it holds will be read again at its next "
                "start",
                name.value,
                STOP_TIMEOUT_S,
            )
            return False
        return True

    def stop(self, *, drain: bool = True) -> bool:
        """Stop the workers, producers first.

        Args:
            drain: let each worker finish what its producers left in the topic, up to
                `DRAIN_TIMEOUT_S`.

        Returns:
            False when a worker did not stop in time.
        """
        stopped = []
        for name in reversed(self.names):
            if drain and self.state(name) is WorkerState.RUNNING:
                self._wait_until_idle(name)
            stopped.append(self.stop_one(name))
        return all(stopped)

    def _wait_until_idle(self, name: WorkerName) -> None:
        """Wait until the lag of the worker's group is 0, as long as it shrinks in time."""
        group = self._session.group_of(name)
        if group is None:
            return
        deadline_s = time.monotonic() + DRAIN_TIMEOUT_S
        seen_since_s = time.monotonic()
        while time.monotonic() < deadline_s and not self.failures:
            snapshot = self._session.lag.snapshot()
            lag = sum(
                link.messages for (name_, _), link in snapshot.links.items() if name_ == group
            )
            # A reading from before the producer's end says nothing about the end.
            if snapshot.taken_at_s > seen_since_s and lag == 0:
                return
            self._session.lag.wait_for_next(timeout_s=2.0)
        logger.warning("{} stops with unread messages in its topic; they stay in Kafka", name.value)

    def _note(self, change: StateChange) -> None:
        if change.new is WorkerState.FAILED:
            self.failures[change.worker] = change.reason
        log_change(change)
        with self._changed:
            self._changed.notify_all()
        if self._on_change is not None:
            self._on_change(change)


def log_change(change: StateChange) -> None:
    """Write one state change into the worker's log."""
    log = logger.bind(worker=change.worker.value)
    title = change.worker.value.capitalize()
    match change.new:
        case WorkerState.RUNNING if change.old is WorkerState.STARTING:
            log.success("{} started", title)
        case WorkerState.RUNNING:
            log.success("{} is well again", title)
        case WorkerState.DEGRADED:
            log.warning("{} is degraded: {}", title, change.reason)
        case WorkerState.BACKOFF:
            log.warning("{} starts again in {:.0f} s", title, change.retry_in_s or 0)
        case WorkerState.FAILED:
            # The reason was logged where it arose.
            log.error("{} stays stopped until somebody starts it", title)
        case _:
            log.info("{} is {}", title, change.new.value)


@contextlib.contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Give an event that Ctrl+C, SIGTERM and, on Windows, Ctrl+Break and a closing console set."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    names = ("SIGINT", "SIGBREAK") if sys.platform == "win32" else ("SIGINT", "SIGTERM")
    numbers = [getattr(signal, name) for name in names]
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        with stop_on_console_close(stop.set):
            yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_for_stop(stop: threading.Event, duration_s: float | None) -> None:
    """Wait for `stop`, at most `duration_s`; in short steps, so that Windows sees a Ctrl+C."""
    deadline_s = None if duration_s is None else time.monotonic() + duration_s
    while not stop.wait(0.2):
        if deadline_s is not None and time.monotonic() >= deadline_s:
            return
