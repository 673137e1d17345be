"""Pictures travel as base64 text, byte by byte as they came, and what is no base64 is refused."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.messages import AssessmentTask, MessageError, decode, encode
from pipeline.picture import Picture
from pipeline.scheduling.llm import request
from pipeline.scheduling.llm.prompt import Prompt
from pipeline.settings_scheduler import LlmSettings
from tests.support import messages as made


def payload(picture: object) -> bytes:
    """A task as another program would write it."""
    table = json.loads(encode(made.task()))
    return json.dumps({**table, "groupImageBase64": picture}).encode()


@given(st.binary(max_size=200))
def test_a_picture_holds_what_was_put_in(jpeg: bytes) -> None:
    picture = Picture.of(jpeg)
    assert picture.jpeg == jpeg
    assert len(picture) == len(jpeg)
    assert bool(picture) == bool(jpeg)
    assert Picture(base64.b64encode(jpeg)) == picture


@given(st.binary(max_size=60), st.integers(0, 80), st.characters())
def test_only_what_the_standard_library_takes_is_taken(jpeg: bytes, at: int, sign: str) -> None:
    """The oracle is the strict decoder of the standard library."""
    text = base64.b64encode(jpeg).decode()
    text = text[:at] + sign + text[at + 1 :]
    try:
        base64.b64decode(text.encode("ascii"), validate=True)
        is_valid = "=" not in text.rstrip("=") and len(text) % 4 == 0
    except ValueError:
        is_valid = False
    if is_valid:
        assert decode(payload(text), AssessmentTask).group_image_base64 == Picture(text.encode())
    else:
        with pytest.raises(MessageError, match="base64"):
            decode(payload(text), AssessmentTask)


@pytest.mark.parametrize("wrong", [5, {"a": 1}, ["x"], 'data:"', "QUJD\n", "QQ=", "=QQ=", "===="])
def test_what_is_no_picture_is_refused_with_its_place(wrong: object) -> None:
    with pytest.raises(MessageError, match=r"groupImageBase64"):
        decode(payload(wrong), AssessmentTask)


def test_signs_that_another_program_escaped_are_the_same_picture() -> None:
    jpeg = b"\xff\xd8\xff" + bytes(range(256))
    escaped = (
        payload(base64.b64encode(jpeg).decode()).replace(b"/", b"\\/").replace(b"+", b"\\u002B")
    )
    assert b"\\/" in escaped
    task = decode(escaped, AssessmentTask)
    assert task.group_image_base64 == Picture.of(jpeg)
    assert json.loads(encode(task))["groupImageBase64"] == base64.b64encode(jpeg).decode()


def test_the_request_holds_the_picture_as_it_came() -> None:
    jpeg = b"\xff\xd8\xff" + bytes(range(256))
    settings = LlmSettings(base_url="http://localhost/v1", model="m")
    conversation = request.messages(Prompt("system", "user"), Picture.of(jpeg))
    body = json.loads(request.body(settings, conversation, request.first_dialect(settings)))
    url = body["messages"][1]["content"][1]["image_url"]["url"]
    assert url == "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
