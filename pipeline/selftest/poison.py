"""Puts messages into the topics that no worker can process, one of a hundred."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from pipeline.kafka import KafkaAccess, KafkaUnavailableError
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry

SHARE: Final = 0.01
INTERVAL_S: Final = 0.1
NESTING: Final = 50_000

KINDS: Final[Mapping[str, bytes]] = {
    "bad JSON": b'{"requestId": "poison", ',
    "wrong schema version": b'{"schemaVersion": 99, "requestId": "poison", "cameraId": "poison"}',
    "invalid UTF-8": b'{"schemaVersion": 1, "requestId": "\xff\xfe", "cameraId": "\x80"}',
    "deep nesting": b'{"poison": ' + b"[" * NESTING + b"]" * NESTING + b"}",
    "empty": b"",
}


class Poisoner:
    """Keeps poison at `SHARE` of each topic, and at least one of each kind; a thread of its own.

    Attributes:
        failure: why it could not go on; empty while it could.
    """

    def __init__(self, kafka: KafkaAccess, seen: Callable[[], Mapping[str, int]]) -> None:
        """Begin.

        Args:
            kafka: where to.
            seen: returns how many messages each topic has had.
        """
        self.failure = ""
        self._seen = seen
        self._acknowledged: Counter[str] = Counter()
        self._sent: Counter[str] = Counter()
        self._kinds = itertools.cycle(KINDS.values())
        # Its own telemetry: what is fed in must not count as the workers' work.
        self._producer = kafka.producer(WorkerTelemetry(WorkerName.DETECTION))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="selftest-poison")
        self._thread.start()

    def stop(self) -> dict[str, int]:
        """End, and return how many messages each topic has taken."""
        self._stop.set()
        self._thread.join()
        self._producer.close()
        return dict(self._acknowledged)

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL_S) and not self.failure:
            try:
                self._keep_share()
            except KafkaUnavailableError as error:
                self.failure = str(error)

    def _keep_share(self) -> None:
        for topic, messages in self._seen().items():
            while self._sent[topic] < max(len(KINDS), int(SHARE * messages)):
                self._send(topic)

    def _send(self, topic: str) -> None:
        self._sent[topic] += 1

        def on_delivered() -> None:
            self._acknowledged[topic] += 1

        key = f"poison-{self._sent[topic]}"
        self._producer.send(topic, key, next(self._kinds), on_delivered)
