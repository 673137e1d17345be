"""The asyncio side of the scheduler: assessments under way, at most as many as there are slots."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from loguru import logger

from pipeline.evidence import shrinking
from pipeline.kafka.delivery import Delivery
from pipeline.kafka.errors import MessageTooLargeError
from pipeline.kafka.producer import ReliableProducer
from pipeline.messages import AssessmentTask, MessageError, RiskAssessmentResult, decode, encode
from pipeline.scheduling.assessor import AssessmentError, Assessor, Trouble
from pipeline.scheduling.results import failed, made
from pipeline.states import WorkerName
from pipeline.texts import NOTHING, say
from pipeline.worker import WorkerContext

TAKE_TIMEOUT_S = 0.2
DRAIN_TIMEOUT_S = 5.0
"""How long assessments under way may take to finish once the worker was asked to stop."""
CANCEL_TIMEOUT_S = 1.0
ROOM_POLL_S = 0.05
TROUBLE = "assessor"

_shrink = shrinking(RiskAssessmentResult)
"""Under which the assessor's trouble is told."""


class TaskSource(Protocol):
    """What hands out tasks: a `pipeline.kafka.consumer.WorkConsumer`."""

    def take(self, max_messages: int, timeout_s: float = ...) -> list[Delivery]: ...


class Desk:
    """Keeps every slot busy while there is work, and hands results over as they come."""

    def __init__(
        self,
        context: WorkerContext,
        source: TaskSource,
        producer: ReliableProducer,
        assessor: Assessor,
    ) -> None:
        self._context = context
        self._source = source
        self._producer = producer
        self._assessor = assessor
        self._slots = context.settings.scheduler.max_in_flight
        self._topic = context.settings.kafka.topics.risk_assessment_results
        self._running: set[asyncio.Task[None]] = set()
        self._slot_freed = asyncio.Event()
        self._failure: BaseException | None = None
        self._told = NOTHING

    async def work(self) -> None:
        """Take tasks while slots are free, until stopped; then finish what is under way.

        Raises:
            KafkaUnavailableError: the broker failed or refuses.
        """
        loop = asyncio.get_running_loop()
        telemetry = self._context.telemetry
        # One thread: a Kafka consumer belongs to one thread at a time.
        with ThreadPoolExecutor(1, thread_name_prefix="scheduler-take") as kafka_thread:
            self._context.ready()
            while not self._context.stop.is_set():
                free = self._free()
                if free <= 0:
                    await self._wait_for_slot()
                # With no free slot this only keeps the membership of the group alive.
                deliveries = await loop.run_in_executor(
                    kafka_thread,
                    self._source.take,
                    max(0, self._free()),
                    TAKE_TIMEOUT_S if free > 0 else 0.0,
                )
                for delivery in deliveries:
                    self._begin(delivery)
                # Assessments that need no waiting are over after this.
                await asyncio.sleep(0)
                in_flight = self._assessor.in_flight
                telemetry.gauge("in_flight", len(self._running) if in_flight is None else in_flight)
                self._raise_failure()
                self._producer.check()
            await self._drain()

    def _free(self) -> int:
        """Return how many more tasks may be taken; none while the assessor cannot work."""
        trouble = self._assessor.trouble()
        self._tell(trouble)
        if trouble is not None and trouble.pauses:
            return 0
        # What only waits uses no slot, but there is an end to that, too.
        parked = min(self._assessor.parked, self._slots)
        return self._slots + self._assessor.ahead + parked - len(self._running)

    def _tell(self, trouble: Trouble | None) -> None:
        reason = trouble.reason if trouble is not None else NOTHING
        if reason == self._told:
            return
        if not reason:
            self._context.telemetry.recover(TROUBLE)
        else:
            # Not taken back in between: who tries again in vain was not well meanwhile.
            if self._told and reason.source != self._told.source:
                logger.warning("what holds the assessor up is another now: {}", reason)
            self._context.telemetry.degrade(TROUBLE, reason)
        self._told = reason

    async def _wait_for_slot(self) -> None:
        self._slot_freed.clear()
        try:
            async with asyncio.timeout(TAKE_TIMEOUT_S):
                await self._slot_freed.wait()
        except TimeoutError:
            return

    def _begin(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._serve(delivery))
        self._running.add(task)

    async def _serve(self, delivery: Delivery) -> None:
        """Assess one delivery and free its slot at once, whatever becomes of it."""
        try:
            await self._assess(delivery)
        except Exception as error:  # noqa: BLE001 - raised again in `work`, where it ends the run
            self._failure = error
        finally:
            task = asyncio.current_task()
            assert task is not None
            self._running.discard(task)
            self._slot_freed.set()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _drain(self) -> None:
        under_way = set(self._running)
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=DRAIN_TIMEOUT_S)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=CANCEL_TIMEOUT_S)
                logger.warning("{} assessments were handed back; they are done again", len(late))
        self._context.telemetry.gauge("in_flight", 0)
        self._raise_failure()

    async def _assess(self, delivery: Delivery) -> None:
        began_s = time.perf_counter()
        try:
            task = decode(delivery.value, AssessmentTask)
        except MessageError as error:
            self._producer.dead_letter(delivery, WorkerName.SCHEDULER, str(error))
            return
        result = await self._result(task)
        while not self._producer.room(self._topic, task.camera_id):
            if self._context.stop.is_set():
                return  # not done, so it is read again
            await asyncio.sleep(ROOM_POLL_S)
        try:
            self._producer.send(
                self._topic,
                task.camera_id,
                encode(result),
                delivery.done,
                shrink=_shrink,
            )
        except MessageTooLargeError as error:
            self._producer.dead_letter(delivery, WorkerName.SCHEDULER, str(error))
            return
        self._context.telemetry.latency((time.perf_counter() - began_s) * 1000)
        self._show(task, result)

    async def _result(self, task: AssessmentTask) -> RiskAssessmentResult:
        began_s = time.perf_counter()
        try:
            outcome = await self._assessor.assess(task)
        except AssessmentError as error:
            trouble = error
        except Exception as error:  # noqa: BLE001 - one bad task must not stop all others
            logger.opt(exception=error).error(
                "the assessor broke down on task {} of {}", task.task_id, task.camera_id
            )
            trouble = AssessmentError(
                say("the assessor broke down ({kind})", kind=type(error).__name__)
            )
        else:
            return made(task, outcome)
        self._context.telemetry.count("expired" if trouble.kind == "expired" else "errors")
        took_ms = (time.perf_counter() - began_s) * 1000
        return failed(task, self._assessor, trouble, took_ms)

    def _show(self, task: AssessmentTask, result: RiskAssessmentResult) -> None:
        if not result.results:
            # What was said of the group before holds no longer.
            self._context.hub.post_verdict(task.camera_id, task.group_index, "not_assessed", "")
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
