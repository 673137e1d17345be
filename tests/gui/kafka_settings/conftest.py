"""Fixtures of the tests of Kafka's settings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.kafka import KafkaPage
from pipeline.settings import Settings
from tests.support.credential_store import TestStore, using
from tests.support.kafka_page import show_page


@pytest.fixture(autouse=True)
def shelf() -> Iterator[TestStore]:
    """A credential store of this test's own."""
    shelf = TestStore()
    with using(shelf):
        yield shelf


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def page(qtbot: QtBot, context: ConsoleContext) -> KafkaPage:
    return show_page(qtbot, context)
