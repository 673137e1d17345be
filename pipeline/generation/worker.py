"""The task generator: detection results in, one assessment task for each due group out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from pipeline.evidence import smaller_forms
from pipeline.generation.tasks import make_tasks
from pipeline.kafka.consumer import Delivery
from pipeline.kafka.errors import MessageTooLargeError
from pipeline.kafka.producer import ReliableProducer
from pipeline.messages import AssessmentTask, DetectionResult, MessageError, decode, encode
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry
from pipeline.worker import WorkerContext

MAX_IN_FLIGHT = 500
"""Detection results whose tasks are not acknowledged yet."""

BATCH = 100


class Finishable(Protocol):
    """What is done at some point: a `pipeline.kafka.consumer.Delivery`."""

    def done(self) -> None: ...


class GeneratorWorker:
    """Stage 2. An input is done when all its tasks are acknowledged."""

    name = WorkerName.GENERATOR

    def run(self, context: WorkerContext) -> None:
        """Work until stopped; see `pipeline.worker.Worker.run`."""
        settings = context.settings.kafka
        producer = context.kafka.producer(context.telemetry)
        try:
            consumer = context.kafka.consumer(
                settings.groups.generator, [settings.topics.detection_results], context.telemetry
            )
            try:
                context.ready()
                while not context.stop.is_set():
                    producer.check()
                    free = MAX_IN_FLIGHT - consumer.in_flight
                    made = 0
                    for delivery in consumer.take(min(BATCH, free)):
                        made += self._handle(context, producer, delivery)
                    context.telemetry.count("tasks", made)
                producer.flush()
            finally:
                consumer.close()
        finally:
            producer.close()

    def _handle(
        self, context: WorkerContext, producer: ReliableProducer, delivery: Delivery
    ) -> int:
        """Send the tasks of one message; return how many."""
        taken_s = time.perf_counter()
        try:
            tasks = make_tasks(decode(delivery.value, DetectionResult))
        except MessageError as error:
            producer.dead_letter(delivery, self.name, str(error))
            return 0
        if not tasks:
            context.telemetry.latency((time.perf_counter() - taken_s) * 1000)
            delivery.done()
            return 0
        on_delivered = when_all_delivered(len(tasks), delivery, context.telemetry, taken_s)
        try:
            self._send(context, producer, tasks, on_delivered)
        except MessageTooLargeError as error:
            # Always too large: read again, it would only stop the line again.
            producer.dead_letter(delivery, self.name, str(error))
        return len(tasks)

    def _send(
        self,
        context: WorkerContext,
        producer: ReliableProducer,
        tasks: list[AssessmentTask],
        on_delivered: Callable[[], None],
    ) -> None:
        """Send the tasks of one request, at least those for which there is room when stopped."""
        topic = context.settings.kafka.topics.assessment_tasks
        for task in tasks:
            if not producer.room(topic, task.camera_id) and not producer.wait_for_room(
                topic, task.camera_id, context.stop
            ):
                return  # its delivery is not done, so it is read again
            producer.send(
                topic,
                task.camera_id,
                encode(task),
                on_delivered,
                smaller=smaller_forms(task),
            )


def when_all_delivered(
    count: int, delivery: Finishable, telemetry: WorkerTelemetry, taken_s: float
) -> Callable[[], None]:
    """Return what to call for each of `count` acknowledgements; the last one ends `delivery`."""

    def all_delivered() -> None:
        telemetry.latency((time.perf_counter() - taken_s) * 1000)
        delivery.done()

    if count == 1:
        return all_delivered
    lock = threading.Lock()
    left = count

    def on_delivered() -> None:
        nonlocal left
        with lock:
            left -= 1
            if left:
                return
        all_delivered()

    return on_delivered
