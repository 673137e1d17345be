"""Names and colours of worker states, for people."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QCoreApplication

from console import formatting
from console.supervision.status import WorkerStatus
from pipeline.states import WorkerName, WorkerState

translate = QCoreApplication.translate

Level = Literal["ok", "warning", "danger", "info", "off"]

LEVELS: dict[WorkerState, Level] = {
    WorkerState.STOPPED: "off",
    WorkerState.STARTING: "info",
    WorkerState.RUNNING: "ok",
    WorkerState.DEGRADED: "warning",
    WorkerState.STOPPING: "info",
    WorkerState.BACKOFF: "warning",
    WorkerState.FAILED: "danger",
}


def level_token(level: Level) -> str:
    """Return the colour token of a level."""
    return "text_faint" if level == "off" else level


def worker_title(name: WorkerName) -> str:
    """Return the name of a worker as shown."""
    match name:
        case WorkerName.DETECTION:
            return translate("Worker", "Detection")
        case WorkerName.GENERATOR:
            return translate("Worker", "Generator")
        case WorkerName.SCHEDULER:
            return translate("Worker", "Scheduler")
        case WorkerName.AGGREGATOR:
            return translate("Worker", "Aggregator")


def state_word(state: WorkerState) -> str:
    """Return the word for a state."""
    match state:
        case WorkerState.STOPPED:
            return translate("WorkerState", "Stopped")
        case WorkerState.STARTING:
            return translate("WorkerState", "Starting")
        case WorkerState.RUNNING:
            return translate("WorkerState", "Running")
        case WorkerState.DEGRADED:
            return translate("WorkerState", "Degraded")
        case WorkerState.STOPPING:
            return translate("WorkerState", "Stopping")
        case WorkerState.BACKOFF:
            return translate("WorkerState", "Restarting")
        case WorkerState.FAILED:
            return translate("WorkerState", "Failed")


def clock(status: WorkerStatus, now_s: float) -> str:
    """Return how long a worker has been at work, or when it starts again; else nothing."""
    if status.retry_at_s is not None:
        left_s = max(0.0, status.retry_at_s - now_s)
        return translate("WorkerState", "in {0} s").format(f"{left_s:.0f}")
    uptime_s = status.uptime_s(now_s)
    return formatting.duration(uptime_s) if uptime_s is not None else ""
