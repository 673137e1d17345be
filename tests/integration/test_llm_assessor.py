"""The assessor against a real server that misbehaves: what each task ends as, and that it ends."""

from __future__ import annotations

import asyncio
import base64
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pipeline.evidence_store import EvidenceStore
from pipeline.messages import AssessmentTask, encode, utc_now
from pipeline.redact import register_secret
from pipeline.scheduling import key_health
from pipeline.scheduling.assessor import AssessmentError, Outcome
from pipeline.scheduling.llm import assessor as llm_assessor
from pipeline.scheduling.llm import breaker
from pipeline.scheduling.llm.assessor import LlmAssessor
from pipeline.scheduling.llm.keys import fetch_keys
from pipeline.scheduling.llm.prompt import load_template
from pipeline.settings_scheduler import SchedulerSettings
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry
from tests.support import messages as made
from tests.support.llm_server import LlmServer, llm_server
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration

KEYS = {"first": "test-key-1-f00dcafe", "second": "test-key-2-deadbeef"}


@pytest.fixture
def server() -> Iterator[LlmServer]:
    with llm_server() as running:
        yield running


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses and rests a hundred times shorter than in life; the keys in the environment."""
    monkeypatch.setattr(llm_assessor, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(key_health, "SHORTEST_S", 0.1)
    monkeypatch.setattr(key_health, "LONGEST_S", 1.2)
    monkeypatch.setattr(breaker, "FIRST_S", 0.1)
    for name, secret in KEYS.items():
        monkeypatch.setenv(f"SIGNALBOX_TEST_{name.upper()}", secret)


def settings(server: LlmServer, *names: str, **changes: Any) -> SchedulerSettings:
    keys = [
        {"id": name, "secret": f"env:SIGNALBOX_TEST_{name.upper()}"} for name in names or ("first",)
    ]
    slots = changes.pop("max_in_flight", 20)
    table: dict[str, Any] = {"base_url": server.base_url, "model": "qwen-vl", "keys": keys}
    return SchedulerSettings(
        assessor="llm", max_in_flight=slots, llm=table | {"timeout_s": 1.0} | changes
    )


def task(number: int = 0, *, age_s: float = 0.0) -> AssessmentTask:
    timestamp = utc_now() - timedelta(seconds=age_s)
    return replace(made.task(f"request-{number}"), timestamp=timestamp)


class Run:
    """An assessor at work, and what it tells."""

    def __init__(self, of: SchedulerSettings, pictures: EvidenceStore | None = None) -> None:
        self.telemetry = WorkerTelemetry(WorkerName.SCHEDULER)
        self.assessor = LlmAssessor(
            of, fetch_keys(of.llm), load_template(of.llm.prompt), self.telemetry, pictures=pictures
        )

    async def outcome(self, of: AssessmentTask) -> Outcome | AssessmentError:
        try:
            return await self.assessor.assess(of)
        except AssessmentError as error:
            return error

    def counted(self, name: str) -> int:
        return self.telemetry.snapshot().counters.get(name, 0)


def working(
    of: SchedulerSettings,
    work: Callable[[Run], Awaitable[None]],
    pictures: EvidenceStore | None = None,
) -> Run:
    """Do `work` with an open assessor."""
    run = Run(of, pictures)

    async def go() -> None:
        await run.assessor.open()
        try:
            await work(run)
        finally:
            await run.assessor.close()

    asyncio.run(go())
    return run


def assessed(
    of: SchedulerSettings, *tasks: AssessmentTask, pictures: EvidenceStore | None = None
) -> tuple[list[Outcome | AssessmentError], Run]:
    """Have tasks assessed all at once; return what each ends as."""
    ended: list[Outcome | AssessmentError] = []

    async def work(run: Run) -> None:
        ended.extend(await asyncio.gather(*(run.outcome(one) for one in tasks)))

    run = working(of, work, pictures)
    return ended, run


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not within 20 s")


def good(of: Outcome | AssessmentError) -> Outcome:
    assert isinstance(of, Outcome), of
    assert of.results[0].risk_level == "medium"
    assert of.metadata.assessor == "llm"
    return of


def bad(of: Outcome | AssessmentError) -> AssessmentError:
    assert isinstance(of, AssessmentError), of
    return of


# ---------------------------------------------------------------------- when all is well
def test_a_restart_leaves_a_key_its_limit(server: LlmServer) -> None:
    of = settings(server)
    key = of.llm.keys[0].model_copy(update={"requests_per_minute": 2})
    of = of.model_copy(update={"llm": of.llm.model_copy(update={"keys": (key,)})})
    ended, _ = assessed(of, task())
    good(ended[0])
    pool = fetch_keys(of.llm).pool
    assert pool.acquire(time.monotonic()) is not None
    assert pool.acquire(time.monotonic()) is None


def test_a_verdict_with_all_that_is_known_of_it(server: LlmServer) -> None:
    (ended,), run = assessed(settings(server), task())
    outcome = good(ended)
    assert outcome.results[0].trigger_object_ids == (7, 8)
    metadata = outcome.metadata
    assert metadata.llm_model == "qwen-vl"
    assert metadata.api_key_id == "first"
    assert metadata.prompt_version == "assess-1"
    assert (metadata.input_tokens, metadata.output_tokens) == (900, 100)
    assert metadata.retry_count == 0
    (seen,) = server.seen
    assert seen.key == KEYS["first"]
    assert seen.path == "/v1/chat/completions"
    assert seen.body["response_format"]["type"] == "json_schema"
    picture = seen.body["messages"][1]["content"][1]["image_url"]["url"]
    assert picture.startswith("data:image/jpeg;base64,")
    (usage,) = run.telemetry.snapshot().usage
    assert (usage.requests, usage.input_tokens, usage.output_tokens) == (1, 900, 100)
    (key,) = run.telemetry.snapshot().keys
    assert key.masked == "••••cafe"
    assert key.requests == 1


def in_store(store: EvidenceStore, picture: bytes) -> AssessmentTask:
    """A task that only names its picture."""
    one = task()
    reference = store.put(one.camera_id, one.timestamp, picture)
    return replace(one, group_image_base64=None, group_image_ref=reference)


def test_a_picture_in_the_evidence_store_is_sent_to_the_model(
    server: LlmServer, tmp_path: Path
) -> None:
    store = EvidenceStore(tmp_path)
    one = in_store(store, b"\xff\xd8 a picture of its own")
    (ended,), _ = assessed(settings(server), one, pictures=store)
    good(ended)
    text, picture = server.seen[0].body["messages"][1]["content"]
    sent = picture["image_url"]["url"].removeprefix("data:image/jpeg;base64,")
    assert base64.b64decode(sent) == b"\xff\xd8 a picture of its own"
    assert "The picture shows the group." in text["text"]


def test_a_picture_that_is_gone_from_the_store_is_said_to_be_none(
    server: LlmServer, tmp_path: Path
) -> None:
    store = EvidenceStore(tmp_path)
    one = in_store(store, b"\xff\xd8")
    assert one.group_image_ref is not None
    (tmp_path / one.group_image_ref).unlink()
    (ended,), _ = assessed(settings(server), one, pictures=store)
    good(ended)
    (text,) = server.seen[0].body["messages"][1]["content"]
    assert "There is no picture" in text["text"]


def test_a_store_that_cannot_be_read_is_said_and_loses_no_task(
    server: LlmServer, tmp_path: Path, expect_log: ExpectLog
) -> None:
    expect_log("WARNING the evidence store cannot be read: ")
    store = EvidenceStore(tmp_path)
    one = in_store(store, b"\xff\xd8")
    assert one.group_image_ref is not None
    place = tmp_path / one.group_image_ref
    place.unlink()
    place.mkdir()  # reading fails also for root
    (ended,), _ = assessed(settings(server), one, pictures=store)
    good(ended)
    assert len(server.seen[0].body["messages"][1]["content"]) == 1


def test_the_language_of_the_descriptions_is_asked_for(server: LlmServer) -> None:
    assessed(settings(server, language="zh_CN"), task())
    assert "简体中文" in server.seen[0].body["messages"][0]["content"]


def test_a_server_without_keys(server: LlmServer) -> None:
    of = settings(server)
    (ended,), run = assessed(
        of.model_copy(update={"llm": of.llm.model_copy(update={"keys": ()})}), task()
    )
    assert good(ended).metadata.api_key_id is None
    assert server.seen[0].key == ""
    assert run.telemetry.snapshot().gauges["keys_total"] == 0


def test_azure_has_its_own_address_and_header(server: LlmServer) -> None:
    of = settings(server, api="azure", base_url=f"http://127.0.0.1:{server.port}")
    (ended,), _ = assessed(of, task())
    good(ended)
    (seen,) = server.seen
    assert seen.path == "/openai/deployments/qwen-vl/chat/completions?api-version=2024-10-21"
    assert seen.key == KEYS["first"]


# ---------------------------------------------------------------------- one fault, then well
@pytest.mark.parametrize(
    "fault",
    ["429", "429-retry-after", "500", "503", "hang", "drop", "invalid-json", "huge", "wrong-type",
     "empty", "schema-violation", "nonsense", "cut", "408"],
)  # fmt: skip
def test_what_may_pass_is_asked_again(server: LlmServer, fault: str) -> None:
    server.command(fault)
    (ended,), run = assessed(settings(server), task())
    assert good(ended).metadata.retry_count == 1
    assert len(server.seen) == 2
    assert run.counted("retries") == 1


@pytest.mark.parametrize("way", ["slow", "prose"])
def test_what_is_only_unusual_needs_no_second_request(server: LlmServer, way: str) -> None:
    server.command(way)
    (ended,), _ = assessed(settings(server), task())
    assert good(ended).metadata.retry_count == 0


def test_the_repair_round_tells_what_was_wrong(server: LlmServer) -> None:
    server.command("schema-violation")
    (ended,), run = assessed(settings(server), task())
    good(ended)
    conversation = server.seen[1].body["messages"]
    assert [message["role"] for message in conversation] == ["system", "user", "assistant", "user"]
    assert "confidence" in conversation[3]["content"]
    assert run.counted("repairs") == 1


# ---------------------------------------------------------------------- faults that stay
@pytest.mark.parametrize(
    ("fault", "requests", "words"),
    [
        ("500", 3, "given up after 3 tries; the last: the server answered 500"),
        ("hang", 3, "did not answer in time"),
        ("drop", 3, "no connection"),
        ("invalid-json", 3, "no chat completion"),
        ("huge", 3, "larger than"),
        ("wrong-type", 3, "text/html and not JSON"),
        ("429-retry-after", 3, "answered 429"),
        ("404", 1, "answered 404"),
        ("413", 1, "answered 413"),
        ("redirect", 1, "answered 302"),
    ],
)
def test_what_does_not_pass_ends_as_an_error(
    server: LlmServer, fault: str, requests: int, words: str
) -> None:
    server.behaviour = lambda: fault
    of = settings(server, max_tries=3, timeout_s=0.3, structured_output="none")
    (ended,), _ = assessed(of, task())
    error = bad(ended)
    assert error.kind == "failed"
    assert words in str(error)
    assert len(server.seen) == requests
    assert error.metadata is not None
    assert error.metadata.retry_count == requests - 1
    assert KEYS["first"] not in str(error)


def test_a_server_that_is_not_started_is_told_in_plain_words(server: LlmServer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nothing listens
        port = taken.getsockname()[1]
        of = settings(server, max_tries=1, base_url=f"http://127.0.0.1:{port}/v1")
        (ended,), _ = assessed(of, task())
    assert f"nothing listens on port {port}; is the server started?" in str(bad(ended))


@pytest.mark.parametrize("fault", ["schema-violation", "nonsense", "cut"])
def test_an_answer_that_is_no_verdict_becomes_an_error_with_the_words_kept(
    server: LlmServer, fault: str
) -> None:
    server.behaviour = lambda: fault
    (ended,), _ = assessed(settings(server), task())
    error = bad(ended)
    assert error.kind == "invalid-answer"
    assert len(server.seen) == 2, "one repair round and no more"
    assert error.raw_answer
    assert KEYS["first"] not in error.raw_answer
    if fault == "nonsense":
        assert error.raw_answer == "The *** weather is fine. sk-***"


def test_a_model_that_refuses_is_not_pressed(server: LlmServer) -> None:
    server.behaviour = lambda: "refusal"
    (ended,), _ = assessed(settings(server), task())
    assert "refuses to answer" in str(bad(ended))
    assert len(server.seen) == 1


def test_a_huge_answer_is_not_read_to_its_end(server: LlmServer) -> None:
    server.behaviour = lambda: "huge"
    (ended,), _ = assessed(settings(server, max_tries=1, timeout_s=30.0), task())
    assert "larger than 1,000,000 bytes" in str(bad(ended))
    assert server.counts["huge"] == 1
    assert server.counts["huge to its end"] == 0


# ---------------------------------------------------------------------- keys
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


# ---------------------------------------------------------------------- the endpoint, age, ceiling
def test_an_endpoint_that_fails_is_left_alone_and_then_tried_by_one(server: LlmServer) -> None:
    server.behaviour = lambda: "500"
    of = settings(server, max_tries=20, max_in_flight=8)

    async def work(run: Run) -> None:
        tasks = [asyncio.create_task(run.outcome(task(number))) for number in range(8)]
        await until(lambda: (told := run.assessor.trouble()) is not None and told.pauses)
        trouble = run.assessor.trouble()
        assert trouble is not None
        assert trouble.reason.startswith("127.0.0.1 is down (the server answered 500")
        assert "next try at" in trouble.reason
        before = len(server.seen)
        await asyncio.sleep(0.35)
        assert len(server.seen) - before <= 3, "only single requests try"
        server.behaviour = lambda: "ok"
        for ended in await asyncio.gather(*tasks):
            good(ended)
        assert run.assessor.trouble() is None

    working(of, work)


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
        assert trouble.reason == "the ceiling of 4,000 tokens a day is reached; it goes on at 00:00"
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    run = working(of, work)
    (usage,) = run.telemetry.snapshot().usage
    assert 0 < usage.input_tokens + usage.output_tokens <= 4_000
    before = len(server.seen)
    working(of, work)
    assert len(server.seen) == before


def test_the_cost_follows_the_prices(server: LlmServer) -> None:
    of = settings(server, price_input=2.0, price_output=10.0)
    _, run = assessed(of, task(1), task(2))
    (usage,) = run.telemetry.snapshot().usage
    assert usage.cost == pytest.approx(2 * (900 * 2 + 100 * 10) / 1_000_000)


# ---------------------------------------------------------------------- the rules stand in
@pytest.mark.parametrize("fault", ["500", "hang", "404"])
def test_the_rules_stand_in_and_say_so(server: LlmServer, fault: str) -> None:
    server.behaviour = lambda: fault
    of = settings(
        server, max_tries=2, timeout_s=0.3, fallback_to_rules=True, structured_output="none"
    )
    (ended,), run = assessed(of, task())
    assert isinstance(ended, Outcome)
    assert ended.metadata.assessor == "rules"
    assert ended.metadata.llm_model == "rules-2"
    assert ended.metadata.fallback_reason
    assert run.counted("by_rules") == 1


def test_while_the_endpoint_is_down_the_rules_judge_at_once(server: LlmServer) -> None:
    server.behaviour = lambda: "500"
    of = settings(server, max_tries=2, fallback_to_rules=True)

    async def work(run: Run) -> None:
        await asyncio.gather(*(run.outcome(task(number)) for number in range(10)))
        trouble = run.assessor.trouble()
        assert trouble is not None
        assert not trouble.pauses
        assert trouble.reason.endswith("the rules judge meanwhile")

    working(of, work)


# ---------------------------------------------------------------------- what the server takes
def test_a_server_without_structured_output_is_remembered(server: LlmServer) -> None:
    server.behaviour = lambda: "refuses-schema"

    async def work(run: Run) -> None:
        good(await run.outcome(task(1)))
        assert len(server.seen) == 3
        good(await run.outcome(task(2)))
        assert len(server.seen) == 4
        assert "response_format" not in server.seen[-1].body

    working(settings(server), work)


def test_a_request_that_is_refused_in_every_form_changes_nothing(server: LlmServer) -> None:
    server.command("400", "400", "400")

    async def work(run: Run) -> None:
        assert "answered 400" in str(bad(await run.outcome(task(1))))
        good(await run.outcome(task(2)))
        assert server.seen[-1].body["response_format"]["type"] == "json_schema"

    working(settings(server), work)


# ---------------------------------------------------------------------- many at once
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


def test_a_result_holds_no_key(server: LlmServer) -> None:
    register_secret(KEYS["first"])
    (ended,), _ = assessed(settings(server), task())
    assert KEYS["first"].encode() not in encode(task())
    assert KEYS["first"] not in repr(good(ended))
