"""The gate before the embedded broker: what is unread may not be evicted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kafka.retention import (
    RECORD_OVERHEAD_BYTES,
    ROOM_BYTES,
    ROOM_MESSAGES,
    RetentionGate,
)

BROKER_KEEPS_BYTES = 5 * 1024 * 1024


@pytest.fixture
def gate() -> RetentionGate:
    gate = RetentionGate()
    gate.add_reader("tasks", "group")
    return gate


def _send(gate: RetentionGate, size: int, partition: int, offset: int | None) -> None:
    gate.note_sending("tasks", size)
    gate.note_outcomes([("tasks", size, partition, offset)])


def test_room_ends_before_the_broker_evicts(gate: RetentionGate) -> None:
    """Unread messages of one partition never reach the 5 MiB that the broker keeps."""
    offset = 0
    while gate.has_room("tasks"):
        _send(gate, 60_000, 0, offset)
        offset += 1
    assert ROOM_BYTES <= gate.unread_bytes("tasks") < BROKER_KEEPS_BYTES - 1_000_000


def test_room_ends_before_the_broker_has_too_many_batches(gate: RetentionGate) -> None:
    """Small messages are bounded by their number, or by what the broker keeps besides each."""
    for offset in range(ROOM_MESSAGES):
        _send(gate, 1, 0, offset)
    assert not gate.has_room("tasks")


def test_what_is_under_way_counts(gate: RetentionGate) -> None:
    """Bytes that are not acknowledged yet may all end in one partition."""
    gate.note_sending("tasks", ROOM_BYTES)
    assert not gate.has_room("tasks")
    gate.note_outcomes([("tasks", ROOM_BYTES, 0, None)])
    assert gate.has_room("tasks")
    assert gate.unread_bytes("tasks") == 0


def test_what_is_unread_and_what_is_under_way_count_together(gate: RetentionGate) -> None:
    """Neither fills the partition alone."""
    _send(gate, ROOM_BYTES // 2, 0, 0)
    assert gate.has_room("tasks")
    gate.note_sending("tasks", ROOM_BYTES // 2)
    assert not gate.has_room("tasks")


def test_commit_makes_room(gate: RetentionGate) -> None:
    """What the group has committed may go."""
    for offset in range(2):
        _send(gate, ROOM_BYTES // 2, 3, offset)
    assert not gate.has_room("tasks")
    gate.note_committed("group", [("tasks", 3, 1)])
    assert gate.has_room("tasks")
    assert gate.unread_bytes("tasks") == ROOM_BYTES // 2 + RECORD_OVERHEAD_BYTES


def test_slowest_reader_decides(gate: RetentionGate) -> None:
    """With a second reader both must have read a message before it may go."""
    gate.add_reader("tasks", "witness")
    _send(gate, ROOM_BYTES, 0, 0)
    gate.note_committed("group", [("tasks", 0, 1)])
    assert not gate.has_room("tasks")
    gate.note_committed("witness", [("tasks", 0, 1)])
    assert gate.has_room("tasks")


def test_late_report_of_an_old_commit_changes_nothing(gate: RetentionGate) -> None:
    """The lag monitor's reading may be older than what the reader told itself."""
    gate.note_committed("group", [("tasks", 0, 10)])
    gate.note_committed("group", [("tasks", 0, 4)])
    _send(gate, ROOM_BYTES, 0, 7)
    assert gate.has_room("tasks")


def test_topic_without_reader_is_never_gated(gate: RetentionGate) -> None:
    """Nobody reads dead letters in the pipeline: the broker keeps the newest of them."""
    for offset in range(3):
        gate.note_sending("tasks.dlq", ROOM_BYTES)
        gate.note_outcomes([("tasks.dlq", ROOM_BYTES, 0, offset)])
    assert gate.has_room("tasks.dlq")


@given(
    st.lists(
        st.tuples(st.integers(1, 2_000_000), st.integers(0, 2), st.booleans()),
        min_size=1,
        max_size=80,
    )
)
def test_books_balance(sendings: list[tuple[int, int, bool]]) -> None:
    """After everything that was sent is committed, nothing is unread and nothing under way."""
    gate = RetentionGate()
    gate.add_reader("tasks", "group")
    ends = [0, 0, 0]
    for size, partition, delivered in sendings:
        gate.note_sending("tasks", size)
        gate.note_outcomes([("tasks", size, partition, ends[partition] if delivered else None)])
        ends[partition] += delivered
    gate.note_committed("group", [("tasks", number, end) for number, end in enumerate(ends)])
    assert gate.unread_bytes("tasks") == 0
    assert gate.has_room("tasks")
