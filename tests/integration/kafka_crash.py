"""A worker that dies in the middle of its work; run as a process of its own.

Arguments: broker, topic, group, how many messages to finish, session timeout in ms. Takes messages,
finishes every second one at most, prints the finished numbers, and ends without any goodbye.
"""

from __future__ import annotations

import os
import sys
import time

from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.delivery import Delivery
from pipeline.settings import KafkaSettings
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry

COMMIT_WAIT_S = 1.5


def main() -> None:
    servers, topic, group, count, session_ms = sys.argv[1:]
    settings = KafkaSettings(
        mode="cluster",
        bootstrap_servers=servers,
        consumer={"session.timeout.ms": session_ms, "heartbeat.interval.ms": 500},
    )
    consumer = KafkaAccess(settings, None).consumer(
        group, [topic], WorkerTelemetry(WorkerName.GENERATOR)
    )
    taken: list[Delivery] = []
    while len(taken) < int(count):
        taken += consumer.take(int(count) - len(taken), 0.1)
    finished = []
    for position, delivery in enumerate(taken):
        if position < len(taken) // 2 or position % 2:
            delivery.done()
            finished.append(int(delivery.value))
    deadline_s = time.monotonic() + COMMIT_WAIT_S
    while time.monotonic() < deadline_s:
        consumer.take(0, 0.1)
    print(*finished, flush=True)
    os._exit(9)


if __name__ == "__main__":
    main()
