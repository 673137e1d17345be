"""Keys, slots, age and the daily ceiling: who may ask when, and what happens to what may not."""

from __future__ import annotations

import asyncio
import time

import pytest

from pipeline.scheduling.llm.keys import fetch_keys
from tests.support.llm_assessor import (
    KEYS,
    Run,
    assessed,
    bad,
    good,
    settings,
    task,
    until,
    working,
)
from tests.support.llm_server import LlmServer
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration


def test_a_restart_leaves_a_key_its_limit(server: LlmServer) -> None:
    of = settings(server)
    key = of.llm.keys[0].model_copy(update={"requests_per_minute": 2})
    of = of.model_copy(update={"llm": of.llm.model_copy(update={"keys": (key,)})})
    ended, _ = assessed(of, task())
    good(ended[0])
    pool = fetch_keys(of.llm).pool
    assert pool.acquire(time.monotonic()) is not None
    assert pool.acquire(time.monotonic()) is None


def test_a_refused_key_is_disabled_and_the_other_does_all(
    server: LlmServer, expect_log: ExpectLog
) -> None:
    expect_log(r"WARNING API key first is disabled: the server answered 401: .*Incorrect API key")
    server.bad_keys.add(KEYS["first"])
    of = settings(server, "first", "second", strategy="round-robin")
    ended, run = assessed(of, *(task(number) for number in range(10)))
    for one in ended:
        assert good(one).metadata.api_key_id == "second"
    states = {key.key_id: key for key in run.telemetry.snapshot().keys}
    assert states["first"].condition == "disabled"
    assert "401" in states["first"].reason
    assert KEYS["first"] not in states["first"].reason
    assert run.counted("keys_disabled") == 1
    assert not any(KEYS["first"] in message for message in expect_log.messages)


def test_a_rate_limited_key_rests_and_the_other_goes_on(server: LlmServer) -> None:
    server.key_behaviour[KEYS["first"]] = "429-retry-after"
    of = settings(server, "first", "second", strategy="round-robin")
    ended, run = assessed(of, *(task(number) for number in range(12)))
    for one in ended:
        assert good(one).metadata.api_key_id == "second"
    assert 0 < server.counts["429-retry-after"] <= 12
    states = {key.key_id: key for key in run.telemetry.snapshot().keys}
    assert states["first"].condition == "cooling"


def test_a_key_that_is_not_there_is_disabled(
    server: LlmServer, expect_log: ExpectLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SIGNALBOX_TEST_FIRST")
    expect_log("WARNING API key first is disabled: nothing is stored as env:SIGNALBOX_TEST_FIRST")
    (ended,), _ = assessed(settings(server, "first", "second"), task())
    assert good(ended).metadata.api_key_id == "second"


def test_without_any_usable_key_tasks_wait_and_it_is_said(
    server: LlmServer, expect_log: ExpectLog
) -> None:
    expect_log("API key first is disabled")
    server.bad_keys.add(KEYS["first"])

    async def work(run: Run) -> None:
        waiting = asyncio.create_task(run.outcome(task()))
        await until(lambda: run.assessor.trouble() is not None)
        trouble = run.assessor.trouble()
        assert trouble is not None
        assert trouble.pauses
        assert trouble.reason.startswith("no API key can be used (first: the server answered 401")
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    working(settings(server), work)


def test_requests_a_second_and_at_once_are_kept_to(server: LlmServer) -> None:
    server.latency_s = 0.02
    of = settings(server)
    key = of.llm.keys[0].model_copy(update={"requests_per_second": 5, "max_in_flight": 2})
    of = of.model_copy(update={"llm": of.llm.model_copy(update={"keys": (key,)})})
    ended, _ = assessed(of, *(task(number) for number in range(12)))
    for one in ended:
        good(one)
    starts = sorted(seen.at_s for seen in server.seen)
    assert all(starts[place + 5] - starts[place] >= 1.0 for place in range(len(starts) - 5))
    assert server.most_under_way <= 2


def test_a_task_that_no_key_may_take_is_an_error_at_once(server: LlmServer) -> None:
    of = settings(server)
    key = of.llm.keys[0].model_copy(update={"tokens_per_minute": 500})
    of = of.model_copy(update={"llm": of.llm.model_copy(update={"keys": (key,)})})
    (ended,), _ = assessed(of, task())
    assert "more than any key may take in a minute" in str(bad(ended))
    assert not server.seen


def test_a_task_too_old_is_marked_expired_and_costs_nothing(server: LlmServer) -> None:
    (ended, fresh), _ = assessed(settings(server, max_task_age_s=60.0), task(1, age_s=90), task(2))
    error = bad(ended)
    assert error.kind == "expired"
    assert "captured 90 s ago, assessed up to 60 s" in str(error)
    good(fresh)
    assert len(server.seen) == 1


def test_a_task_that_waits_too_long_for_a_key_expires(
    server: LlmServer, expect_log: ExpectLog
) -> None:
    expect_log("API key first is disabled")
    server.bad_keys.add(KEYS["first"])
    (ended,), _ = assessed(settings(server, max_task_age_s=2.0), task(age_s=1.7))
    assert bad(ended).kind == "expired"


def test_the_ceiling_pauses_until_the_next_day_and_outlives_a_restart(server: LlmServer) -> None:
    of = settings(server, daily_tokens=4_000)

    async def work(run: Run) -> None:
        waiting = [asyncio.create_task(run.outcome(task(number))) for number in range(6)]
        await until(lambda: run.assessor.trouble() is not None)
        trouble = run.assessor.trouble()
        assert trouble is not None
        assert trouble.pauses
        assert trouble.reason.startswith(
            "the ceiling of 4,000 tokens a day is reached; it goes on at"
        )
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    run = working(of, work)
    (usage,) = run.telemetry.snapshot().usage
    assert 0 < usage.input_tokens + usage.output_tokens <= 4_000
    before = len(server.seen)
    working(of, work)
    assert len(server.seen) == before


def test_slots_are_never_exceeded_and_what_waits_to_try_again_uses_none(server: LlmServer) -> None:
    server.latency_s = 0.02
    server.command(*["500", "ok"] * 3)
    ended, _ = assessed(settings(server, max_in_flight=5), *(task(number) for number in range(40)))
    for one in ended:
        good(one)
    assert server.most_under_way == 5


def test_a_cancelled_task_gives_its_key_back(server: LlmServer) -> None:
    server.behaviour = lambda: "hang"

    async def work(run: Run) -> None:
        waiting = [asyncio.create_task(run.outcome(task(number))) for number in range(10)]
        await until(lambda: len(server.seen) >= 5)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        (state,) = run.assessor._keys.pool.states(0.0)
        assert state.in_flight == 0
        server.behaviour = lambda: "ok"
        good(await run.outcome(task(11)))

    working(settings(server, max_in_flight=5, timeout_s=30.0), work)
