"""Scheduler processes in one group share the partitions; when one dies, nothing is lost.

Two of them beside the broker, and three on machines of their own, as network namespaces are.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import settings_file
from pipeline.kafka import KafkaAccess
from pipeline.messages import RiskAssessmentResult, decode, encode
from pipeline.settings import Settings
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry
from tests.integration.kafka_brokers import cluster_settings
from tests.integration.tansu import running_tansu
from tests.support import messages as made
from tests.support.namespaces import machines
from tests.support.scraping import RunProcess, run_process
from tests.support.stages import feed, wait_until

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CAMERAS = 40
ROUND = 200
LARGE_ROUND = 2000
REJOIN_TIMEOUT_S = 60.0

Task = tuple[str, int]


class Verdicts:
    """Reads all verdicts along, in a group of its own."""

    def __init__(self, kafka: KafkaAccess) -> None:
        self._consumer = kafka.consumer(
            "test-verdicts",
            [kafka.settings.topics.risk_assessment_results],
            WorkerTelemetry(WorkerName.AGGREGATOR),
        )
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="verdicts")
        self.seen: Counter[Task] = Counter()
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join(10.0)
        self._consumer.close()

    def _read(self) -> None:
        while not self._over.is_set():
            for delivery in self._consumer.take(500, 0.1):
                verdict = decode(delivery.value, RiskAssessmentResult)
                self.seen[verdict.request_id, verdict.group_index] += 1
                delivery.done()


class Feed:
    """Sends tasks of many cameras, so that every partition gets some."""

    def __init__(self, kafka: KafkaAccess) -> None:
        self._kafka = kafka
        self._numbers = itertools.count()
        self.sent: set[Task] = set()

    def send(self, count: int) -> None:
        numbers = list(itertools.islice(self._numbers, count))
        tasks = [made.task(f"request-{number}", 0, f"cam-{number % CAMERAS}") for number in numbers]
        self.sent |= {(task.request_id, task.group_index) for task in tasks}
        topic = self._kafka.settings.topics.assessment_tasks
        feed(self._kafka, topic, [(task.camera_id, encode(task)) for task in tasks])


def taken(process: RunProcess) -> float:
    return process.value("signalbox_messages_in_total", worker="scheduler")


@contextlib.contextmanager
def two_schedulers(config: Path, folder: Path) -> Iterator[tuple[RunProcess, RunProcess]]:
    with (
        run_process(config, "scheduler", folder / "first") as first,
        run_process(config, "scheduler", folder / "second") as second,
    ):
        yield first, second


def test_two_processes_share_the_work_and_one_is_enough(tmp_path: Path) -> None:
    with running_tansu(tmp_path) as broker:
        settings = cluster_settings(broker.bootstrap_servers, embedded=False)
        kafka = KafkaAccess(settings, None)
        kafka.ensure_topics()
        config = tmp_path / "signalbox.toml"
        settings_file.save(Settings(kafka=settings), config)
        tasks = Feed(kafka)
        with (
            contextlib.closing(Verdicts(kafka)) as verdicts,
            two_schedulers(config, tmp_path) as (first, second),
        ):

            def both_work() -> bool:
                before = taken(first), taken(second)
                tasks.send(ROUND)
                wait_until("the round is done", lambda: verdicts.seen.keys() >= tasks.sent)
                return taken(first) > before[0] and taken(second) > before[1]

            wait_until("both processes take their share", both_work, REJOIN_TIMEOUT_S)
            before = taken(first), taken(second)
            seen_before = sum(verdicts.seen.values())
            tasks.send(LARGE_ROUND)
            wait_until("all is done", lambda: verdicts.seen.keys() >= tasks.sent)
            shares = taken(first) - before[0], taken(second) - before[1]
            # Shared, and not each task by both: partitions have one owner.
            assert min(shares) > 0.1 * LARGE_ROUND
            assert sum(shares) == sum(verdicts.seen.values()) - seen_before == LARGE_ROUND

            tasks.send(LARGE_ROUND)
            second.process.kill()
            tasks.send(ROUND)
            wait_until(
                "the other one has done it all",
                lambda: verdicts.seen.keys() >= tasks.sent,
                REJOIN_TIMEOUT_S,
            )
            assert verdicts.seen.keys() == tasks.sent
            lag_is_over = lambda: (  # noqa: E731
                first.value("signalbox_lag_messages", topic=settings.topics.assessment_tasks) == 0
            )
            wait_until("the lag is 0 again", lag_is_over)
            repeats = sum(verdicts.seen.values()) - len(tasks.sent)
            print(f"shares {shares}, repeats after the kill {repeats} of {len(tasks.sent)}")
            assert first.stop() == 0


def test_three_machines_share_the_work_and_two_are_enough(tmp_path: Path) -> None:
    """The broker on a fourth one; a machine that dies in the middle loses nothing."""
    with contextlib.ExitStack() as stack:
        far, *others = stack.enter_context(machines(4))
        broker = stack.enter_context(running_tansu(tmp_path, host=far.address, enter=far.enter))
        settings = cluster_settings(broker.bootstrap_servers, embedded=False)
        kafka = KafkaAccess(settings, None)
        kafka.ensure_topics()
        config = tmp_path / "signalbox.toml"
        settings_file.save(Settings(kafka=settings), config)
        verdicts = stack.enter_context(contextlib.closing(Verdicts(kafka)))
        schedulers = [
            stack.enter_context(
                run_process(config, "scheduler", tmp_path / machine.name, machine.enter)
            )
            for machine in others
        ]
        tasks = Feed(kafka)

        def all_work() -> bool:
            before = [taken(process) for process in schedulers]
            tasks.send(ROUND)
            wait_until("the round is done", lambda: verdicts.seen.keys() >= tasks.sent)
            return all(
                taken(process) > old for process, old in zip(schedulers, before, strict=True)
            )

        wait_until("all three take their share", all_work, REJOIN_TIMEOUT_S)
        tasks.send(LARGE_ROUND)
        first, second, third = schedulers
        second.process.kill()
        tasks.send(ROUND)
        wait_until(
            "the others have done it all",
            lambda: verdicts.seen.keys() >= tasks.sent,
            REJOIN_TIMEOUT_S,
        )
        assert verdicts.seen.keys() == tasks.sent
        repeats = sum(verdicts.seen.values()) - len(tasks.sent)
        print(f"repeats after the kill {repeats} of {len(tasks.sent)}")
        assert first.stop() == third.stop() == 0
