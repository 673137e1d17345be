"""What a model says becomes a verdict or an error; nothing is invented."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.messages import RISK_LEVELS, encode
from pipeline.scheduling.llm.answer import ANSWER_SCHEMA, AnswerError, verdicts
from tests.support import messages as made
from tests.support.llm_server import VERDICT

TASK = made.task()
WRAPPED = json.dumps({"results": [VERDICT]})
BARE = json.dumps(VERDICT)

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*VERDICT, "results", "x"]), inner, max_size=6)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text",
    [
        WRAPPED,
        BARE,
        f"```json\n{WRAPPED}\n```",
        f"Well, {{braces}} and {{}} aside: {BARE}. Hope this helps!",
        f'<think>maybe {{"riskLevel": "high"}}?</think>{WRAPPED}',
        f"{WRAPPED}\n\nTo repeat: {WRAPPED}",
        BARE.replace("medium", " MEDIUM "),
        f"\ufeff{WRAPPED}",
    ],
)
def test_a_verdict_is_found_in_whatever_is_around_it(text: str) -> None:
    (verdict,) = verdicts(text, TASK)
    assert verdict.risk_level == "medium"
    assert verdict.confidence == 0.7
    assert verdict.risk_types == ("vehicle-pedestrian-conflict",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"riskLevel": "critical"}, "Invalid enum value"),
        ({"riskLevel": None}, "riskLevel"),
        ({"confidence": 85}, "confidence"),
        ({"confidence": "0.8"}, "confidence"),
        ({"confidence": -0.1}, "confidence"),
        ({"riskTypes": "conflict"}, "riskTypes"),
        ({"riskTypes": []}, "riskTypes of a risk is empty"),
        ({"riskTypes": ["..."]}, "riskTypes of a risk is empty"),
        ({"description": "  "}, "description of a risk is empty"),
        ({"description": None}, "description"),
        ({"dangerObjectCount": -1}, "dangerObjectCount"),
        ({"triggerObjectIds": ["seven"]}, "triggerObjectIds"),
    ],
)
def test_what_breaks_the_contract_is_refused_and_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(AnswerError, match=words):
        verdicts(json.dumps({"results": [VERDICT | change]}), TASK)


@pytest.mark.parametrize(
    "text",
    ["", "All is well.", "{", '{"results": []}', '{"results": 5}', "[1, 2]", "null", '{"a": NaN}'],
)
def test_no_verdict_at_all(text: str) -> None:
    with pytest.raises(AnswerError):
        verdicts(text, TASK)


def test_two_verdicts_that_differ_are_none() -> None:
    other = json.dumps(VERDICT | {"riskLevel": "none"})
    with pytest.raises(AnswerError, match="several verdicts that differ"):
        verdicts(f"{BARE} or rather {other}", TASK)


def test_ids_that_the_task_does_not_have_are_left_out() -> None:
    (verdict,) = verdicts(json.dumps(VERDICT | {"triggerObjectIds": [8, 99, 8, 7]}), TASK)
    assert verdict.trigger_object_ids == (8, 7)


def test_the_worst_comes_first() -> None:
    both = [VERDICT | {"riskLevel": "low"}, VERDICT | {"riskLevel": "high"}]
    assert [one.risk_level for one in verdicts(json.dumps({"results": both}), TASK)] == [
        "high",
        "low",
    ]


def test_names_of_risks_become_slugs() -> None:
    (verdict,) = verdicts(json.dumps(VERDICT | {"riskTypes": ["Vehicle / Cyclist", "冲突"]}), TASK)
    assert verdict.risk_types == ("vehicle-cyclist", "冲突")


def test_the_schema_that_is_sent_takes_what_is_taken_here() -> None:
    jsonschema.validate({"results": [VERDICT]}, ANSWER_SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"results": [VERDICT | {"riskLevel": "critical"}]}, ANSWER_SCHEMA)


@given(text=st.text() | any_json.map(json.dumps))
def test_any_text_is_a_verdict_of_the_contract_or_refused(text: str) -> None:
    try:
        found = verdicts(text, TASK)
    except AnswerError:
        return
    for verdict in found:
        assert verdict.risk_level in RISK_LEVELS
        assert 0 <= verdict.confidence <= 1
        assert set(verdict.trigger_object_ids) <= {7, 8}


def test_half_a_character_is_no_reason_to_fail() -> None:
    """Some models escape emojis in two halves, and an answer may be cut between them."""
    text = BARE.replace("A car", "\\ud83d A car")
    (verdict,) = verdicts(text, TASK)
    assert verdict.description == "? A car nears a person."
    assert b"? A car" in encode(replace(made.result(), results=(verdict,)))


def test_thoughts_without_an_end_are_passed_over_quickly() -> None:
    (verdict,) = verdicts("<think>" * 100_000 + WRAPPED, TASK)
    assert verdict.risk_level == "medium"


def test_deeply_nested_text_is_refused_quickly() -> None:
    with pytest.raises(AnswerError):
        verdicts("{" * 100_000 + '{"a":' * 50_000, TASK)
