"""Servers that misbehave: what each task ends as, and that it ends; the rules stand in."""

from __future__ import annotations

import asyncio
import socket

import pytest

from pipeline.scheduling.assessor import Outcome
from pipeline.wording import text_of
from tests.support.llm_assessor import (
    KEYS,
    Run,
    assessed,
    bad,
    good,
    patience_s,
    settings,
    task,
    until,
    working,
)
from tests.support.llm_server import LlmServer
from tests.support.said import untranslatable

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    "fault",
    ["429", "429-retry-after", "500", "503", "hang", "drop", "invalid-json", "huge", "wrong-type",
     "empty", "schema-violation", "nonsense", "cut", "408"],
)  # fmt: skip
def test_what_may_pass_is_asked_again(server: LlmServer, fault: str) -> None:
    server.command(fault)
    (ended,), run = assessed(settings(server, timeout_s=patience_s(fault)), task())
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


@pytest.mark.parametrize(
    ("fault", "requests", "words"),
    [
        ("500", 3, "given up at try 3: the server answered 500"),
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
    of = settings(server, max_tries=3, timeout_s=patience_s(fault), structured_output="none")
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


@pytest.mark.parametrize("fault", ["500", "hang", "404"])
def test_the_rules_stand_in_and_say_so(server: LlmServer, fault: str) -> None:
    server.behaviour = lambda: fault
    of = settings(
        server,
        max_tries=2,
        timeout_s=patience_s(fault),
        fallback_to_rules=True,
        structured_output="none",
    )
    (ended,), run = assessed(of, task())
    assert isinstance(ended, Outcome)
    assert ended.metadata.assessor == "rules"
    assert ended.metadata.llm_model == "rules-2"
    reason = text_of(ended.metadata.fallback_reason or "", ended.metadata.fallback_wording)
    assert reason.source
    assert list(untranslatable(reason)) == []
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
