"""The ring of log lines: what is put in comes out, packed or not; the oldest go."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from pipeline.log_ring import MAX_KINDS, OTHER, LogRing

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)


@given(st.lists(st.text(max_size=20), max_size=40))
def test_every_line_comes_out_as_it_was_put_in(messages: list[str]) -> None:
    ring = LogRing(block_lines=7)
    for message in messages:
        ring.append(NOW, "INFO", "kafka", message)
    assert [line.message for line in ring.since(0)] == messages
    assert [line.sequence for line in ring.since(0)] == list(range(1, len(messages) + 1))
    for number, message in enumerate(messages, 1):
        line = ring.line(number)
        assert line is not None
        assert (line.message, line.level, line.worker) == (message, "INFO", "kafka")
        assert line.time == NOW


def test_since_gives_what_is_newer() -> None:
    ring = LogRing(block_lines=4)
    for number in range(10):
        ring.append(NOW, "INFO", "console", f"line {number}")
    assert [line.message for line in ring.since(8)] == ["line 8", "line 9"]
    assert ring.since(10) == []
    assert ring.line(11) is None


def test_the_oldest_lines_go_but_the_capacity_is_kept() -> None:
    ring = LogRing(capacity=10, block_lines=4)
    for number in range(100):
        ring.append(NOW, "INFO", "console", f"line {number}")
    kept = ring.since(0)
    assert 10 <= len(kept) < 10 + 2 * 4
    assert kept[-1].message == "line 99"
    assert ring.first_sequence == kept[0].sequence
    assert ring.line(1) is None


def test_many_sources_keep_their_level() -> None:
    ring = LogRing()
    for number in range(2 * MAX_KINDS):
        ring.append(NOW, "ERROR", f"source-{number}", "text")
    lines = ring.since(0)
    assert lines[0].worker == "source-0"
    assert lines[-1].worker == OTHER
    assert {line.level for line in lines} == {"ERROR"}


def test_several_writers_and_a_reader() -> None:
    """Nothing is lost or torn, whatever the reader sees in between."""
    ring = LogRing(block_lines=16)

    def write(name: str) -> None:
        for number in range(2_000):
            ring.append(NOW, "INFO", name, f"{name} {number}")

    writers = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for writer in writers:
        writer.start()
    seen: list[tuple[str, str]] = []
    while any(writer.is_alive() for writer in writers) or ring.last_sequence > len(seen):
        seen += [(line.worker, line.message) for line in ring.since(len(seen))]
    for writer in writers:
        writer.join()
    for name in ("a", "b", "c"):
        expected = [(name, f"{name} {number}") for number in range(2_000)]
        assert [each for each in seen if each[0] == name] == expected
