"""A server to ask, and an assessor whose pauses are short."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.scheduling import key_health
from pipeline.scheduling.llm import breaker, course
from tests.support.llm_assessor import KEYS
from tests.support.llm_server import LlmServer, llm_server


@pytest.fixture
def server() -> Iterator[LlmServer]:
    with llm_server() as running:
        yield running


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses and rests a hundred times shorter than in life; the keys in the environment."""
    monkeypatch.setattr(course, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(key_health, "SHORTEST_S", 0.1)
    monkeypatch.setattr(key_health, "LONGEST_S", 1.2)
    monkeypatch.setattr(breaker, "FIRST_S", 0.1)
    for name, secret in KEYS.items():
        monkeypatch.setenv(f"SIGNALBOX_TEST_{name.upper()}", secret)
