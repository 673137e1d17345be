"""Starts and stops the pipeline of the window: the session and the four worker threads."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Final

from loguru import logger
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from console.supervision.sequencer import Sequencer, Situation
from console.supervision.session_thread import SessionKeeper, SessionState
from console.supervision.settings_change import consequences
from console.supervision.status import WorkerStatus
from console.supervision.worker_thread import WorkerThread
from pipeline.settings import Settings
from pipeline.states import ENDED, WorkerName, WorkerState
from pipeline.telemetry import TelemetryHub

if TYPE_CHECKING:
    from pipeline.session import PipelineSession
    from pipeline.supervisor import StateChange

STOP_TIMEOUT_S: Final = 10.0
"""As in `pipeline.supervisor`, which is not imported here: it pulls in confluent-kafka."""

DRAIN_TIMEOUT_S: Final = 20.0
STEP_INTERVAL_MS: Final = 100


class PipelineController(QObject):
    """Owns the session and the worker threads; every call returns at once.

    Attributes:
        hub: what the workers tell the window; the same object for all sessions.
        state_changed: carries each worker's `StateChange`.
        session_changed: carries the new `SessionState`.
        activity_changed: `is_starting` or `is_stopping` may be different now.
        all_stopped: the last worker thread has ended.
        stuck: carries the `WorkerName` of a worker that did not stop within `STOP_TIMEOUT_S`.
        settings_changed: carries the new `Settings`.
        asked: somebody wants something: ``start_all``, ``stop_all``, ``start`` or ``stop``, and the
            `WorkerName` or None.
    """

    state_changed = Signal(object)
    session_changed = Signal(object)
    activity_changed = Signal()
    all_stopped = Signal()
    stuck = Signal(object)
    settings_changed = Signal(object)
    asked = Signal(str, object)

    def __init__(
        self, settings: Settings, hub: TelemetryHub, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.hub = hub
        self._settings = settings
        self._keeper = SessionKeeper(hub, self)
        self._keeper.changed.connect(self._on_session)
        self._threads: dict[WorkerName, WorkerThread] = {}
        self._status = {name: WorkerStatus(name) for name in WorkerName}
        self._sequencer = Sequencer(STOP_TIMEOUT_S, DRAIN_TIMEOUT_S)
        self._activity = (False, False)
        self._start_when_open: set[WorkerName] = set()
        self._then_close = False
        self._then_reopen = False
        self._timer = QTimer(self)
        self._timer.setInterval(STEP_INTERVAL_MS)
        self._timer.timeout.connect(self._step)

    # ------------------------------------------------------------------ what is
    @property
    def settings(self) -> Settings:
        """The settings in use."""
        return self._settings

    @property
    def session(self) -> PipelineSession | None:
        """The open session; None while there is none."""
        return self._keeper.session

    @property
    def session_state(self) -> SessionState:
        """Where opening or closing stands."""
        return self._keeper.state

    @property
    def session_error(self) -> str:
        """Why the session could not be opened, with the next step; empty otherwise."""
        return self._keeper.error

    @property
    def is_starting(self) -> bool:
        """Whether a start was asked for and is not finished."""
        return self._sequencer.starting or bool(self._start_when_open)

    @property
    def is_stopping(self) -> bool:
        """Whether a stop was asked for and is not finished."""
        return self._sequencer.stopping

    @property
    def running(self) -> frozenset[WorkerName]:
        """Workers that have a thread, also while it starts or ends."""
        return frozenset(self._threads)

    @property
    def can_start_all(self) -> bool:
        """Whether starting all would start any."""
        all_there = len(self.running) == len(WorkerName)
        return not (all_there or self.is_stopping or self.is_starting)

    @property
    def can_stop_all(self) -> bool:
        """Whether stopping all would stop any."""
        return bool(self.running) or self.is_starting

    @property
    def stuck_workers(self) -> frozenset[WorkerName]:
        """Workers that were asked to stop and have not within their time."""
        return self._sequencer.stuck

    def status(self, name: WorkerName) -> WorkerStatus:
        """Return what is known of a worker; the same object for the life of the window."""
        return self._status[name]

    def states(self) -> dict[WorkerName, WorkerState]:
        """Return the states that the window was told of."""
        return {name: status.state for name, status in self._status.items()}

    # ------------------------------------------------------------------ what is asked for
    @Slot()
    def open(self) -> None:
        """Open the session in the background, unless that has begun."""
        self._keeper.open(self._settings)

    @Slot()
    def close(self) -> None:
        """Stop all workers, then close the session; `session_changed` tells when it is closed."""
        self._then_close = True
        self._start_when_open.clear()
        self.stop_all()

    @Slot()
    def start_all(self) -> None:
        """Start what is not at work, consumers before producers; opens the session first."""
        self.asked.emit("start_all", None)
        if self.session is None:
            self._start_when_open.update(WorkerName)
            self.open()
        else:
            self._sequencer.start_all()
        self._step()

    @Slot()
    def stop_all(self) -> None:
        """Stop all workers, producers first, each when it has read what they left."""
        self.asked.emit("stop_all", None)
        self._start_when_open.clear()
        self._sequencer.stop_all()
        self._step()

    @Slot()
    def hurry(self) -> None:
        """Stop without waiting until everything is read; the rest stays in Kafka."""
        self._sequencer.hurry()
        self._step()

    @Slot(object)
    def start(self, name: WorkerName) -> None:
        """Start one worker; opens the session first."""
        self.asked.emit("start", name)
        if self.session is None:
            self._start_when_open.add(name)
            self.open()
        else:
            self._sequencer.start(name)
        self._step()

    @Slot(object)
    def stop(self, name: WorkerName) -> None:
        """Stop one worker at once; what it has not read stays in Kafka."""
        self.asked.emit("stop", name)
        self._start_when_open.discard(name)
        self._sequencer.forget(name)
        self._ask_to_stop(name)
        self._step()

    @Slot(object)
    def restart(self, name: WorkerName) -> None:
        """Stop one worker and start it again."""
        self.stop(name)
        self.start(name)

    @Slot()
    def rest(self) -> None:
        """Promise nothing new for a moment: the machine is about to sleep."""
        if self.session is not None:
            self.session.power.going_to_sleep()

    @Slot()
    def wake(self) -> None:
        """Have connections made anew and waits cut short: the machine slept."""
        if self.session is not None:
            self.session.power.awoke()

    def apply_settings(self, settings: Settings) -> None:
        """Use other settings from now on; workers that need it start again."""
        what = consequences(self._settings, settings)
        self._settings = settings
        if what.reopen and self.session_state in {SessionState.OPEN, SessionState.OPENING}:
            again = self._wanted() | self._start_when_open
            self._then_reopen = True
            self.close()
            self._start_when_open = again
        elif self.session is not None:
            self.session.settings = settings
            for name in what.restart & self._wanted():
                self.restart(name)
        self.settings_changed.emit(settings)

    def _wanted(self) -> set[WorkerName]:
        """Return the workers that are to be at work: those that are, and whose start is due."""
        ending = ENDED | {WorkerState.STOPPING}
        at_work = {name for name, thread in self._threads.items() if thread.state not in ending}
        return at_work | self._sequencer.to_start

    # ------------------------------------------------------------------ workers
    def _situation(self) -> Situation:
        states = self.states()
        states.update({name: thread.state for name, thread in self._threads.items()})
        return Situation(states, set(self._threads), self._is_drained, time.monotonic())

    def _is_drained(self, name: WorkerName, since_s: float) -> bool:
        """Whether the group of a worker has no lag by a reading taken after `since_s`."""
        session = self.session
        group = session.group_of(name) if session is not None else None
        if session is None or group is None:
            return True
        reading = session.lag.snapshot()
        if not reading.broker_ok:
            return True  # Nothing can be read; it stays in Kafka.
        links = [link for (owner, _), link in reading.links.items() if owner == group]
        return reading.taken_at_s > since_s and all(link.messages == 0 for link in links)

    @Slot()
    def _step(self) -> None:
        """Do what is due; runs after every change and on the timer while anything is open."""
        now = self._situation()
        for name in self._sequencer.stops(now):
            self._ask_to_stop(name)
        session = self.session
        if session is not None:
            for name in self._sequencer.starts(now):
                self._start_thread(name, session)
        for name in self._sequencer.newly_stuck(now):
            logger.bind(worker=name.value).error(
                "{} has not stopped within {:.0f} s; what it holds will be read again at its next "
                "start",
                name.value,
                STOP_TIMEOUT_S,
            )
            self.stuck.emit(name)
        if self._then_close and not self._threads and not self._sequencer.stopping:
            self._then_close = not self._keeper.close()
        self._set_timer()

    def _set_timer(self) -> None:
        busy = self._sequencer.starting or self._sequencer.stopping or self._then_close
        if busy != self._timer.isActive():
            if busy:
                self._timer.start()
            else:
                self._timer.stop()
        activity = (self.is_starting, self.is_stopping)
        if activity != self._activity:
            self._activity = activity
            self.activity_changed.emit()

    def _start_thread(self, name: WorkerName, session: PipelineSession) -> None:
        thread = WorkerThread(name, session, self)
        thread.changed.connect(self._on_change, Qt.ConnectionType.QueuedConnection)
        thread.finished.connect(self._on_thread_finished, Qt.ConnectionType.QueuedConnection)
        self._threads[name] = thread
        thread.start()

    def _ask_to_stop(self, name: WorkerName) -> None:
        thread = self._threads.get(name)
        if thread is not None:
            self._sequencer.asked_to_stop(name, time.monotonic())
            thread.request_stop()

    @Slot(object)
    def _on_change(self, change: StateChange) -> None:
        self._status[change.worker].note(change, datetime.now().astimezone())
        self.state_changed.emit(change)
        self._step()

    @Slot()
    def _on_thread_finished(self) -> None:
        thread = self.sender()
        if not isinstance(thread, WorkerThread):
            return
        thread.wait()
        del self._threads[thread.name]
        self._note_unexplained_end(thread)
        thread.deleteLater()
        if not self._threads:
            self.all_stopped.emit()
        self._step()

    def _note_unexplained_end(self, thread: WorkerThread) -> None:
        """Say Failed where a thread ended in a state that is no end: a fault of our own."""
        from pipeline.supervisor import StateChange
        from pipeline.texts import verbatim

        if thread.state in ENDED:
            return
        reason = verbatim(self.tr("The worker's thread ended by itself; the log has the cause."))
        change = StateChange(
            thread.name, thread.state, WorkerState.FAILED, reason, time.monotonic()
        )
        self._on_change(change)

    # ------------------------------------------------------------------ session
    @Slot(object)
    def _on_session(self, state: SessionState) -> None:
        self.session_changed.emit(state)
        match state:
            case SessionState.OPEN if not self._then_close:
                self._start_wanted()
            case SessionState.FAILED:
                self._start_when_open.clear()
            case SessionState.CLOSED if self._then_reopen:
                self._then_reopen = False
                self.open()
            case _:
                pass
        self._set_timer()

    def _start_wanted(self) -> None:
        wanted, self._start_when_open = self._start_when_open, set()
        if wanted == set(WorkerName):
            self._sequencer.start_all()
        else:
            for name in wanted:
                self._sequencer.start(name)
        self._step()

    def wait_until_closed(self) -> bool:
        """Stop and close at once, waiting for it: the last thing before the process ends.

        Returns:
            False when a worker has not stopped in its time; its thread is still at work.
        """
        self._timer.stop()
        for thread in self._threads.values():
            thread.request_stop()
        # Who was stuck before is not waited for again: the user wanted to leave without it.
        patience_s = 0.0 if self.stuck_workers else STOP_TIMEOUT_S
        deadline_s = time.monotonic() + patience_s
        in_time = [
            thread.wait(max(1, int((deadline_s - time.monotonic()) * 1000)))
            for thread in self._threads.values()
        ]
        self._keeper.wait()
        session = self.session
        if all(in_time) and session is not None:
            session.close()
            self._keeper.session = None
        return all(in_time)
