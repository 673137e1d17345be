"""Pages of lists, forms and pictures fit into the smallest window that there may be."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from console.main_window import MINIMUM_SIZE
from console.page_list import PAGES
from pipeline.settings import demo_settings
from tests.support.console_parts import console_context

AROUND = (80, 210)
"""Width of the rail; height of bars and track diagram, pixels."""


@pytest.mark.parametrize("key", ["live", "alarms", "kafka", "logs", "cameras", "settings"])
def test_a_page_is_no_larger_than_the_smallest_window(qtbot: QtBot, key: str) -> None:
    with console_context(qtbot, demo_settings()) as context:
        page = next(spec for spec in PAGES if spec.key == key).make(context)
        qtbot.addWidget(page)
        page.show()
        smallest = page.minimumSizeHint()
        assert smallest.width() <= MINIMUM_SIZE.width() - AROUND[0]
        assert smallest.height() <= MINIMUM_SIZE.height() - AROUND[1]
