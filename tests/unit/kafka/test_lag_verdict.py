"""A lag joined with what its reader is meant to do: every state with every status."""

from __future__ import annotations

import pytest

from pipeline.kafka.lag_rules import LagStatus
from pipeline.kafka.lag_verdict import Verdict, verdict
from pipeline.states import WorkerState

S, L, V = WorkerState, LagStatus, Verdict
TABLE = {
    #               unknown       ok         warn          stall
    S.RUNNING: (V.UNKNOWN, V.OK, V.BEHIND, V.STALLED),
    S.DEGRADED: (V.UNKNOWN, V.OK, V.DEGRADED, V.DEGRADED),
    S.STARTING: (V.UNKNOWN, V.OK, V.STARTING, V.STARTING),
    S.STOPPED: (V.STOPPED, V.STOPPED, V.STOPPED, V.STOPPED),
    S.STOPPING: (V.STOPPED, V.STOPPED, V.STOPPED, V.STOPPED),
    S.BACKOFF: (V.WAITING, V.WAITING, V.WAITING, V.WAITING),
    S.FAILED: (V.FAILED, V.FAILED, V.FAILED, V.FAILED),
    None: (V.UNKNOWN, V.OK, V.BEHIND, V.UNREAD),
}


@pytest.mark.parametrize(
    ("reader", "status", "wanted"),
    [
        (reader, status, wanted)
        for reader, row in TABLE.items()
        for status, wanted in zip((L.UNKNOWN, L.OK, L.WARN, L.STALL), row, strict=True)
    ],
)
def test_table(reader: WorkerState | None, status: LagStatus, wanted: Verdict) -> None:
    """Each state of the reader with each status of the lag."""
    assert verdict(status, reader) is wanted


def test_the_table_is_whole() -> None:
    """A state that is added must be thought about."""
    assert set(TABLE) == {*WorkerState, None}
