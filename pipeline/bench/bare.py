"""What the pipeline's loops are measured against: confluent-kafka and nothing else around it.

They lose messages in a crash and stop at the first bad one; that is the point of comparing.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, Message
from msgspec.structs import replace

from pipeline.aggregation.batch import Batch
from pipeline.aggregation.joiner import Joined
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.generation.tasks import make_tasks
from pipeline.kafka import KafkaAccess, clients
from pipeline.messages import DetectionResult, RiskAssessmentResult, decode, encode

BATCH = 100
FLUSH_TIMEOUT_S = 30.0


class BenchmarkError(RuntimeError):
    """A run did not come to its end, so there is no figure."""


def generate(
    access: KafkaAccess, group: str, count: int, limit_s: float, *, reported: bool = False
) -> float:
    """Read `count` detection results and send their tasks; return messages per second.

    Args:
        access: makes the clients.
        group: consumer group, used once.
        count: see above.
        limit_s: for all of it.
        reported: hear of every single delivery, as whoever may lose none has to.

    Raises:
        BenchmarkError: the broker has not taken all tasks, or not all results came in time.
    """
    topics = access.settings.topics
    producer, consumer = clients.make_bare(access.settings, access.bootstrap_servers, group)
    refused: list[KafkaError] = []

    def on_delivery(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            refused.append(error)

    def handle(messages: list[Message]) -> None:
        for message in messages:
            for task in make_tasks(decode(message.value() or b"", DetectionResult)):
                if reported:
                    producer.produce(
                        topics.assessment_tasks,
                        encode(task),
                        task.camera_id,
                        on_delivery=on_delivery,
                    )
                else:
                    producer.produce(topics.assessment_tasks, encode(task), task.camera_id)
        producer.poll(0)

    def finish() -> None:
        if producer.flush(FLUSH_TIMEOUT_S) or refused:
            raise BenchmarkError("the broker has not taken all tasks")

    return _consume(consumer, topics.detection_results, count, limit_s, handle, finish)


def join(access: KafkaAccess, group: str, count: int, limit_s: float) -> float:
    """Read `count` verdicts, decode and encode each; return messages per second."""

    def handle(messages: list[Message]) -> None:
        for message in messages:
            result = decode(message.value() or b"", RiskAssessmentResult)
            encode(replace(result, group_image_base64=None))

    _, consumer = clients.make_bare(access.settings, access.bootstrap_servers, group)
    topic = access.settings.topics.risk_assessment_results
    return _consume(consumer, topic, count, limit_s, handle)


def store(access: KafkaAccess, group: str, count: int, limit_s: float, database: Path) -> float:
    """As `join`, and write verdicts and requests by the aggregator's own SQL, without alarms."""
    writer = StoreWriter(database)

    def handle(messages: list[Message]) -> None:
        results = [decode(message.value() or b"", RiskAssessmentResult) for message in messages]
        joined = [Joined(result.request_id, result.camera_id, 1, 1, "none") for result in results]
        writer.write(Batch(verdicts=writer.unknown(results), joined=joined))

    with contextlib.closing(writer):
        _, consumer = clients.make_bare(access.settings, access.bootstrap_servers, group)
        topic = access.settings.topics.risk_assessment_results
        return _consume(consumer, topic, count, limit_s, handle)


def _consume(
    consumer: Consumer,
    topic: str,
    count: int,
    limit_s: float,
    handle: Callable[[list[Message]], None],
    finish: Callable[[], None] = lambda: None,
) -> float:
    """Handle `count` messages of `topic`; the clock runs from the first to the end of `finish`."""
    consumer.subscribe([topic])
    deadline_s = time.monotonic() + limit_s
    began_s = 0.0
    handled = 0
    try:
        while handled < count:
            # One first, then what is there: a batch call waits until its batch is full.
            first = consumer.poll(0.1)
            if time.monotonic() > deadline_s:
                raise BenchmarkError(f"only {handled} of {count} messages came in {limit_s:.0f} s")
            if first is None or first.error() is not None:
                continue
            began_s = began_s or time.perf_counter()
            rest = consumer.consume(BATCH - 1, 0.0)
            messages = [first, *(message for message in rest if message.error() is None)]
            handle(messages)
            handled += len(messages)
        finish()
        return handled / (time.perf_counter() - began_s)
    finally:
        consumer.close()
