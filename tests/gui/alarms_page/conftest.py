"""A store of three alarms, and the page that shows them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.alarms import AlarmsPage
from pipeline.aggregation.database import database_path
from pipeline.settings import demo_settings
from tests.support.alarms import alarm, jpeg, store_alarms
from tests.support.alarms_page import ids
from tests.support.windows import shown


@pytest.fixture
def store(signalbox_home: Path) -> Path:
    path = database_path(demo_settings().aggregator)
    store_alarms(
        path,
        alarm("clash", "high", camera="cam-1", said="Contact in 1.1 s."),
        alarm("close", "medium", camera="cam-2", ago=timedelta(hours=3)),
        alarm("crowd", "low", camera="cam-1", kind="dense-group", ago=timedelta(days=9)),
        picture=jpeg("#3050c0"),
    )
    return path


@pytest.fixture
def page(qtbot: QtBot, store: Path, context: ConsoleContext) -> AlarmsPage:
    made = shown(qtbot, AlarmsPage(context), 1300, 760)
    qtbot.waitUntil(lambda: ids(made) == ["clash", "close", "crowd"])
    return made
