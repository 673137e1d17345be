"""What a producer has handed to its client library and not heard the end of yet."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence

from pipeline.kafka.retention import RetentionGate
from pipeline.kafka.sending import Sending

Settled = tuple[Sending, int, int | None]
"""A sending, the partition and offset it was acknowledged at; an offset of None for one that failed."""


class Outstanding:
    """Messages that are sent and not settled, for a producer and its gate. Safe for threads.

    Attributes:
        messages, total_bytes: of all topics.
    """

    def __init__(self, gate: RetentionGate | None) -> None:
        self.messages = 0
        self.total_bytes = 0
        self._gate = gate
        self._lock = threading.Lock()
        self._by_topic: dict[str, int] = defaultdict(int)

    def add(self, sending: Sending) -> None:
        """Note a message handed over."""
        with self._lock:
            self.messages += 1
            self.total_bytes += sending.size
            if self._gate is not None:
                self._by_topic[sending.topic] += sending.size
        if self._gate is not None:
            self._gate.note_sending(sending.topic, sending.size)

    def settle(self, sendings: Sequence[Settled]) -> None:
        """Note the end of sendings."""
        total_bytes = 0
        for sending, _, _ in sendings:
            total_bytes += sending.size
        with self._lock:
            self.messages -= len(sendings)
            self.total_bytes -= total_bytes
            if self._gate is not None:
                for sending, _, _ in sendings:
                    self._by_topic[sending.topic] -= sending.size
        if self._gate is not None:
            for sending, partition, offset in sendings:
                self._gate.note_outcome(sending.topic, sending.size, partition, offset)

    def fail(self, sending: Sending) -> None:
        """Note that one was not sent after all."""
        self.settle([(sending, 0, None)])

    def forget_all(self) -> None:
        """Give back to the gate what a broken client will never report."""
        with self._lock:
            left = {topic: size for topic, size in self._by_topic.items() if size}
            self._by_topic.clear()
            self.messages = self.total_bytes = 0
        if self._gate is not None:
            for topic, size in left.items():
                self._gate.note_outcome(topic, size, 0, None)
