"""What is asked of a server, in the form that it takes, and what is made of a good answer."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from msgspec.structs import replace

from pipeline.evidence_store import EvidenceStore
from pipeline.messages import AssessmentTask, encode
from pipeline.redact import register_secret
from tests.support.llm_assessor import KEYS, Run, assessed, bad, good, settings, task, working
from tests.support.llm_server import LlmServer
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration


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


def test_a_key_that_a_server_repeats_in_a_verdict_goes_no_further(server: LlmServer) -> None:
    server.verdict["description"] = f"A car nears a person. Key {KEYS['second']} is in use."
    (ended,), _ = assessed(settings(server, "first", "second"), task())
    assert good(ended).results[0].description == "A car nears a person. Key *** is in use."


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


def test_the_cost_follows_the_prices(server: LlmServer) -> None:
    of = settings(server, price_input=2.0, price_output=10.0)
    _, run = assessed(of, task(1), task(2))
    (usage,) = run.telemetry.snapshot().usage
    assert usage.cost == pytest.approx(2 * (900 * 2 + 100 * 10) / 1_000_000)


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


def test_a_result_holds_no_key(server: LlmServer) -> None:
    register_secret(KEYS["first"])
    (ended,), _ = assessed(settings(server), task())
    assert KEYS["first"].encode() not in encode(task())
    assert KEYS["first"] not in repr(good(ended))
