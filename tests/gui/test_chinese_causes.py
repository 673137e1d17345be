"""Why cameras, models, notices and other servers fail is said in the language of the window."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from console.asked_words import answered_by
from console.window_texts import line, said, shown
from pipeline.aggregation import notices
from pipeline.detection.sources import SourceError, network, open_source
from pipeline.detection.sources.address import split_address
from pipeline.generation.tasks import make_tasks
from pipeline.messages import (
    AssessmentTask,
    MessageError,
    ResultMetadata,
    RiskAssessmentResult,
    decode,
    encode,
)
from pipeline.scheduling.llm.answer import AnswerError, verdicts
from pipeline.scheduling.llm.prompt import PromptError, parse_template
from pipeline.settings_alarms import MailSettings, WebhookSettings
from pipeline.settings_cameras import CameraSettings
from pipeline.texts import say, words_of
from pipeline.updates import UpdateError, look
from pipeline.wording import wording_of
from tests.support import messages as made
from tests.support.chinese import chinese, is_chinese, slips

HARMLESS = '{"riskLevel": "none", "confidence": 1, "description": "A"}'
RISKY = '{"riskLevel": "low", "confidence": 1, "description": "A", "riskTypes": ["a"]}'

pytestmark = pytest.mark.usefixtures("chinese")
__all__ = ["chinese"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version: mine\n[system]\nBe brief.\n",
        "version: mine\n[system]\nSay $5.\n[user]\nx\n",
        "version: mine\n[system]\nSay $weather.\n[user]\nx\n",
        "version: mine\n" + "x" * 30_000,
    ],
)
def test_what_is_wrong_with_a_prompt(text: str) -> None:
    with pytest.raises(PromptError) as caught:
        parse_template(text)
    assert is_chinese(said(caught.value))


@pytest.mark.parametrize(
    "text",
    [
        "I see nothing.",
        '{"results": 3}',
        '{"riskLevel": "low", "confidence": 1, "description": "", "riskTypes": ["a"]}',
        '{"riskLevel": "low", "confidence": 1, "description": "A", "riskTypes": []}',
        HARMLESS + RISKY,
    ],
)
def test_what_is_wrong_with_the_answer_of_a_model(text: str) -> None:
    with pytest.raises(AnswerError) as caught:
        verdicts(text, made.task())
    assert is_chinese(said(caught.value))


@pytest.mark.parametrize(
    "changes",
    [
        {"taskId": 3},
        {"taskId": ""},
        {"groupIndex": -1},
        {"timestamp": "yesterday"},
        {"timestamp": "2026-01-01T00:00:00"},
        {"groupBbox": [1, 2]},
        {"detectedObjects": [{}]},
        {"detectedObjects": [{"class": "car", "confidence": 1.5, "bbox": [0, 0, 1, 1]}]},
        {"schemaVersion": 2},
        {"groupImageBase64": "no base64!"},
        {"imageWidth": None},
    ],
)
def test_why_a_message_breaks_its_contract(changes: dict[str, object]) -> None:
    document = json.loads(encode(made.task())) | changes
    with pytest.raises(MessageError) as caught:
        decode(json.dumps(document).encode(), AssessmentTask)
    assert slips(said(caught.value)) == []
    assert is_chinese(said(caught.value))


@pytest.mark.parametrize(
    "payload", [b"", b"\xff", b"{", b"[]", b"{}", b'{"a":}', b'{"taskId":"\xff"}']
)
def test_why_a_message_is_none(payload: bytes) -> None:
    with pytest.raises(MessageError) as caught:
        decode(payload, AssessmentTask)
    assert is_chinese(said(caught.value))


def test_why_a_group_gives_no_task() -> None:
    group = made.detection().traffic_groups[0]
    broken: list[dict[str, Any]] = [
        {"traffic_groups": (group, group)},
        {"request_id": "x" * 199},
        {"traffic_groups": (replace(group, object_indices=(99,)),)},
        {"traffic_groups": (replace(group, object_indices=()),)},
    ]
    for changes in broken:
        with pytest.raises(MessageError) as caught:
            make_tasks(replace(made.detection(), **changes))
        assert is_chinese(said(caught.value))


def test_who_judged_in_the_place_of_a_model() -> None:
    """Also after the way through Kafka, where the reason is English for everybody else."""
    reason = say("no connection: {words}", words=say("the server ended the connection"))
    metadata = ResultMetadata(
        assessor="rules",
        llm_latency=3.0,
        llm_model="rules-2",
        fallback_reason=reason,
        fallback_wording=wording_of(reason),
    )
    sent = replace(made.result(), metadata=metadata)
    assert slips(answered_by(decode(encode(sent), RiskAssessmentResult))) == []


def test_why_a_notice_was_not_taken(tmp_path: Path) -> None:
    """From real servers that are not there, and certificates and secrets that are none."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    page = WebhookSettings(url=f"http://127.0.0.1:{port}/")
    post_office = MailSettings(host="127.0.0.1", port=port, sender="a@b", recipients=("c@d",))
    (tmp_path / "ca.pem").write_text("none", encoding="utf-8")
    failures: list[Callable[[], None]] = [
        lambda: notices.post(page, notices.sample_alert()),
        lambda: notices.mail(post_office, notices.sample_alert()),
        lambda: notices.post(
            page.model_copy(update={"ca_file": str(tmp_path / "ca.pem")}), notices.sample_alert()
        ),
        lambda: notices.post(
            page.model_copy(update={"secret": "env:SIGNALBOX_TEST_UNSET"}), notices.sample_alert()
        ),
    ]
    for fail in failures:
        with pytest.raises(notices.NoticeError) as caught:
            fail()
        assert is_chinese(said(caught.value))


@pytest.mark.parametrize("url", ["http://x", "https://127.0.0.1:9/x"])
def test_why_nobody_said_whether_there_is_a_newer_version(url: str) -> None:
    with pytest.raises(UpdateError) as caught:
        look(url)
    assert is_chinese(said(caught.value))


@pytest.mark.parametrize(
    "source",
    [
        "/nowhere/film.mp4",
        "63",
        "usb:Nobody's",
        "rtsp://op:geheim@127.0.0.1:9/x",
        "http://[",
        "udp://",
    ],
)
def test_why_a_camera_gives_no_pictures(source: str) -> None:
    camera = CameraSettings(id="a", name="A", source=source)
    with pytest.raises(SourceError) as caught:
        open_source(camera)
    words = line(words_of(caught.value))
    assert is_chinese(words)
    assert "geheim" not in words


def test_a_folder_without_pictures_and_a_damaged_film(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film")
    for source in (tmp_path, tmp_path / "film.mp4"):
        with pytest.raises(SourceError) as caught:
            open_source(CameraSettings(id="a", name="A", source=str(source)))
        assert is_chinese(said(caught.value))


def test_what_a_stream_answers() -> None:
    target = split_address("rtsp://op:geheim@10.0.0.7/1")
    assert target is not None
    for status in (200, 401, 403, 404, 453, 500):
        assert is_chinese(shown(network._verdict(target, status)))
