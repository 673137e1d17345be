"""The scheduler: assesses tasks, many at once, in an asyncio loop of its own thread."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from loguru import logger

from pipeline.kafka.consumer import Delivery, WorkConsumer
from pipeline.kafka.producer import ReliableProducer
from pipeline.messages import (
    AssessmentTask,
    MessageError,
    ResultMetadata,
    RiskAssessment,
    RiskAssessmentResult,
    decode,
    encode,
)
from pipeline.scheduling.assessor import AssessmentError, Assessor
from pipeline.scheduling.rules.assessor import RulesAssessor
from pipeline.states import WorkerName
from pipeline.worker import WorkerContext, WorkerError

TAKE_TIMEOUT_S = 0.2
DRAIN_TIMEOUT_S = 6.0
"""How long assessments under way may take to finish once the worker was asked to stop."""


class SchedulerWorker:
    """Stage 3. A task is done when its result is acknowledged; results come in any order."""

    name = WorkerName.SCHEDULER

    def run(self, context: WorkerContext) -> None:
        """Work until stopped; see `pipeline.worker.Worker.run`."""
        assessor = RulesAssessor(context.settings.scheduler.rules)
        context.telemetry.label("assessor", assessor.label)
        settings = context.settings.kafka
        producer = context.kafka.producer(context.telemetry)
        try:
            consumer = context.kafka.consumer(
                settings.groups.scheduler, [settings.topics.assessment_tasks], context.telemetry
            )
            try:
                asyncio.run(_Desk(context, consumer, producer, assessor).work())
                producer.flush()
            finally:
                consumer.close()
        finally:
            producer.close()


class _Desk:
    """Assessments under way, at most as many as there are slots."""

    def __init__(
        self,
        context: WorkerContext,
        consumer: WorkConsumer,
        producer: ReliableProducer,
        assessor: Assessor,
    ) -> None:
        self._context = context
        self._consumer = consumer
        self._producer = producer
        self._assessor = assessor
        self._slots = context.settings.scheduler.max_in_flight
        self._running: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None

    async def work(self) -> None:
        """Take tasks while slots are free, until stopped; then finish what is under way.

        Raises:
            WorkerError: the broker failed, or an assessor broke down.
        """
        loop = asyncio.get_running_loop()
        # One thread: a Kafka consumer belongs to one thread at a time.
        with ThreadPoolExecutor(1, thread_name_prefix="scheduler-take") as kafka_thread:
            self._context.ready()
            while not self._context.stop.is_set():
                free = self._slots - len(self._running)
                deliveries = await loop.run_in_executor(
                    kafka_thread, self._consumer.take, free, TAKE_TIMEOUT_S
                )
                for delivery in deliveries:
                    self._begin(delivery)
                self._context.telemetry.gauge("in_flight", len(self._running))
                self._raise_failure()
                self._producer.check()
                # Let assessments that need no waiting finish before the next take.
                await asyncio.sleep(0)
            await self._drain()

    def _begin(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._assess(delivery))
        self._running.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()

    def _raise_failure(self) -> None:
        if isinstance(self._failure, WorkerError):
            raise self._failure
        if self._failure is not None:
            raise WorkerError(f"The assessor broke down: {self._failure}") from self._failure

    async def _drain(self) -> None:
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=DRAIN_TIMEOUT_S)
            for task in late:
                task.cancel()
            if late:
                logger.warning("{} assessments were handed back; they are done again", len(late))
        self._raise_failure()

    async def _assess(self, delivery: Delivery) -> None:
        began_s = time.perf_counter()
        try:
            task = decode(delivery.value, AssessmentTask)
        except MessageError as error:
            self._producer.dead_letter(delivery, WorkerName.SCHEDULER, str(error))
            return
        result = await self._result(task)
        topic = self._context.settings.kafka.topics.risk_assessment_results
        while not self._producer.room(topic, task.camera_id):
            if self._context.stop.is_set():
                return  # not done, so it is read again
            await asyncio.sleep(0.05)
        self._producer.send(topic, task.camera_id, encode(result), delivery.done)
        self._context.telemetry.latency((time.perf_counter() - began_s) * 1000)
        self._show(task, result)

    async def _result(self, task: AssessmentTask) -> RiskAssessmentResult:
        began_s = time.perf_counter()
        try:
            outcome = await self._assessor.assess(task)
        except AssessmentError as error:
            self._context.telemetry.count("errors")
            metadata = ResultMetadata(
                assessor="rules",
                llm_latency=(time.perf_counter() - began_s) * 1000,
                llm_model=self._assessor.label,
            )
            return _made(task, metadata, error=str(error))
        return _made(task, outcome.metadata, outcome.results)

    def _show(self, task: AssessmentTask, result: RiskAssessmentResult) -> None:
        if not result.results:
            return
        worst = result.results[0]
        for kind in worst.risk_types:
            self._context.telemetry.count(f"fired_{kind}")
        self._context.hub.post_verdict(
            task.camera_id,
            task.group_index,
            worst.risk_level,
            worst.risk_types[0] if worst.risk_types else "",
        )


def _made(
    task: AssessmentTask,
    metadata: ResultMetadata,
    results: tuple[RiskAssessment, ...] = (),
    error: str | None = None,
) -> RiskAssessmentResult:
    risky = bool(results) and results[0].risk_level != "none"
    return RiskAssessmentResult(
        message_id=task.task_id,
        request_id=task.request_id,
        camera_id=task.camera_id,
        timestamp=task.timestamp,
        group_index=task.group_index,
        group_count=task.group_count,
        group_bbox=task.group_bbox,
        results=results,
        metadata=metadata,
        error=error,
        # Pictures of harmless groups are of no use downstream.
        group_image_base64=task.group_image_base64 if risky else None,
    )
