"""The scheduler: takes tasks, has them assessed by rules or a model, sends the verdicts on."""

from __future__ import annotations

import asyncio

from pipeline.evidence_store import EvidenceStore, open_store
from pipeline.kafka.consumer import WorkConsumer
from pipeline.kafka.producer import ReliableProducer
from pipeline.scheduling.assessor import Assessor
from pipeline.scheduling.desk import Desk
from pipeline.scheduling.rules.assessor import RulesAssessor
from pipeline.settings_scheduler import SchedulerSettings
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry
from pipeline.texts import say
from pipeline.worker import WorkerContext, WorkerError

FLUSH_TIMEOUT_S = 2.0
"""How long results may take to be acknowledged at a stop, after the assessments are over."""


def make_assessor(
    settings: SchedulerSettings, telemetry: WorkerTelemetry, pictures: EvidenceStore | None = None
) -> Assessor:
    """Return the assessor that the settings ask for; fetches keys, so it may block.

    `pictures` is the store of those that tasks only name.

    Raises:
        WorkerError: the prompt cannot be used.
    """
    if settings.assessor == "rules":
        return RulesAssessor(settings.rules)
    # The HTTP client takes a while to import, and the rules need none.
    from pipeline.scheduling.llm.assessor import LlmAssessor
    from pipeline.scheduling.llm.keys import fetch_keys
    from pipeline.scheduling.llm.prompt import PromptError, load_template

    try:
        template = load_template(settings.llm.prompt)
    except PromptError as error:
        raise WorkerError(
            say("The prompt cannot be used: {error}.", error=error),
            next_step=say("Mend it in the settings, or go back to the one that ships."),
            retriable=False,
        ) from error
    keys = fetch_keys(settings.llm)
    return LlmAssessor(settings, keys, template, telemetry, pictures=pictures)


class SchedulerWorker:
    """Stage 3. A task is done when its result is acknowledged; results come in any order."""

    name = WorkerName.SCHEDULER

    def __init__(self, assessor: Assessor | None = None) -> None:
        """Work with `assessor`; by default with the one that the settings ask for."""
        self._assessor = assessor

    def run(self, context: WorkerContext) -> None:
        """Work until stopped; see `pipeline.worker.Worker.run`."""
        assessor = self._assessor or make_assessor(
            context.settings.scheduler,
            context.telemetry,
            open_store(context.settings.evidence),
        )
        context.telemetry.label("assessor", assessor.label)
        context.telemetry.label("assessor_kind", assessor.kind)
        settings = context.settings.kafka
        producer = context.kafka.producer(context.telemetry)
        try:
            consumer = context.kafka.consumer(
                settings.groups.scheduler, [settings.topics.assessment_tasks], context.telemetry
            )
            try:
                asyncio.run(_work(context, consumer, producer, assessor))
                producer.flush(FLUSH_TIMEOUT_S)
            finally:
                consumer.close()
        finally:
            producer.close()


async def _work(
    context: WorkerContext,
    consumer: WorkConsumer,
    producer: ReliableProducer,
    assessor: Assessor,
) -> None:
    await assessor.open()
    try:
        await Desk(context, consumer, producer, assessor).work()
    finally:
        await assessor.close()
