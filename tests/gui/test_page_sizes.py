"""Pages of lists, forms and pictures fit into the smallest window that there may be."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from console.first_start.dialog import FirstStart
from console.first_start.watch_step import CAMERA
from console.main_window import MINIMUM_SIZE
from console.page_list import PAGES
from console.widgets.empty_state import TEXT_WIDTH, EmptyState
from pipeline.settings import Settings, demo_settings
from tests.support.chinese import chinese
from tests.support.console_parts import console_context

AROUND = (80, 210)
"""Width of the rail; height of bars and track diagram, pixels."""
TITLE_AND_TASKS = 80
"""Height of a title bar and of the bar of tasks, pixels."""

__all__ = ["chinese"]


@pytest.mark.parametrize("key", ["live", "alarms", "kafka", "logs", "cameras", "settings"])
def test_a_page_is_no_larger_than_the_smallest_window(qtbot: QtBot, key: str) -> None:
    with console_context(qtbot, demo_settings()) as context:
        page = next(spec for spec in PAGES if spec.key == key).make(context)
        qtbot.addWidget(page)
        page.show()
        smallest = page.minimumSizeHint()
        assert smallest.width() <= MINIMUM_SIZE.width() - AROUND[0]
        assert smallest.height() <= MINIMUM_SIZE.height() - AROUND[1]


@pytest.mark.usefixtures("chinese")
def test_the_first_start_is_no_higher_than_the_smallest_screen(qtbot: QtBot) -> None:
    with console_context(qtbot, demo_settings()) as context:
        window = QWidget()
        qtbot.addWidget(window)
        questions = FirstStart(context, window)
        questions.step.choose(CAMERA)
        questions.show()
        qtbot.waitExposed(questions)
        assert questions.height() <= 720 - TITLE_AND_TASKS


def test_an_empty_place_leaves_no_single_word_for_the_last_line(qtbot: QtBot) -> None:
    with console_context(qtbot, Settings()) as context:
        page = next(spec for spec in PAGES if spec.key == "cameras").make(context)
        qtbot.addWidget(page)
        page.resize(1100, 700)
        page.show()
        qtbot.waitExposed(page)
        empty = next(each for each in page.findChildren(EmptyState) if each.isVisible())
        label = next(each for each in empty.findChildren(QLabel) if each.wordWrap())
        qtbot.waitUntil(lambda: label.width() == label.maximumWidth())
        lines = label.heightForWidth(TEXT_WIDTH)
        assert label.heightForWidth(label.width()) == lines
        assert label.heightForWidth(label.width() - 8) > lines
