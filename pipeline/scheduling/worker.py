"""The scheduler: takes tasks, has them assessed by rules or a model, sends the verdicts on."""

from __future__ import annotations

import asyncio

from pipeline.scheduling.assessor import Assessor
from pipeline.scheduling.desk import Desk
from pipeline.scheduling.rules.assessor import RulesAssessor
from pipeline.settings import SchedulerSettings
from pipeline.states import WorkerName
from pipeline.worker import WorkerContext

FLUSH_TIMEOUT_S = 2.0
"""How long results may take to be acknowledged at a stop, after the assessments are over."""


def make_assessor(settings: SchedulerSettings) -> Assessor:
    """Return the assessor that the settings ask for."""
    return RulesAssessor(settings.rules)


class SchedulerWorker:
    """Stage 3. A task is done when its result is acknowledged; results come in any order."""

    name = WorkerName.SCHEDULER

    def __init__(self, assessor: Assessor | None = None) -> None:
        """Work with `assessor`; by default with the one that the settings ask for."""
        self._assessor = assessor

    def run(self, context: WorkerContext) -> None:
        """Work until stopped; see `pipeline.worker.Worker.run`."""
        assessor = self._assessor or make_assessor(context.settings.scheduler)
        context.telemetry.label("assessor", assessor.label)
        settings = context.settings.kafka
        producer = context.kafka.producer(context.telemetry)
        try:
            consumer = context.kafka.consumer(
                settings.groups.scheduler, [settings.topics.assessment_tasks], context.telemetry
            )
            try:
                asyncio.run(Desk(context, consumer, producer, assessor).work())
                producer.flush(FLUSH_TIMEOUT_S)
            finally:
                consumer.close()
        finally:
            producer.close()
