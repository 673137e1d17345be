"""A broker, and workers that end with their test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.kafka import KafkaAccess
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.settings import Settings, demo_settings
from tests.support.detection_worker import Running, Start


@pytest.fixture
def kafka() -> Iterator[KafkaAccess]:
    settings = demo_settings().kafka
    broker = EmbeddedBroker(settings)
    yield KafkaAccess(settings, broker)
    broker.close()


@pytest.fixture
def start(kafka: KafkaAccess) -> Iterator[Start]:
    workers: list[Running] = []

    def make(settings: Settings) -> Running:
        workers.append(Running(settings, kafka))
        return workers[-1]

    yield make
    for worker in workers:
        worker.end()
