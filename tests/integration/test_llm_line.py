"""Scheduler and aggregator on a real broker, with a real model server that misbehaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pipeline.messages import AssessmentTask, RiskAssessmentResult, decode, encode, utc_now
from pipeline.scheduling import key_health
from pipeline.scheduling.llm import breaker, course
from pipeline.settings import Settings
from pipeline.states import WorkerName, WorkerState
from tests.support import messages as made
from tests.support.llm_server import FAULTS, LlmServer, llm_server, random_faults
from tests.support.log_guard import ExpectLog
from tests.support.stages import Line, feed, line, rows, stage_settings, stored, wait_until

pytestmark = pytest.mark.integration

SCHEDULER, AGGREGATOR = WorkerName.SCHEDULER, WorkerName.AGGREGATOR
TOPIC = "assessment-tasks"


@pytest.fixture
def server() -> Iterator[LlmServer]:
    with llm_server() as running:
        yield running


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(key_health, "SHORTEST_S", 0.1)
    monkeypatch.setattr(key_health, "LONGEST_S", 1.2)
    monkeypatch.setattr(breaker, "FIRST_S", 0.2)
    for number in range(4):
        monkeypatch.setenv(f"SIGNALBOX_TEST_KEY{number}", f"planted-key-{number}")


def llm_settings(server: LlmServer, database: Path, keys: int = 1, **changes: Any) -> Settings:
    llm = {
        "base_url": server.base_url,
        "model": "qwen-vl",
        "keys": [
            {"id": f"key{number}", "secret": f"env:SIGNALBOX_TEST_KEY{number}"}
            for number in range(keys)
        ],
        "timeout_s": 1.0,
    }
    slots = changes.pop("max_in_flight", 50)
    return stage_settings(
        database,
        kafka={"partitions": 16},
        scheduler={"assessor": "llm", "max_in_flight": slots, "llm": llm | changes},
    )


def tasks(count: int) -> list[AssessmentTask]:
    return [
        replace(made.task(f"request-{number}", camera_id=f"cam-{number % 64}"), timestamp=utc_now())
        for number in range(count)
    ]


def send(running: Line, wanted: list[AssessmentTask]) -> None:
    feed(running.session.kafka, TOPIC, ((one.camera_id, encode(one)) for one in wanted))


def results(database: Path) -> list[RiskAssessmentResult]:
    found = rows(database, "SELECT * FROM results")
    texts = [next(part for part in row if isinstance(part, bytes)) for row in found]
    return [decode(text, RiskAssessmentResult) for text in texts]


def test_a_trouble_shows_as_degraded_stops_the_taking_and_loses_nothing(
    server: LlmServer, database: Path, expect_log: ExpectLog
) -> None:
    expect_log("WARNING Scheduler is degraded: 127.0.0.1 is down .the server answered 503")
    server.behaviour = lambda: "503"
    sent = tasks(60)
    with line(llm_settings(server, database, max_tries=20, max_in_flight=10)) as running:
        running.start(AGGREGATOR, SCHEDULER)
        send(running, sent)
        wait_until(
            "the scheduler is degraded with the reason and when it goes on",
            lambda: any(
                change.new is WorkerState.DEGRADED and "next try at" in change.reason
                for change in running.changes
            ),
        )
        assert running.count(SCHEDULER, "in") < len(sent)
        first = running.snapshot(SCHEDULER).degraded
        wait_until(
            "it tried again in vain",
            lambda: running.snapshot(SCHEDULER).degraded not in {first, None},
        )
        states = [one.new for one in running.changes if one.worker is SCHEDULER]
        assert states[-1] is WorkerState.DEGRADED
        assert states.count(WorkerState.RUNNING) == 1, "it was not well in between"
        server.behaviour = lambda: "ok"
        wait_until("all is stored", lambda: stored(database) == {one.task_id for one in sent})
        wait_until("it is well", lambda: running.snapshot(SCHEDULER).degraded is None)
        assert running.count(AGGREGATOR, "duplicates") == 0
    assert all(one.error is None for one in results(database))


def test_a_stop_hands_back_what_waits_for_the_model(
    server: LlmServer, database: Path, expect_log: ExpectLog
) -> None:
    expect_log("WARNING .* assessments were handed back; they are done again")
    server.behaviour = lambda: "hang"
    sent = tasks(20)
    with line(llm_settings(server, database, timeout_s=100.0)) as running:
        running.start(AGGREGATOR, SCHEDULER)
        send(running, sent)
        wait_until("requests hang", lambda: server.under_way == len(sent))
        running.stop(SCHEDULER)
        assert not stored(database)
        server.behaviour = lambda: "ok"
        running.start(SCHEDULER)
        wait_until("all is stored", lambda: stored(database) == {one.task_id for one in sent})


def test_errors_and_expired_tasks_are_stored_with_their_reason_and_raise_no_alarm(
    server: LlmServer, database: Path
) -> None:
    server.behaviour = lambda: "schema-violation"
    stale = replace(made.task("stale"), timestamp=made.NOON)
    sent = [*tasks(5), stale]
    with line(llm_settings(server, database)) as running:
        running.start(AGGREGATOR, SCHEDULER)
        send(running, sent)
        wait_until("all is stored", lambda: stored(database) == {one.task_id for one in sent})
        wait_until("all is joined", lambda: running.count(AGGREGATOR, "joined") == len(sent))
        assert running.count(SCHEDULER, "expired") == 1
        assert running.count(SCHEDULER, "errors") == 5
        assert running.count(AGGREGATOR, "alarms") == 0
    kinds = {one.message_id: one for one in results(database)}
    assert kinds[stale.task_id].error_kind == "expired"
    other = kinds[sent[0].task_id]
    assert other.error_kind == "invalid-answer"
    assert other.raw_answer
    assert other.results == ()
    assert other.metadata.api_key_id == "key0"
    assert other.metadata.retry_count == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_tasks_with_faults_of_every_kind_and_three_restarts(
    server: LlmServer, database: Path, expect_log: ExpectLog
) -> None:
    expect_log("assessments were handed back", maybe=True)
    expect_log("API keys rest|is down", maybe=True)
    count, parts = 10_000, 4
    server.behaviour = random_faults(0.1, seed=7)
    server.latency_s = 0.02
    server.keeps = False
    sent = tasks(count)
    wanted = {one.task_id for one in sent}
    with line(llm_settings(server, database, keys=4, max_task_age_s=0)) as running:
        running.start(AGGREGATOR, SCHEDULER)
        for part in range(parts):
            send(running, sent[part * count // parts : (part + 1) * count // parts])
            if part < 3:
                goal = (part + 0.5) * count / parts
                wait_until("so many are stored", lambda: len(stored(database)) > goal, 120)  # noqa: B023
                running.restart(SCHEDULER)
        wait_until("all is stored", lambda: len(stored(database)) >= count, 240)
        assert stored(database) == wanted
        wait_until("all is read", lambda: running.count(AGGREGATOR, "in") >= count)
    ended = results(database)
    assert len(ended) == count
    for one in ended:
        assert bool(one.results) != bool(one.error)
    assert set(server.counts) >= set(FAULTS)
    good = sum(one.error is None for one in ended)
    assert good > 0.95 * count
    retried = sum(one.metadata.retry_count > 0 for one in ended)
    assert retried > 0.03 * count
