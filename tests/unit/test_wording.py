"""Texts on their way through Kafka: the English for everybody, what it is made of for a window."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.kafka.dead_letters import WORDING_HEADER, headers
from pipeline.messages import ResultMetadata, RiskAssessmentResult, decode, encode
from pipeline.states import WorkerName
from pipeline.texts import Text, packed, say, verbatim
from pipeline.wording import MAX_TEXT, Wording, from_bytes, text_of, to_bytes, wording_of
from tests.support import messages as made

INNER = say("nothing listens on port {port}; is the server started?", port=9)
REASON = say("gave up after {tries} tries: {error}", tries=3, error=INNER)


def over_kafka(reason: str) -> RiskAssessmentResult:
    metadata = ResultMetadata(
        assessor="rules",
        llm_latency=1.0,
        llm_model="rules-2",
        fallback_reason=reason,
        fallback_wording=wording_of(reason),
    )
    message = made.result(level="high")
    sent = RiskAssessmentResult(
        **{name: getattr(message, name) for name in message.__struct_fields__}
        | {"metadata": metadata}
    )
    return decode(encode(sent), RiskAssessmentResult)


def test_a_reason_keeps_what_it_is_made_of_and_stays_english_for_others() -> None:
    metadata = over_kafka(REASON).metadata
    assert metadata.fallback_reason == REASON
    text = text_of(metadata.fallback_reason or "", metadata.fallback_wording)
    assert text == REASON
    assert packed(text) == packed(REASON)


def test_a_message_of_an_older_version_is_read() -> None:
    document = json.loads(encode(over_kafka(REASON)))
    del document["metadata"]["fallbackWording"]
    metadata = decode(json.dumps(document).encode(), RiskAssessmentResult).metadata
    text = text_of(metadata.fallback_reason or "", metadata.fallback_wording)
    assert (text, text.source) == (REASON, "")


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 10**30, True, None, "x" * (MAX_TEXT + 1), "\x00“"]
)
def test_no_value_makes_a_message_that_cannot_be_read(value: object) -> None:
    reason = say("it was {value}", value=value)
    metadata = over_kafka(reason).metadata
    assert text_of(metadata.fallback_reason or "", metadata.fallback_wording) == reason


HOSTILE: list[dict[str, Any]] = [
    {"text": "a", "source": "{a:>999999999}", "values": {"a": "a"}},
    {"text": "a", "source": "{a.__class__}", "values": {"a": "a"}},
    {"text": "a", "source": "{a[0]}", "values": {"a": "a"}},
    {"text": "a", "source": "{a:{b}}", "values": {"a": "a", "b": 99999999}},
    {"text": "a", "source": "{}", "values": {"a": "a"}},
    {"text": "a", "source": "something else", "values": {}},
    {"text": "a", "source": "{gone}", "values": {"a": "a"}},
]


@pytest.mark.parametrize("table", HOSTILE)
def test_what_gives_another_text_is_passed_over(table: dict[str, Any]) -> None:
    wording = from_bytes(json.dumps(table).encode())
    assert wording is not None
    text = text_of("a", wording)
    assert (text, text.source) == ("a", "")


def test_what_is_no_wording_is_none() -> None:
    deep = b'{"text":"a","source":"{a}","values":{"a":' * 3000
    for payload in (b"", b"\xff", b"[]", b'{"source": "a"}', b'{"text": 3}', deep):
        assert from_bytes(payload) is None
    assert wording_of(None) is None
    assert wording_of("plain") is None
    assert wording_of(verbatim("of others")) is None


def test_deep_ones_are_plain_words() -> None:
    wording = Wording(text="a")
    for _ in range(5000):
        wording = Wording(text="a", source="{a}", values={"a": wording})
    try:
        text = text_of("a", wording)
    except RecursionError:
        pytest.fail("what came from a topic broke the reader")
    assert text == "a"


def test_the_headers_of_a_dead_letter() -> None:
    told = headers("tasks", 0, 7, WorkerName.SCHEDULER, REASON)
    wording = from_bytes(told[WORDING_HEADER].encode())
    assert packed(text_of(told["error"], wording)) == packed(REASON)
    assert WORDING_HEADER not in headers("tasks", 0, 7, WorkerName.SCHEDULER, "plain")


def test_secrets_leave_both(monkeypatch: pytest.MonkeyPatch) -> None:
    del monkeypatch
    text = text_of(REASON, wording_of(REASON)).changed(lambda part: part.replace("9", "*"))
    assert isinstance(text, Text)
    assert "9" not in str(packed(text))


def test_bytes_and_back() -> None:
    wording = wording_of(REASON)
    assert wording is not None
    assert from_bytes(to_bytes(wording)) == wording
