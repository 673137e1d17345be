"""The contracts: every message survives its way, broken ones are named, the schemas say the same."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from pipeline.messages import (
    RISK_LEVELS,
    VERDICT_LEVELS,
    AssessmentTask,
    DetectionResult,
    Message,
    MessageError,
    RiskAlert,
    RiskAssessmentResult,
    VerdictLevel,
    decode,
    encode,
    worst_level,
)
from tests.support import messages as made
from tools.make_schemas import OUTPUT, TOPICS, render, schema

EXAMPLES: dict[type[Struct], Message] = {
    DetectionResult: made.detection(idle=1),
    AssessmentTask: made.task(),
    RiskAssessmentResult: made.result(level="high", evidence=made.JPEG),
}
any_message = st.one_of(made.detections, made.tasks, made.results, made.alerts)
validators = {kind: jsonschema.Draft202012Validator(schema(kind)) for kind in TOPICS.values()}


def as_json(message: Message) -> Any:
    return json.loads(encode(message))


@given(any_message)
def test_a_message_survives_its_way(message: Message) -> None:
    assert decode(encode(message), type(message)) == message


@given(any_message)
def test_a_message_keeps_the_published_schema(message: Message) -> None:
    validators[type(message)].validate(as_json(message))


@given(st.sampled_from([*TOPICS.values()]), st.binary(max_size=200))
def test_garbage_is_refused_with_the_kind_of_message(kind: type[Struct], payload: bytes) -> None:
    with pytest.raises(MessageError, match=kind.__name__):
        decode(payload, kind)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(made.names, inner, max_size=3),
    max_leaves=5,
)


@given(any_message, st.data())
def test_what_passes_the_decoder_passes_the_encoder_and_the_schema(
    message: Message, data: st.DataObject
) -> None:
    """One field replaced by anything: refused, or as good as any message."""
    document = as_json(message)
    name = data.draw(st.sampled_from(sorted(document)))
    document[name] = data.draw(json_values)
    try:
        read = decode(json.dumps(document).encode(), type(message))
    except MessageError:
        return
    again = encode(read)
    assert decode(again, type(message)) == read
    validators[type(message)].validate(json.loads(again))


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_a_missing_field_is_named(kind: type[Struct]) -> None:
    fields = [field for field in msgspec.structs.fields(kind) if field.required]
    for field in fields:
        document = as_json(EXAMPLES[kind])
        del document[field.encode_name]
        with pytest.raises(MessageError, match=field.encode_name):
            decode(json.dumps(document).encode(), kind)


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_unknown_fields_are_ignored(kind: type[Struct]) -> None:
    document = as_json(EXAMPLES[kind]) | {"addedLater": {"by": ["somebody"]}}
    assert decode(json.dumps(document).encode(), kind) == EXAMPLES[kind]


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("schemaVersion", 2, r"\$\.schemaVersion"),
        ("timestamp", "2026-01-02T12:00:00", r"\$\.timestamp"),
        ("timestamp", "yesterday", r"\$\.timestamp"),
        ("timestamp", "0001-01-01T00:00:00Z", r"is the clock set\? - at `\$\.timestamp`"),
        ("timestamp", "9999-12-31T23:59:59Z", r"is the clock set\? - at `\$\.timestamp`"),
        ("groupBbox", [1, 2, 3], r"\$\.groupBbox"),
        ("groupIndex", -1, r"\$\.groupIndex"),
        ("groupIndex", 10**30, r"\$\.groupIndex"),
        ("groupCount", 0, r"\$\.groupCount"),
        ("cameraId", "", r"\$\.cameraId"),
        ("taskId", "x" * 201, r"\$\.taskId"),
        ("groupImageBase64", "no base64!", r"\$\.groupImageBase64"),
        ("detectedObjects", [{"class": "car", "confidence": 1.1, "bbox": [0, 0, 1, 1]}], "0"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(field: str, value: object, complaint: str) -> None:
    document = as_json(made.task()) | {field: value}
    with pytest.raises(MessageError, match=complaint):
        decode(json.dumps(document).encode(), AssessmentTask)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[" * 100_000,
        b'{"taskId": "\\ud800"}',
        b'{"taskId": "\xff"}',
        b"\xef\xbb\xbf{}",
    ],
    ids=["empty", "null", "nested", "half a surrogate pair", "no UTF-8", "byte order mark"],
)
def test_broken_payloads_are_refused(payload: bytes) -> None:
    with pytest.raises(MessageError):
        decode(payload, AssessmentTask)


def test_names_in_json_are_the_established_ones() -> None:
    document = as_json(made.detection())
    assert set(document) == {
        "schemaVersion",
        "requestId",
        "cameraId",
        "timestamp",
        "imageWidth",
        "imageHeight",
        "detectedObjects",
        "trafficGroups",
        "lineCounts",
        "zoneCounts",
    }
    assert {"class", "confidence", "bbox", "trackId"} <= set(document["detectedObjects"][0])
    assert document["timestamp"] == "2026-01-02T12:00:00Z"


@pytest.mark.parametrize("topic", TOPICS)
def test_the_schema_files_are_current(topic: str) -> None:
    path = OUTPUT / f"{topic}.json"
    assert path.read_text(encoding="utf-8") == render(TOPICS[topic]), (
        "run: python -m tools.make_schemas"
    )


@pytest.mark.parametrize("kind", TOPICS.values(), ids=lambda kind: kind.__name__)
def test_the_schemas_are_valid_schemas(kind: type[Struct]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))


@given(st.lists(st.sampled_from(VERDICT_LEVELS)))
def test_the_worst_level_hides_no_risk_and_invents_none(levels: list[VerdictLevel]) -> None:
    worst = worst_level(levels)
    risks = [level for level in RISK_LEVELS[1:] if level in levels]
    if risks:
        assert worst == risks[-1]
    elif levels and set(levels) == {"none"}:
        assert worst == "none"
    else:
        assert worst == "not_assessed"


def test_an_alert_survives_its_way() -> None:
    alert = RiskAlert(
        alarm_id="a",
        camera_id="cam-1",
        request_id="r",
        group_index=0,
        risk_level="high",
        confidence=0.5,
        risk_types=("dense-group",),
        description="现场 {braces} <red>",
        assessor="rules",
        first_seen=made.NOON,
        last_seen=made.NOON + timedelta(seconds=3),
    )
    assert decode(encode(alert), RiskAlert) == alert
