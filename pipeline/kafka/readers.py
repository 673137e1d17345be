"""Which worker reads which topic, in which consumer group."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.settings import KafkaSettings
from pipeline.states import WorkerName


class Reader(NamedTuple):
    """A worker's reading of a topic.

    Attributes:
        is_work: whether its messages are the worker's work; others it reads beside that.
    """

    worker: WorkerName
    group: str
    topic: str
    is_work: bool = True


def readers(kafka: KafkaSettings) -> tuple[Reader, ...]:
    """Return who reads what, in the order in which messages go through the pipeline."""
    topics, groups = kafka.topics, kafka.groups
    return (
        Reader(WorkerName.GENERATOR, groups.generator, topics.detection_results),
        Reader(WorkerName.SCHEDULER, groups.scheduler, topics.assessment_tasks),
        Reader(WorkerName.AGGREGATOR, groups.aggregator, topics.risk_assessment_results),
        # It learns there which verdicts to expect.
        Reader(WorkerName.AGGREGATOR, groups.aggregator, topics.detection_results, is_work=False),
    )
