"""What a producer has handed to its client library and not heard the end of yet."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence

from pipeline.kafka.retention import Outcome, RetentionGate
from pipeline.kafka.sending import Report, Sending


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

    def add(self, topic: str, messages: int, total_bytes: int) -> None:
        """Note messages handed over."""
        with self._lock:
            self.messages += messages
            self.total_bytes += total_bytes
            if self._gate is not None:
                self._by_topic[topic] += total_bytes
        if self._gate is not None:
            self._gate.note_sending(topic, total_bytes)

    def settle(self, reports: Sequence[Report], total_bytes: int) -> None:
        """Note the end of sendings, of `total_bytes` together."""
        if self._gate is None:
            with self._lock:
                self.messages -= len(reports)
                self.total_bytes -= total_bytes
            return
        self._settle_gated(
            [
                (
                    sending.topic,
                    sending.size,
                    message.partition() or 0,
                    message.offset() if error is None else None,
                )
                for sending, error, message in reports
            ],
            self._gate,
        )

    def fail(self, sending: Sending) -> None:
        """Note that one was not sent after all."""
        if self._gate is not None:
            self._settle_gated([(sending.topic, sending.size, 0, None)], self._gate)
            return
        with self._lock:
            self.messages -= 1
            self.total_bytes -= sending.size

    def forget_all(self) -> None:
        """Give back to the gate what a broken client will never report."""
        with self._lock:
            left = {topic: size for topic, size in self._by_topic.items() if size}
            self._by_topic.clear()
            self.messages = self.total_bytes = 0
        if self._gate is not None:
            self._gate.note_outcomes([(topic, size, 0, None) for topic, size in left.items()])

    def _settle_gated(self, outcomes: Sequence[Outcome], gate: RetentionGate) -> None:
        with self._lock:
            self.messages -= len(outcomes)
            for topic, size, _, _ in outcomes:
                self.total_bytes -= size
                self._by_topic[topic] -= size
        gate.note_outcomes(outcomes)
