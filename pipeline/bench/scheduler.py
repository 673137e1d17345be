"""``bench scheduler``: the scheduler with an LLM against a bare aiohttp loop, and against the ideal.

The model server answers after exactly 500 ms and runs, with the broker, in a process of its own.
The server keeps the time for both sides, see `occupancy`: the steady rate counts; what filling the
slots and the last answers take is told beside it. With `slots` requests in flight nobody can do
better than ``slots / latency`` a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final

import aiohttp
import psutil

from pipeline.bench.bare import BenchmarkError
from pipeline.bench.messages import detection, evidence
from pipeline.bench.occupancy import Occupancy, occupancy
from pipeline.generation.tasks import make_tasks
from pipeline.kafka import KafkaAccess
from pipeline.messages import AssessmentTask, decode, encode
from pipeline.scheduling.llm import request
from pipeline.scheduling.llm.prompt import load_template
from pipeline.scheduling.worker import SchedulerWorker
from pipeline.settings import ConsumerGroupSettings, KafkaSettings, Settings, TopicSettings
from pipeline.settings_scheduler import LlmSettings, SchedulerSettings
from pipeline.states import WorkerName
from pipeline.telemetry import TelemetryHub, WorkerTelemetry
from pipeline.worker import WorkerContext, WorkerError

PARTITIONS: Final = 64
"""The broker keeps 5 MB of each: enough for a round of pictures."""

LATENCY_MS: Final = 500
PICTURE_BYTES: Final = 60_000
LIMIT_S: Final = 120.0
_ROOT: Final = Path(__file__).resolve().parents[2]
_QUICK_GROUP: Final[dict[str, str | int | float | bool]] = {
    "session.timeout.ms": 6000,
    "heartbeat.interval.ms": 500,
    "fetch.wait.max.ms": 20,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run.

    Attributes:
        slots: requests in flight, one run each.
        waves: how many times each of the most slots is used in a round; fewer slots get as many
            requests, so that they are used more often.
        rounds: of each side.
    """

    slots: tuple[int, ...] = (50, 200)
    waves: int = 10
    rounds: int = 3
    latency_ms: int = LATENCY_MS
    picture_bytes: int = PICTURE_BYTES


@dataclass(frozen=True, slots=True)
class Side:
    """One round of one side.

    Attributes:
        used: rate and use of the slots, by the server's clock.
        cpu_ms: processor time of this process for each request.
        memory_mb: of this process at its end.
    """

    used: Occupancy
    cpu_ms: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Run:
    """All rounds with one number of slots.

    Attributes:
        ideal_per_s: slots divided by the latency.
        ours_share, bare_share: median of the rounds' steady rate, of the ideal; 1 is perfect.
        of_bare: median of the rounds, each of ours by the bare one just before it.
    """

    slots: int
    ideal_per_s: float
    ours: tuple[Side, ...]
    bare: tuple[Side, ...]
    ours_share: float
    bare_share: float
    of_bare: float


def run(plan: Plan) -> list[Run]:
    """Run the rounds and compare.

    Raises:
        BenchmarkError: a round did not come to its end.
        WorkerError: the worker or the broker failed.
    """
    with _fed(plan) as (kafka, url, payloads):
        return [_compare(plan, slots, kafka, url, payloads) for slots in plan.slots]


def run_beside(
    plan: Plan, hub: TelemetryHub, around: Callable[[], AbstractContextManager[None]]
) -> list[Side]:
    """Run one round of the scheduler for each number of slots, beside something that is watched.

    Args:
        plan: its rounds do not count.
        hub: where the scheduler shows its figures.
        around: entered while a round is under way.

    Raises:
        BenchmarkError: a round did not come to its end.
        WorkerError: the worker or the broker failed.
    """
    sides = []
    with _fed(plan) as (kafka, url, payloads):
        count = len(payloads)
        for slots in plan.slots:
            work = partial(_ours, url, slots, kafka, f"bench-{slots}", count, hub)
            with around():
                sides.append(_measured(url, slots, count, work))
    return sides


@contextlib.contextmanager
def _fed(plan: Plan) -> Iterator[tuple[KafkaSettings, str, list[bytes]]]:
    """Give a broker that holds the tasks, the address of a model server, and the tasks."""
    topics = ("bench-tasks", "bench-verdicts")
    with _surroundings(plan, topics) as address:
        kafka = KafkaSettings(
            mode="cluster",
            bootstrap_servers=address["bootstrap"],
            partitions=PARTITIONS,
            topics=TopicSettings(assessment_tasks=topics[0], risk_assessment_results=topics[1]),
            consumer=_QUICK_GROUP,
            producer={"compression.type": "none"},
        )
        payloads = _tasks(max(plan.slots) * plan.waves, plan.picture_bytes)
        _feed(KafkaAccess(kafka, None), topics[0], payloads)
        yield kafka, address["url"], payloads


def _compare(plan: Plan, slots: int, kafka: KafkaSettings, url: str, payloads: list[bytes]) -> Run:
    ours, bare = [], []
    count = len(payloads)
    for number in range(plan.rounds):
        group = f"bench-{slots}-{number}"
        bare.append(_measured(url, slots, count, partial(_bare, url, slots, payloads)))
        work = partial(_ours, url, slots, kafka, group, count, TelemetryHub())
        ours.append(_measured(url, slots, count, work))
    ideal = slots * 1000 / plan.latency_ms
    return Run(
        slots,
        ideal,
        tuple(ours),
        tuple(bare),
        statistics.median(side.used.per_s for side in ours) / ideal,
        statistics.median(side.used.per_s for side in bare) / ideal,
        statistics.median(
            one.used.per_s / other.used.per_s for one, other in zip(ours, bare, strict=True)
        ),
    )


def _measured(url: str, slots: int, count: int, work: Callable[[], None]) -> Side:
    _ask(url, "/begin", post=True)
    process = psutil.Process()
    began_s = time.process_time()
    work()
    cpu_s = time.process_time() - began_s
    memory = process.memory_info().rss
    moments = json.loads(_ask(url, "/moments"))
    came = len(moments["came_s"])
    if came < count:
        raise BenchmarkError(f"only {came} of {count} requests came to the server")
    used = occupancy(moments["came_s"], moments["answered_s"], slots)
    return Side(used, cpu_s * 1000 / came, memory / 1e6)


# ---------------------------------------------------------------------- both sides
def _llm(url: str) -> LlmSettings:
    return LlmSettings(base_url=f"{url}/v1", model="bench", max_task_age_s=0)


def _ours(
    url: str, slots: int, kafka: KafkaSettings, group: str, count: int, hub: TelemetryHub
) -> None:
    """Let the worker handle `count` tasks; it is stopped when the last verdict is sent."""
    kafka = kafka.model_copy(update={"groups": ConsumerGroupSettings(scheduler=group)})
    telemetry = hub.workers[WorkerName.SCHEDULER]
    before = telemetry.total("out")
    scheduler = SchedulerSettings(assessor="llm", max_in_flight=slots, llm=_llm(url))
    context = WorkerContext(
        settings=Settings(kafka=kafka, scheduler=scheduler),
        kafka=KafkaAccess(kafka, None),
        stop=threading.Event(),
        telemetry=telemetry,
        hub=hub,
        ready=lambda: None,
    )
    failures: list[Exception] = []

    def work() -> None:
        try:
            SchedulerWorker().run(context)
        except WorkerError as error:
            failures.append(error)

    thread = threading.Thread(target=work, name="scheduler")
    thread.start()
    deadline_s = time.monotonic() + LIMIT_S
    try:
        while telemetry.total("out") - before < count:
            if failures:
                raise failures[0]
            if time.monotonic() > deadline_s:
                raise BenchmarkError(f"not all verdicts came within {LIMIT_S:.0f} s")
            time.sleep(0.02)
    finally:
        context.stop.set()
        thread.join(LIMIT_S)


def _bare(url: str, slots: int, payloads: list[bytes]) -> None:
    """Ask about every task with aiohttp and nothing around it: no keys, no retries, no Kafka."""
    settings = _llm(url)
    template = load_template(None)
    waiting = iter(payloads)
    dialect = request.first_dialect(settings)

    async def worker(session: aiohttp.ClientSession) -> None:
        for payload in waiting:
            task = decode(payload, AssessmentTask)
            picture = task.group_image_base64
            conversation = request.messages(template.fill(task, "en"), picture)
            body = request.body(settings, conversation, dialect)
            async with session.post(
                request.address(settings), data=body, headers=request.headers(settings, "")
            ) as response:
                request.said(await response.read())

    async def all_workers() -> None:
        connector = aiohttp.TCPConnector(limit=slots, limit_per_host=slots)
        async with aiohttp.ClientSession(connector=connector) as session:
            await asyncio.gather(*(worker(session) for _ in range(slots)))

    asyncio.run(all_workers())


# ---------------------------------------------------------------------- around them
def _tasks(count: int, picture_bytes: int) -> list[bytes]:
    picture = evidence(picture_bytes)
    tasks = (make_tasks(detection(f"cam-{number % 512}", picture))[0] for number in range(count))
    # Copies of the right size: an encoder's buffer is larger than what it gives, and leaves holes.
    return [bytes(memoryview(encode(task))) for task in tasks]


def _feed(access: KafkaAccess, topic: str, payloads: list[bytes]) -> None:
    producer = access.producer(WorkerTelemetry(WorkerName.GENERATOR))
    never = threading.Event()
    try:
        for number, payload in enumerate(payloads):
            camera = f"cam-{number % 512}"
            producer.wait_for_room(topic, camera, never)
            producer.send(topic, camera, payload)
    finally:
        lost = producer.close(LIMIT_S)
    if lost:
        raise BenchmarkError(f"the broker has not taken {lost} tasks")


@contextlib.contextmanager
def _surroundings(plan: Plan, topics: tuple[str, str]) -> Iterator[dict[str, str]]:
    """Give the addresses of a broker and a model server in a process of their own."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "pipeline.bench.surroundings",
            str(PARTITIONS),
            str(plan.latency_ms),
            *topics,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
    )
    try:
        yield _address(process.stdout)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def _address(output: IO[bytes] | None) -> dict[str, str]:
    line = output.readline() if output is not None else b""
    if not line:
        raise BenchmarkError("the process of the model server ended at once")
    address: dict[str, str] = json.loads(line)
    return address


def _ask(url: str, path: str, *, post: bool = False) -> bytes:
    # http on loopback only: the address comes from our own process.
    asked = urllib.request.Request(url + path, b"" if post else None)
    with urllib.request.urlopen(asked, timeout=10) as answer:
        content: bytes = answer.read()
    return content
