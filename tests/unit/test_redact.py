"""Redaction: secrets go, everything else stays as it is."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.redact import MASK, redact_table, redact_text, register_secret
from tests.support.planted import FORMS, PLANTED

SECRET = "Tr0ub4dor&3"


@pytest.mark.parametrize(
    "text",
    [
        f"rtsp://admin:{SECRET}@10.0.0.7:554/stream1",
        f"open rtsps://admin:p@{SECRET}@cam.example/live failed",
        f"no file admin:{SECRET}@10.0.0.7/stream1",
        f"'u:p@{SECRET}@broker:9092' is no address",
        f"http://cam/snapshot.jpg?user=a&password={SECRET}&size=2",
        f"sasl.password={SECRET}",
        f"'sasl.password': '{SECRET}'",
        f'{{"api_key": "{SECRET}"}}',
        f"ssl.key.password = {SECRET}, more",
        "Authorization: Bearer abcdefTr0ub4dor&3".replace("&", ""),
        "key sk-Tr0ub4dor3abcdefgh was refused",
    ],
)
def test_a_secret_in_a_text_is_masked(text: str) -> None:
    shown = redact_text(text)
    assert "Tr0ub4dor" not in shown
    assert MASK in shown


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_planted_secret_of_any_form_is_masked(form: str) -> None:
    text = f"worker said: {form.format(PLANTED)}"
    for told in (text, repr(text), json.dumps(text)):
        shown = redact_text(told)
        assert "Zebra" not in shown
        assert MASK in shown
        assert redact_text(shown) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtmp://10.0.0.7/live/Gate-4711", f"rtmp://10.0.0.7/live/{MASK}"),
        ("RTMPS://cdn:443/app/k/ey?a=1 failed", f"RTMPS://cdn:443/app/{MASK} failed"),
        ("rtmp://10.0.0.7/live/key: refused", f"rtmp://10.0.0.7/live/{MASK}: refused"),
        ("(rtmp://u:p@10.0.0.7/live/key)", f"(rtmp://{MASK}@10.0.0.7/live/{MASK})"),
        ("rtmp://10.0.0.7/live", "rtmp://10.0.0.7/live"),
        ("rtmp://10.0.0.7/live/", "rtmp://10.0.0.7/live/"),
    ],
)
def test_of_a_stream_with_a_key_the_server_and_its_application_stay(
    address: str, shown: str
) -> None:
    """That is what tells one camera from another."""
    assert redact_text(address) == shown


@pytest.mark.parametrize(
    "text",
    [
        'KafkaError{code=_INVALID_ARG,val=-186,str="No such configuration property"}',
        "camera 1 opened: 1280x720 @ 29.97 fps",
        "rtsp://10.0.0.7:554/stream1",
        r"C:\videos\me@home\gate.mp4",
        "message detection-results[3]@17 goes to the dead letters",
        "frames: 25 @ 4 fps, mail: someone@example.org",
        "mail to someone@example.org about https://example.org/a?page=2",
        "<red>not markup</red> {0} {} %s",
        "sasl.jaas.config: Java's own; write sasl.username in its place",
        "the key of the pool rests; 12 tokens: 4 left, sort key = 3",
        "max_tokens=5, authorization failed for group signalbox",
        "https://example.org/services",
    ],
)
def test_an_innocent_text_is_left_alone(text: str) -> None:
    assert redact_text(text) == text


@given(
    st.text(alphabet=st.characters(categories=["L", "N"]), min_size=8, max_size=20),
    st.sampled_from(["rtsp", "rtsps", "http", "https"]),
)
def test_no_camera_password_survives(password: str, scheme: str) -> None:
    shown = redact_text(f"cannot open {scheme}://operator:{password}@camera.example:554/a?b=1")
    assert password not in shown
    assert "camera.example:554/a?b=1" in shown


@given(
    st.text(
        alphabet=st.characters(codec="ascii", min_codepoint=33, exclude_characters='/"')
    ).filter(lambda text: len(text) > 4),
)
def test_no_camera_password_of_signs_survives(password: str) -> None:
    """Whatever ends an address elsewhere: cameras take it, and so does whoever sets them up."""
    shown = redact_text(f"cannot open rtsp://operator:{password}@camera.example:554/a")
    assert shown == f"cannot open rtsp://{MASK}@camera.example:554/a"


@pytest.mark.parametrize("password", ["pass/word", "p#a?s/word", "/word", "a:b/c:word"])
def test_no_camera_password_with_a_slash_survives(password: str) -> None:
    shown = redact_text(f"rtsp://operator:{password}@camera.example:554/a is no address")
    assert "word" not in shown
    assert "camera.example" in shown


@given(st.text())
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = redact_text(text)
    assert redact_text(once) == once


def test_tables_are_masked_by_name_at_any_depth() -> None:
    table = {
        "kafka": {
            "common": {"sasl.password": SECRET, "sasl.username": "signalbox"},
            "producer": {
                "sasl.oauthbearer.assertion.private.key.passphrase": SECRET,
                "sasl.oauthbearer.config": f"scope={SECRET}",
                "ssl.keystore.key": SECRET,
            },
        },
        "cameras": [{"id": "a", "source": f"rtsp://u:{SECRET}@host/1"}],
        "metadata": {"apiKeyId": "key-03"},
        "empty": {"password": ""},
    }
    shown = redact_table(table)
    assert SECRET not in repr(shown)
    assert shown["kafka"]["common"]["sasl.username"] == "signalbox"
    assert shown["metadata"]["apiKeyId"] == "key-03"
    assert shown["empty"]["password"] == ""


def test_a_secret_is_masked_however_a_text_holds_it() -> None:
    secret = 'a/b"c \\d'
    register_secret(secret)
    for way in (secret, quote(secret, safe=""), json.dumps(secret), repr(secret)):
        assert MASK in redact_text(f"it was {way} then")
        assert way.strip("\"'") not in redact_text(f"it was {way} then")


def test_of_two_secrets_the_longer_one_is_masked_whole() -> None:
    for secret in ("planted", "planted-and-longer"):
        register_secret(secret)
    assert redact_text("it is planted-and-longer") == f"it is {MASK}"
