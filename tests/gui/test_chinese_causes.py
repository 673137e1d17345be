"""Why cameras, models, notices and other servers fail is said in the language of the window."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from console.window_texts import line, said, shown
from pipeline.aggregation import notices
from pipeline.detection.sources import SourceError, network, open_source
from pipeline.detection.sources.address import split_address
from pipeline.scheduling.llm.answer import AnswerError, verdicts
from pipeline.scheduling.llm.prompt import PromptError, parse_template
from pipeline.settings_alarms import MailSettings, WebhookSettings
from pipeline.settings_cameras import CameraSettings
from pipeline.texts import words_of
from pipeline.updates import UpdateError, look
from tests.support import messages as made
from tests.support.chinese import chinese, is_chinese

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
