"""Keeps unread messages of the embedded broker from being evicted: the gate before its producers.

librdkafka's mock cluster keeps 5 MiB and 100,000 batches a partition and silently drops the oldest
(``rdkafka_mock.c``, ``rd_kafka_mock_partition_new``). The gate adds up, for each partition, what
was sent and what the slowest reading group has not committed yet; when that nears the limit there
is no room, and the source waits.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

ROOM_BYTES = 3_500_000
"""Unread bytes a partition may hold; the rest of 5 MiB is left for batches on their way."""

RECORD_OVERHEAD_BYTES = 100
"""What the broker keeps besides a message's payload: key, lengths, at worst a batch header each."""

ROOM_MESSAGES = 80_000
"""Unread messages a partition may hold; the broker counts batches, of one message at worst."""

Outcome = tuple[str, int, int, int | None]
"""Topic, bytes and partition of a sending, and the offset it is acknowledged at; None: it failed."""


@dataclass(slots=True)
class _Partition:
    """Unread messages of one partition: ``(offset, bytes)``, oldest first."""

    unread: deque[tuple[int, int]] = field(default_factory=deque)
    bytes: int = 0

    def add(self, offset: int, size: int) -> None:
        self.unread.append((offset, size))
        self.bytes += size

    def read_until(self, offset: int) -> None:
        while self.unread and self.unread[0][0] < offset:
            self.bytes -= self.unread.popleft()[1]

    @property
    def is_full(self) -> bool:
        return self.bytes >= ROOM_BYTES or len(self.unread) >= ROOM_MESSAGES


class RetentionGate:
    """What is unread in each partition of one embedded broker. Safe to use from several threads.

    A topic that nobody is registered to read (dead letters, alerts) is never gated: there the
    broker keeps the newest 5 MB.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: dict[str, set[str]] = defaultdict(set)
        self._partitions: dict[tuple[str, int], _Partition] = {}
        self._in_flight: dict[str, int] = defaultdict(int)
        self._committed: dict[tuple[str, str, int], int] = {}

    def add_reader(self, topic: str, group: str) -> None:
        """Have `group` counted among those that must have read a message before it may go."""
        with self._lock:
            self._readers[topic].add(group)

    def readers(self) -> dict[str, set[str]]:
        """Return the groups by topic, whose commits must be noted."""
        with self._lock:
            return {topic: set(groups) for topic, groups in self._readers.items()}

    def has_room(self, topic: str) -> bool:
        """Return whether every partition of `topic` has room for more.

        All partitions, since which one a key goes to is the client's business; one camera's data
        that is not read soon means that the reader is behind anyhow.
        """
        with self._lock:
            if not self._readers.get(topic):
                return True
            in_flight = self._in_flight[topic]
            return (
                not any(
                    partition.is_full or partition.bytes + in_flight >= ROOM_BYTES
                    for (name, _), partition in self._partitions.items()
                    if name == topic
                )
                and in_flight < ROOM_BYTES
            )

    def note_sending(self, topic: str, size: int) -> None:
        """Note bytes handed to a producer and not acknowledged yet."""
        with self._lock:
            self._in_flight[topic] += size

    def note_outcomes(self, outcomes: Iterable[Outcome]) -> None:
        """Note the end of sendings."""
        with self._lock:
            for topic, size, partition, offset in outcomes:
                self._in_flight[topic] -= size
                if offset is None or not self._readers.get(topic):
                    continue
                book = self._partitions.setdefault((topic, partition), _Partition())
                book.add(offset, size + RECORD_OVERHEAD_BYTES)
                book.read_until(self._slowest(topic, partition))

    def note_committed(self, group: str, offsets: Iterable[tuple[str, int, int]]) -> None:
        """Note committed offsets of `group`: ``(topic, partition, next offset to read)``."""
        with self._lock:
            for topic, partition, offset in offsets:
                key = (group, topic, partition)
                # Told by two: the reader at once, the lag monitor a little later.
                self._committed[key] = max(offset, self._committed.get(key, 0))
                book = self._partitions.get((topic, partition))
                if book is not None:
                    book.read_until(self._slowest(topic, partition))

    def unread_bytes(self, topic: str) -> int:
        """Return the unread bytes of the fullest partition of `topic`."""
        with self._lock:
            return max(
                (book.bytes for (name, _), book in self._partitions.items() if name == topic),
                default=0,
            )

    def _slowest(self, topic: str, partition: int) -> int:
        return min(
            self._committed.get((group, topic, partition), 0) for group in self._readers[topic]
        )
