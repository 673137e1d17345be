"""The Kafka page: what it says without a broker, and what it shows with a real one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyqtgraph import PlotWidget
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.kafka import KafkaPage
from console.settings_keeper import where_kept
from console.supervision.session_thread import SessionState
from console.widgets.lag_chart import LagChart, Series
from console.widgets.lag_table import LagTable
from pipeline.kafka import KafkaAccess
from pipeline.settings import Settings
from pipeline.states import WorkerName, WorkerState
from tests.support.log_guard import ExpectLog
from tests.support.stages import feed
from tests.support.windows import shown

WAIT_MS = 30_000
LAG, STATUS, COMMITTED, END, DEAD = 1, 4, 7, 8, 9


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def page(qtbot: QtBot, context: ConsoleContext) -> KafkaPage:
    return shown(qtbot, KafkaPage(context), 1200, 640)


def words(page: KafkaPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def items(page: KafkaPage) -> list[QTreeWidgetItem]:
    table = page.findChildren(LagTable)[0]
    found = [table.topLevelItem(index) for index in range(table.topLevelItemCount())]
    return [item for item in found if item is not None]


def rows(page: KafkaPage) -> dict[str, QTreeWidgetItem]:
    """Return the row of the group whose work each topic is."""
    return {item.text(0).split(" ← ")[0]: item for item in reversed(items(page))}


def open_broker(qtbot: QtBot, context: ConsoleContext) -> KafkaAccess:
    context.controller.open()
    qtbot.waitUntil(lambda: context.controller.session_state is SessionState.OPEN, timeout=WAIT_MS)
    assert context.session is not None
    return context.session.kafka


def test_without_a_broker_it_says_so_and_opens_one_on_a_click(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    assert "No broker is open" in words(page)
    (button,) = [each for each in page.findChildren(QPushButton) if "Open" in each.text()]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert "being opened" in words(page)
    qtbot.waitUntil(lambda: len(rows(page)) == 3, timeout=WAIT_MS)
    # The aggregator reads two topics: its work, and what it needs to know beside it.
    assert [item.text(0) for item in items(page)] == [
        "detection-results ← task-generator-group",
        "assessment-tasks ← llm-task-scheduler",
        "risk-assessment-results ← result-aggregator",
        "detection-results ← result-aggregator",
    ]
    assert "nothing at all over a restart" in words(page)
    assert "127.0.0.1:" in words(page)


def test_a_broker_that_cannot_be_opened_is_explained(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage, expect_log: ExpectLog
) -> None:
    expect_log("could not be opened")
    kafka = context.settings.kafka
    topics = kafka.topics.model_copy(update={"assessment_tasks": "detection-results"})
    wrong = kafka.model_copy(update={"topics": topics})
    context.controller.apply_settings(context.settings.model_copy(update={"kafka": wrong}))
    context.controller.open()
    qtbot.waitUntil(lambda: "could not be opened" in words(page), timeout=WAIT_MS)
    assert "no two topics" in words(page)


@pytest.mark.integration
def test_unread_messages_show_by_topic_and_partition(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    kafka = open_broker(qtbot, context)
    feed(kafka, "assessment-tasks", [("cam-1", b"x")] * 7)
    qtbot.waitUntil(lambda: rows(page)["assessment-tasks"].text(LAG) == "7", timeout=WAIT_MS)
    row = rows(page)["assessment-tasks"]
    assert row.text(STATUS) == "Reader stopped"
    assert row.text(END) == "7"
    children = [child for i in range(row.childCount()) if (child := row.child(i)) is not None]
    assert sorted(child.text(LAG) for child in children) == ["0", "0", "0", "7"]
    assert {child.text(COMMITTED) for child in children} == {"never"}


@pytest.mark.integration
def test_dead_letters_are_counted(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage, expect_log: ExpectLog
) -> None:
    expect_log("goes to the dead letters")
    kafka = open_broker(qtbot, context)
    feed(kafka, "detection-results", [("cam-1", b"no JSON at all")] * 2)
    context.controller.start(WorkerName.GENERATOR)
    qtbot.waitUntil(lambda: rows(page)["detection-results"].text(DEAD) == "2", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: rows(page)["detection-results"].text(LAG) == "0", timeout=WAIT_MS)
    assert context.controller.status(WorkerName.GENERATOR).state is WorkerState.RUNNING


@pytest.mark.integration
def test_a_topic_that_is_asked_for_is_opened(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    open_broker(qtbot, context)
    qtbot.waitUntil(lambda: rows(page)["assessment-tasks"].childCount() == 4, timeout=WAIT_MS)
    page.show_topic("assessment-tasks")
    assert rows(page)["assessment-tasks"].isSelected()
    assert rows(page)["assessment-tasks"].isExpanded()


@pytest.mark.integration
def test_the_chart_comes_by_itself(qtbot: QtBot, context: ConsoleContext, page: KafkaPage) -> None:
    open_broker(qtbot, context)
    qtbot.waitUntil(lambda: bool(page.findChildren(LagChart)), timeout=WAIT_MS)
    assert page.findChildren(LagChart)[0].isVisible()


def test_the_chart_takes_lines_in_and_out_and_both_themes(
    qtbot: QtBot, context: ConsoleContext
) -> None:
    chart = LagChart(context.theme)
    qtbot.addWidget(chart)
    chart.resize(600, 300)
    with qtbot.waitExposed(chart):
        chart.show()
    chart.show_series([Series("a", [(0.0, 5), (1.0, 50)]), Series("b", [])])
    dark = chart.grab().toImage()
    context.theme.set_mode("light")
    chart.show_series([Series("b", [(2.0, 1)])])
    assert chart.grab().toImage() != dark


@pytest.mark.parametrize(
    ("highest", "height", "amounts"),
    [
        (11.0, 170.0, [0, 2, 4, 6, 8, 10]),
        (11.0, 26.0, [0, 10]),
        (11.0, 14.0, [0]),
        (2.2, 300.0, [0, 1, 2]),
        (1_300_000.0, 100.0, [0, 500_000, 1_000_000]),
    ],
)
def test_the_chart_names_no_more_amounts_than_there_is_room_for(
    qtbot: QtBot, context: ConsoleContext, highest: float, height: float, amounts: list[float]
) -> None:
    chart = LagChart(context.theme)
    qtbot.addWidget(chart)
    axis = chart.findChildren(PlotWidget)[0].getAxis("left")
    ((_, values),) = axis.tickValues(0.0, highest, height)
    assert values == amounts


def test_the_chart_has_room_in_the_smallest_usual_window(
    qtbot: QtBot, context: ConsoleContext, page: KafkaPage
) -> None:
    page.resize(1203, 506)  # of a window of 1280x720
    open_broker(qtbot, context)
    page.show_topic("detection-results")
    qtbot.waitUntil(lambda: bool(page.findChildren(LagChart)), timeout=WAIT_MS)
    chart = page.findChildren(LagChart)[0]
    qtbot.waitUntil(chart.isVisible)
    plot, legend = chart.findChildren(PlotWidget)[0], chart.legend
    qtbot.waitUntil(lambda: plot.height() >= 80)
    qtbot.waitUntil(lambda: "assessment-tasks" in legend.text())
    assert legend.isVisible()
    assert legend.mapTo(page, QPoint(0, legend.height())).y() <= plot.mapTo(page, QPoint()).y()
    table = page.findChildren(LagTable)[0]
    last = table.topLevelItem(table.topLevelItemCount() - 1)
    assert last is not None
    assert table.visualItemRect(last).bottom() <= table.viewport().height()


def test_only_the_profile_for_trying_out_says_so(qtbot: QtBot, context: ConsoleContext) -> None:
    del qtbot
    assert str(context.settings_path) in where_kept(context)
    nowhere = replace(context, settings_path=None)
    assert "demo" not in where_kept(nowhere)
    assert "this run only" in where_kept(nowhere)
    assert "demo" in where_kept(replace(nowhere, is_demo=True))
