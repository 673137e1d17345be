"""The state of the whole pipeline in one sentence. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from console import joining
from console.supervision.wording import Level, worker_title
from pipeline.states import WorkerName, WorkerState

translate = QCoreApplication.translate


def overall(
    states: Mapping[WorkerName, WorkerState], *, starting: bool, stopping: bool
) -> tuple[Level, str]:
    """Return level and sentence for the status bar."""
    failed = _those(states, WorkerState.FAILED)
    if failed:
        return "danger", translate("Overall", "{0} failed").format(failed)
    if stopping:
        return "info", translate("Overall", "Stopping")
    waiting = _those(states, WorkerState.BACKOFF)
    if waiting:
        return "warning", translate("Overall", "{0} restarts").format(waiting)
    if starting:
        return "info", translate("Overall", "Starting")
    degraded = _those(states, WorkerState.DEGRADED)
    if degraded:
        return "warning", translate("Overall", "{0} degraded").format(degraded)
    running = sum(state is WorkerState.RUNNING for state in states.values())
    if running == len(states):
        return "ok", translate("Overall", "All workers running")
    if running == 0:
        # Each by itself, such as after a restart.
        if WorkerState.STARTING in states.values():
            return "info", translate("Overall", "Starting")
        if WorkerState.STOPPING in states.values():
            return "info", translate("Overall", "Stopping")
        return "off", translate("Overall", "All workers stopped")
    return "info", translate("Overall", "{0} of {1} workers running").format(running, len(states))


def _those(states: Mapping[WorkerName, WorkerState], wanted: WorkerState) -> str:
    """Return who is in a state, for the begin of a sentence; empty when nobody is."""
    names = [worker_title(name) for name, state in states.items() if state is wanted]
    if len(names) == len(WorkerName):
        return translate("Overall", "All workers")
    return joining.enumerated(names)
