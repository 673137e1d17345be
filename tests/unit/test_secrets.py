"""Secrets: kept, found by reference, shown masked, and never seen in a text afterwards."""

from __future__ import annotations

import json
import sys
import urllib.parse
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.core import load_keyring
from loguru import logger

from pipeline.log_ring import LogRing
from pipeline.logs import Logs
from pipeline.redact import MASK, forget_secrets, redact_text, register_secret
from pipeline.secrets import (
    SERVICE,
    SecretError,
    delete,
    is_reference,
    keyring_reference,
    masked,
    resolve,
    store,
)
from pipeline.settings import LogSettings
from tests.support.credential_store import TestStore, using

SECRET = 'hunter2 "ä\\%-planted'


@pytest.fixture
def shelf() -> Iterator[TestStore]:
    shelf = TestStore()
    with using(shelf):
        yield shelf


def test_what_is_stored_is_found_under_its_reference(shelf: TestStore) -> None:
    store("kafka sasl.password", SECRET)
    assert shelf.kept == {(SERVICE, "kafka sasl.password"): SECRET}
    assert resolve(keyring_reference("kafka sasl.password")) == SECRET
    store("kafka sasl.password", "another one")
    assert resolve("keyring:kafka sasl.password") == "another one"


def test_a_deleted_secret_is_gone_and_may_be_deleted_again(shelf: TestStore) -> None:
    store("key", SECRET)
    delete("key")
    delete("key")
    assert not shelf.kept
    with pytest.raises(SecretError) as raised:
        resolve("keyring:key")
    assert "keyring:key" in str(raised.value)
    assert "keyring set Signalbox key" in raised.value.next_step


def test_an_environment_variable_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_SECRET", SECRET)
    assert resolve("env:BROKER_SECRET") == SECRET
    monkeypatch.setenv("BROKER_SECRET", "")
    with pytest.raises(SecretError) as raised:
        resolve("env:BROKER_SECRET")
    assert "BROKER_SECRET" in raised.value.next_step


def test_a_secret_in_place_of_a_reference_is_not_repeated() -> None:
    with pytest.raises(SecretError) as raised:
        resolve(SECRET)
    assert SECRET not in f"{raised.value} {raised.value.next_step}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("env:NAME", True),
        ("env:_name_2", True),
        ("keyring:name", True),
        ("keyring:kafka sasl.password", True),
        ("env:", False),
        ("env:2", False),
        ("env:A-B", False),
        ("keyring:", False),
        ("keyring: ", False),
        ("ENV:NAME", False),
        ("secret", False),
        ("", False),
    ],
)
def test_references_are_told_from_secrets(text: str, expected: bool) -> None:
    assert is_reference(text) is expected


def test_without_a_store_the_way_by_the_environment_is_told() -> None:
    with using(load_keyring("keyring.backends.fail.Keyring")):
        for attempt in (
            lambda: store("key", SECRET),
            lambda: resolve("keyring:key"),
            lambda: delete("key"),
        ):
            with pytest.raises(SecretError, match="no credential store") as raised:
                attempt()
            assert "env:NAME" in raised.value.next_step
            assert SECRET not in str(raised.value)


def test_a_store_that_keeps_nothing_is_noticed() -> None:
    with (
        using(load_keyring("keyring.backends.null.Keyring")),
        pytest.raises(SecretError, match="does not keep") as raised,
    ):
        store("key", SECRET)
    assert "env:NAME" in raised.value.next_step


def test_a_locked_store_says_so(shelf: TestStore) -> None:
    store("key", SECRET)
    shelf.is_locked = True
    with pytest.raises(SecretError, match="locked"):
        resolve("keyring:key")


class _Talkative(TestStore):
    """Says in its error what it was given, as some do."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise OSError(f"cannot write {username}={password}")


def test_not_even_the_stores_own_error_shows_the_secret() -> None:
    with using(_Talkative()), pytest.raises(SecretError) as raised:
        store("key", SECRET)
    assert SECRET not in str(raised.value)
    assert "cannot write" in str(raised.value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("", ""), ("short", "••••"), ("elevenchars", "••••"), ("sk-0123456789", "••••6789")],
)
def test_a_masked_secret_shows_its_end_only_where_enough_is_hidden(value: str, shown: str) -> None:
    assert masked(value) == shown


@given(st.text(min_size=4, max_size=40))
def test_a_registered_secret_is_in_no_text_any_more(secret: str) -> None:
    forget_secrets()
    register_secret(secret)
    for shown in (
        redact_text(f"before {secret} after"),
        redact_text(f"u=a:{urllib.parse.quote(secret, safe='')}x"),
        redact_text(json.dumps({"x": secret})),
        redact_text(repr({"x": secret})),
    ):
        assert secret not in shown.replace(MASK, "")
        assert MASK in shown


def test_a_resolved_secret_is_in_no_log_line_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BROKER_SECRET", SECRET)
    with Logs(LogSettings(), None, terminal=True) as logs:
        secret = resolve("env:BROKER_SECRET")
        logger.info("plain {}", secret)
        logger.info("within <{}> {}", f"a{secret}b", {"key": secret})
        try:
            raise ValueError(f"refused {secret}")
        except ValueError:
            logger.opt(exception=sys.exc_info()).info("it failed: {}", secret)
        lines = _lines(logs.ring)
    shown = lines + capsys.readouterr().err
    assert "it failed" in shown
    assert "ValueError: refused" in shown
    assert "hunter2" not in shown


def _lines(ring: LogRing) -> str:
    return repr(ring.since(0))
