"""A request is done when the last of its tasks was acknowledged, not before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.generation.worker import when_all_delivered
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry


class Counted:
    def __init__(self) -> None:
        self.times_done = 0

    def done(self) -> None:
        self.times_done += 1


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_last_acknowledgement_ends_the_delivery(count: int) -> None:
    delivery = Counted()
    telemetry = WorkerTelemetry(WorkerName.GENERATOR)
    on_delivered = when_all_delivered(count, delivery, telemetry, 0.0)
    for number in range(count):
        assert delivery.times_done == 0, f"after {number} of {count}"
        on_delivered()
    assert delivery.times_done == 1
    assert len(telemetry.snapshot().latency_ms) == 1


def test_acknowledgements_may_come_from_several_threads() -> None:
    delivery = Counted()
    on_delivered = when_all_delivered(400, delivery, WorkerTelemetry(WorkerName.GENERATOR), 0.0)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(400):
            pool.submit(on_delivered)
    assert delivery.times_done == 1
