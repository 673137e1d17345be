"""The task generator: detection results in, one assessment task for each due group out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from pipeline.evidence import shrinking
from pipeline.generation.tasks import make_tasks
from pipeline.kafka.delivery import Delivery
from pipeline.kafka.producer import ReliableProducer
from pipeline.kafka.sending import Outgoing
from pipeline.messages import AssessmentTask, DetectionResult, MessageError, decode, encode
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry
from pipeline.texts import say
from pipeline.worker import WorkerContext

MAX_IN_FLIGHT = 2000
"""Detection results whose tasks are not acknowledged yet.

What a broker acknowledges within 20 ms or so, as long as there are no pictures; those are held by
the producer's own limit of bytes.
"""

BATCH = 100

BATCH_BYTES = 200_000
"""Tasks are sent when so much has come together: far less than what there may be no room for."""

MEASURE_EVERY = 10
"""Of so many results of a batch the first one's latency is noted: what comes at once takes equally
long, and the telemetry keeps the newest samples only."""

_shrink = shrinking(AssessmentTask)


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
                    self._handle(context, producer, consumer.take(min(BATCH, free)))
                producer.flush()
            finally:
                consumer.close()
        finally:
            producer.close()

    def _handle(
        self, context: WorkerContext, producer: ReliableProducer, deliveries: list[Delivery]
    ) -> None:
        """Send the tasks of the messages, at least those for which there is room when stopped."""
        taken_s = time.perf_counter()
        tasks: list[Outgoing] = []
        origins: list[Delivery] = []
        waiting_bytes = 0
        for number, delivery in enumerate(deliveries):
            try:
                made = make_tasks(decode(delivery.value, DetectionResult))
            except MessageError as error:
                producer.dead_letter(delivery, self.name, str(error))
                continue
            since_s = None if number % MEASURE_EVERY else taken_s
            on_delivered = when_all_delivered(len(made), delivery, context.telemetry, since_s)
            if not made:
                on_delivered()
            for task in made:
                payload = encode(task)
                waiting_bytes += len(payload)
                tasks.append((task.camera_id, payload, on_delivered))
                origins.append(delivery)
            if waiting_bytes >= BATCH_BYTES:
                if not self._send(context, producer, tasks, origins):
                    return
                tasks, origins, waiting_bytes = [], [], 0
        if tasks:
            self._send(context, producer, tasks, origins)

    def _send(
        self,
        context: WorkerContext,
        producer: ReliableProducer,
        tasks: list[Outgoing],
        origins: list[Delivery],
    ) -> bool:
        """Send tasks, each made from its origin; False when there was no room until the stop."""
        topic = context.settings.kafka.topics.assessment_tasks
        key, _, _ = tasks[0]
        if not producer.room(topic, key) and not producer.wait_for_room(topic, key, context.stop):
            return False  # their deliveries are not done, so they are read again
        too_large = producer.send_all(topic, tasks, _shrink)
        context.telemetry.count("tasks", len(tasks))
        # Always too large: read again, they would only stop the line again.
        refused = {origins[index]: len(tasks[index][1]) for index in too_large}
        for delivery, size in refused.items():
            error = say(
                "A message of {size} bytes for {topic} is larger than the broker takes.",
                size=size,
                topic=topic,
            )
            producer.dead_letter(delivery, self.name, error)
        return True


def when_all_delivered(
    count: int, delivery: Finishable, telemetry: WorkerTelemetry, taken_s: float | None
) -> Callable[[], None]:
    """Return what to call for each of `count` acknowledgements; the last one ends `delivery`.

    Args:
        count: of tasks; for 0, what is returned is called once as well.
        delivery: the detection result that they were made from.
        telemetry: takes how long it was.
        taken_s: when it was taken, seconds of `time.perf_counter`; None where it is not measured.
    """
    if count <= 1 and taken_s is None:
        return delivery.done  # most are: an object less each
    return _Request(delivery, telemetry, taken_s, count)


class _Request(msgspec.Struct, eq=False):
    """A detection result whose tasks are sent; `left` acknowledgements are still to come."""

    delivery: Finishable
    telemetry: WorkerTelemetry
    taken_s: float | None
    left: int

    def __call__(self) -> None:
        if self.left > 1:
            with _counting:  # acknowledgements come from two threads
                self.left -= 1
                if self.left:
                    return
        if self.taken_s is not None:
            self.telemetry.latency((time.perf_counter() - self.taken_s) * 1000)
        self.delivery.done()


_counting = threading.Lock()
