"""``bench kafka``: the generator's and the aggregator's loops against bare confluent-kafka loops.

Both sides read the same messages from the same broker, turn about, and do the same decoding and
encoding; the figure that counts is their ratio, which depends little on the machine.
"""

from __future__ import annotations

import contextlib
import secrets
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.bench import bare, messages
from pipeline.bench.bare import BenchmarkError
from pipeline.kafka import KafkaAccess
from pipeline.kafka.dead_letters import dead_letter_topic
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.messages import encode
from pipeline.registry import make_worker
from pipeline.settings import (
    AggregatorSettings,
    ConsumerGroupSettings,
    KafkaSettings,
    Settings,
    TopicSettings,
)
from pipeline.states import WorkerName
from pipeline.telemetry import TelemetryHub, WorkerTelemetry
from pipeline.worker import WorkerContext, WorkerError

PARTITIONS = 16
"""Enough for a round: the embedded broker keeps 5 MB of each."""

CAMERAS = 256
RISKY_EVERY = 10
LIMIT_S = 90.0
_LOOK_S = 0.1
_STOP_TIMEOUT_S = 10.0
_QUICK_GROUP: dict[str, str | int | float | bool] = {
    "session.timeout.ms": 2000,
    "heartbeat.interval.ms": 500,
    "fetch.wait.max.ms": 20,
}
"""As the embedded broker needs it; both sides have the same."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run.

    Attributes:
        detections, verdicts: messages that the generator and the aggregator get in a round.
        rounds: of each side.
        evidence_bytes: picture in every detection and in every tenth verdict; small, so that the
            loop is what limits the rate, and not the broker.
        bootstrap: servers of an outside broker; None for an embedded one.
    """

    detections: int = 20_000
    verdicts: int = 20_000
    rounds: int = 5
    evidence_bytes: int = 300
    bootstrap: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One loop against a bare one.

    Attributes:
        name: which, in words.
        ours_per_s, bare_per_s: messages per second of each round.
        ratio: median of ours over median of the bare ones; 1 is as quick as bare.
    """

    name: str
    ours_per_s: tuple[float, ...]
    bare_per_s: tuple[float, ...]
    ratio: float


def run(plan: Plan) -> list[Comparison]:
    """Run the rounds and compare.

    Raises:
        BenchmarkError: a round did not come to its end.
        WorkerError: a worker or the broker failed.
    """
    with (
        _access(plan) as access,
        tempfile.TemporaryDirectory(prefix="signalbox-bench-") as folder,
    ):
        _feed(access, plan)
        place = Path(folder)
        generated: dict[str, list[float]] = {"ours": [], "bare": [], "reported": []}
        joined: dict[str, list[float]] = {"ours": [], "bare": [], "store": []}
        for number in range(plan.rounds):
            group = f"bench-{number}"
            generated["bare"].append(bare.generate(access, f"{group}-gb", plan.detections, LIMIT_S))
            generated["reported"].append(
                bare.generate(access, f"{group}-gr", plan.detections, LIMIT_S, reported=True)
            )
            generated["ours"].append(
                _work(access, WorkerName.GENERATOR, f"{group}-g", plan.detections)
            )
            joined["bare"].append(bare.join(access, f"{group}-ab", plan.verdicts, LIMIT_S))
            joined["store"].append(
                bare.store(
                    access, f"{group}-as", plan.verdicts, LIMIT_S, place / f"bare-{number}.db"
                )
            )
            joined["ours"].append(
                _work(
                    access,
                    WorkerName.AGGREGATOR,
                    f"{group}-a",
                    plan.verdicts,
                    place / f"{number}.db",
                )
            )
    return [
        compare("generator / bare loop", generated["ours"], generated["bare"]),
        compare(
            "generator / bare loop that hears of every delivery",
            generated["ours"],
            generated["reported"],
        ),
        compare("aggregator / bare loop, same SQL without alarms", joined["ours"], joined["store"]),
        compare("aggregator / bare loop, nothing stored", joined["ours"], joined["bare"]),
    ]


def compare(name: str, ours: list[float], others: list[float]) -> Comparison:
    """Return the comparison of rates per second, a figure of each round on each side."""
    ratio = statistics.median(ours) / statistics.median(others)
    return Comparison(name, tuple(ours), tuple(others), ratio)


@contextlib.contextmanager
def _access(plan: Plan) -> Iterator[KafkaAccess]:
    """Give topics of their own on the cluster, or on a fresh embedded broker; ends them after."""
    prefix = f"signalbox-bench-{secrets.token_hex(3)}"
    topics = TopicSettings(
        detection_results=f"{prefix}-detections",
        assessment_tasks=f"{prefix}-tasks",
        risk_assessment_results=f"{prefix}-results",
        risk_alerts=f"{prefix}-alerts",
    )
    settings = KafkaSettings(
        mode="cluster",
        bootstrap_servers=plan.bootstrap or "to be known",
        partitions=PARTITIONS,
        topics=topics,
        consumer=_QUICK_GROUP if plan.bootstrap is None else {},
        producer={"compression.type": "none"},
    )
    if plan.bootstrap is not None:
        access = KafkaAccess(settings, None)
        access.ensure_topics()
        try:
            yield access
        finally:
            admin = access.admin()
            there = [name for name in admin.list_topics(timeout=10.0).topics if prefix in name]
            for deleted in admin.delete_topics(there, request_timeout=10.0).values():
                deleted.exception(10.0)
        return
    broker = EmbeddedBroker(settings)
    try:
        # As an outside broker, without the gate that holds a source back: nobody reads the tasks.
        outside = settings.model_copy(update={"bootstrap_servers": broker.bootstrap_servers})
        yield KafkaAccess(outside, None)
    finally:
        broker.close()


def _feed(access: KafkaAccess, plan: Plan) -> None:
    picture = messages.evidence(plan.evidence_bytes)
    topics = access.settings.topics
    never = threading.Event()
    producer = access.producer(WorkerTelemetry(WorkerName.DETECTION))

    def send(topic: str, camera: str, payload: bytes) -> None:
        producer.wait_for_room(topic, camera, never)
        producer.send(topic, camera, payload)

    try:
        for number in range(plan.detections):
            camera = f"cam-{number % CAMERAS}"
            send(topics.detection_results, camera, encode(messages.detection(camera, picture)))
        for number in range(plan.verdicts):
            camera = f"cam-{number % CAMERAS}"
            verdict = messages.verdict(camera, picture, risky=number % RISKY_EVERY == 0)
            send(topics.risk_assessment_results, camera, encode(verdict))
    finally:
        lost = producer.close(LIMIT_S)
    if lost:
        raise BenchmarkError(f"the broker has not taken {lost} messages")


def _work(
    access: KafkaAccess,
    name: WorkerName,
    group: str,
    expected: int,
    database: Path | None = None,
) -> float:
    """Let a worker handle all messages; return messages per second from its first one on."""
    topics = access.settings.topics
    if name is WorkerName.AGGREGATOR:
        # It reads the detection results, too, to know what to wait for: here it waits for nothing.
        nothing = dead_letter_topic(topics.detection_results)
        topics = topics.model_copy(update={"detection_results": nothing})
    groups = ConsumerGroupSettings(generator=group, aggregator=group)
    kafka = access.settings.model_copy(update={"groups": groups, "topics": topics})
    hub = TelemetryHub()
    done = "out" if name is WorkerName.GENERATOR else "joined"
    watch = hub.workers[name] = _Stopwatch(name, done, expected)
    context = WorkerContext(
        settings=Settings(kafka=kafka, aggregator=AggregatorSettings(database=database)),
        kafka=KafkaAccess(kafka, None),
        stop=threading.Event(),
        telemetry=watch,
        hub=hub,
        ready=lambda: None,
    )
    failures: list[Exception] = []
    thread = threading.Thread(target=_run_worker, args=(name, context, failures), name=name.value)

    thread.start()
    try:
        deadline_s = time.monotonic() + LIMIT_S
        while not watch.ended.wait(_LOOK_S):
            if failures:
                raise failures[0]
            if time.monotonic() > deadline_s:
                raise BenchmarkError(
                    f"the {name} handled {watch.total(done)} of {expected} messages in {LIMIT_S:.0f} s"
                )
        return expected / (watch.ended_s - watch.began_s)
    finally:
        context.stop.set()
        thread.join(_STOP_TIMEOUT_S)


def _run_worker(name: WorkerName, context: WorkerContext, failures: list[Exception]) -> None:
    try:
        make_worker(name).run(context)
    except WorkerError as error:
        failures.append(error)


class _Stopwatch(WorkerTelemetry):
    """Notes when the first messages are taken and when the last one is done.

    At the very moment, as the bare loops do: looking now and then from another thread would add up
    to what lies between two looks, and take the interpreter from the worker for each.
    """

    def __init__(self, name: WorkerName, done: str, expected: int) -> None:
        super().__init__(name)
        self.began_s = self.ended_s = 0.0
        self.ended = threading.Event()
        self._done = done
        self._expected = expected

    def count(self, name: str, increment: int = 1) -> None:
        super().count(name, increment)
        if name == "in" and increment and not self.began_s:
            self.began_s = time.perf_counter()
        elif name == self._done and self.total(name) >= self._expected and not self.ended_s:
            self.ended_s = time.perf_counter()
            self.ended.set()
