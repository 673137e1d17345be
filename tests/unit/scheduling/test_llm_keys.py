"""The keys of the settings: what they did of late outlasts a restart of the scheduler."""

from __future__ import annotations

import time

import pytest

from pipeline.scheduling.key_pool import Ending, KeyCondition
from pipeline.scheduling.llm.keys import Keys, fetch_keys
from pipeline.settings_scheduler import LlmSettings

SECRET = "SIGNALBOX_TEST_KEY"


@pytest.fixture(autouse=True)
def stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "sk-first")


def settings(server: str, *, enabled: bool = True, limit: int = 2) -> LlmSettings:
    key = {
        "id": "main",
        "secret": f"env:{SECRET}",
        "requests_per_minute": limit,
        "enabled": enabled,
    }
    return LlmSettings.model_validate({"base_url": server, "model": "m", "keys": [key]})


def begun(keys: Keys) -> int:
    """Begin requests until the pool gives no more; return how many."""
    count, now_s = 0, time.monotonic()
    while (lease := keys.pool.acquire(now_s)) is not None:
        keys.pool.release(lease, now_s, Ending.SUCCESS)
        count += 1
    return count


def test_a_limit_of_a_minute_holds_over_a_restart() -> None:
    first = fetch_keys(settings("http://one.test/v1"))
    assert begun(first) == 2
    first.remember()
    second = fetch_keys(settings("http://one.test/v1", limit=3))
    assert begun(second) == 1
    # Switched off in between, and on again.
    second.remember()
    fetch_keys(settings("http://one.test/v1", enabled=False)).remember()
    assert begun(fetch_keys(settings("http://one.test/v1", limit=4))) == 1


def test_a_rest_that_the_server_asked_for_goes_on_after_a_restart() -> None:
    first = fetch_keys(settings("http://two.test/v1"))
    now_s = time.monotonic()
    lease = first.pool.acquire(now_s)
    assert lease is not None
    first.pool.release(lease, now_s, Ending.RATE_LIMITED, retry_after_s=300.0)
    first.remember()
    (state,) = fetch_keys(settings("http://two.test/v1")).pool.states(now_s)
    assert state.condition is KeyCondition.COOLING
    assert state.cools_until_s == now_s + 300.0


def test_another_key_under_the_same_name_and_another_server_begin_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = fetch_keys(settings("http://three.test/v1"))
    assert begun(first) == 2
    first.remember()
    assert begun(fetch_keys(settings("http://four.test/v1"))) == 2
    monkeypatch.setenv(SECRET, "sk-second")
    assert begun(fetch_keys(settings("http://three.test/v1"))) == 2
    assert "sk-" not in repr(first)
