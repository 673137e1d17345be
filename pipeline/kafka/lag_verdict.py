"""What a lag means given what its reader is meant to do. Pure.

A reader that the operator stopped may fall behind in peace; one that runs and finishes nothing is
the loudest, since nothing else tells of it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pipeline.kafka.lag_rules import LagStatus
from pipeline.states import WorkerState


class Verdict(StrEnum):
    """About a topic and the worker that reads it, from quiet to loud.

    `OK`: reads along. `STOPPED`: the operator stopped it; lag is expected. `UNKNOWN`: not seen long
    enough. `STARTING`: comes up, and will read. `BEHIND`: reads, but more comes. `DEGRADED`: falls
    behind for a reason that it states. `WAITING`: failed, and tries again by itself. `UNREAD`:
    nobody here is meant to read it, and nobody elsewhere does. `FAILED`: waits for the operator.
    `STALLED`: runs, has unread messages, and finishes nothing.
    """

    OK = "ok"
    STOPPED = "stopped"
    UNKNOWN = "unknown"
    STARTING = "starting"
    BEHIND = "behind"
    DEGRADED = "degraded"
    WAITING = "waiting"
    UNREAD = "unread"
    FAILED = "failed"
    STALLED = "stalled"


_BY_LAG: Final = {
    LagStatus.UNKNOWN: Verdict.UNKNOWN,
    LagStatus.OK: Verdict.OK,
    LagStatus.WARN: Verdict.BEHIND,
    LagStatus.STALL: Verdict.STALLED,
}
_BY_STATE: Final = {
    WorkerState.STOPPED: Verdict.STOPPED,
    WorkerState.STOPPING: Verdict.STOPPED,
    WorkerState.FAILED: Verdict.FAILED,
    WorkerState.BACKOFF: Verdict.WAITING,
}


def verdict(status: LagStatus, reader: WorkerState | None) -> Verdict:
    """Return what to say of a lag.

    Args:
        status: of the lag itself.
        reader: state of the worker of this process that reads the topic; None when that is no
            worker of this process, but one elsewhere.
    """
    of_lag = _BY_LAG[status]
    if reader is None:
        return Verdict.UNREAD if of_lag is Verdict.STALLED else of_lag
    if reader in _BY_STATE:
        return _BY_STATE[reader]
    if of_lag in {Verdict.BEHIND, Verdict.STALLED}:
        if reader is WorkerState.STARTING:
            return Verdict.STARTING
        if reader is WorkerState.DEGRADED:
            return Verdict.DEGRADED
    return of_lag
