"""Fixtures of the tests of Kafka's settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.kafka import KafkaPage
from pipeline.settings import Settings
from tests.support.console_parts import console_context
from tests.support.credential_store import TestStore, using
from tests.support.kafka_page import show_page


@pytest.fixture
def shelf() -> Iterator[TestStore]:
    shelf = TestStore()
    with using(shelf):
        yield shelf


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.fixture
def context(qtbot: QtBot, path: Path, shelf: TestStore) -> Iterator[ConsoleContext]:
    with console_context(qtbot, Settings()) as made:
        yield replace(made, settings_path=path)


@pytest.fixture
def page(qtbot: QtBot, context: ConsoleContext) -> KafkaPage:
    return show_page(qtbot, context)
