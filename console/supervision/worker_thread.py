"""One worker in a QThread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal

from pipeline.states import WorkerName, WorkerState

if TYPE_CHECKING:
    from pipeline.session import PipelineSession
    from pipeline.supervisor import StateChange


class WorkerThread(QThread):
    """Runs one start of one worker; never terminated from outside, always waited for.

    Attributes:
        name: which worker.
        changed: carries each `StateChange`; emitted from any thread, so connect it queued: that
            keeps the order of changes made by different threads.
    """

    changed = Signal(object)

    def __init__(
        self, name: WorkerName, session: PipelineSession, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.name = name
        self.setObjectName(name.value)
        self._supervisor = session.supervisor(name, self._on_change)

    @property
    def state(self) -> WorkerState:
        """The state of this very moment."""
        return self._supervisor.state

    def request_stop(self) -> None:
        """Ask the worker to stop; returns at once. The thread ends when it has."""
        self._supervisor.request_stop()

    def run(self) -> None:
        """Run the worker until it is stopped or gives up."""
        self._supervisor.run()

    def _on_change(self, change: StateChange) -> None:
        from pipeline.runner import log_change

        log_change(change)
        self.changed.emit(change)
