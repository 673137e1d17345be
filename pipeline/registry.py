"""Which class does which worker's job; imported late, since workers pull in heavy libraries."""

from __future__ import annotations

from pipeline.states import WorkerName
from pipeline.worker import Worker


def make_worker(name: WorkerName) -> Worker:
    """Return a fresh worker of that name."""
    match name:
        case WorkerName.DETECTION:
            from pipeline.detection.worker import DetectionWorker

            return DetectionWorker()
        case WorkerName.GENERATOR:
            from pipeline.generation.worker import GeneratorWorker

            return GeneratorWorker()
        case WorkerName.SCHEDULER:
            from pipeline.scheduling.worker import SchedulerWorker

            return SchedulerWorker()
        case WorkerName.AGGREGATOR:
            from pipeline.aggregation.worker import AggregatorWorker

            return AggregatorWorker()
