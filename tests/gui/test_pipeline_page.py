"""The Pipeline page: one worker in detail, as it is read and used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console import i18n
from console.context import ConsoleContext
from console.pages.pipeline import PipelinePage
from console.pipeline_words import FIGURES
from console.theme.tokens import Space
from console.widgets.value_table import ValueTable
from console.widgets.worker_details import WorkerDetails
from console.window_texts import line
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.texts import verbatim
from tests.support.windows import shown, shown_window

DETECTION, GENERATOR, SCHEDULER, AGGREGATOR = WorkerName


@pytest.fixture
def page(qtbot: QtBot, context: ConsoleContext) -> PipelinePage:
    return shown(qtbot, PipelinePage(context), 1200, 680)


def tell(context: ConsoleContext, name: WorkerName, new: WorkerState, reason: str = "") -> None:
    status = context.controller.status(name)
    change = StateChange(name, status.state, new, verbatim(reason), 1.0)
    status.note(change, datetime(2026, 1, 2, 12, 0, 0).astimezone())
    context.controller.state_changed.emit(change)


def table(page: PipelinePage, words: str) -> dict[str, str]:
    """Return the visible table with this name: first column -> second."""
    (found,) = [
        each
        for each in page.findChildren(ValueTable)
        if words in each.accessibleName() and each.isVisible()
    ]
    items = [found.topLevelItem(index) for index in range(found.topLevelItemCount())]
    return {item.text(0): item.text(1) for item in items if item is not None}


def visible_words(page: PipelinePage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def button(page: PipelinePage, words: str) -> QPushButton:
    (found,) = [
        each for each in page.findChildren(QPushButton) if each.text() == words and each.isVisible()
    ]
    return found


def test_each_worker_has_a_tab_with_its_settings(qtbot: QtBot, page: PipelinePage) -> None:
    tabs = page.findChildren(QTabWidget)[0]
    assert [tabs.tabText(index) for index in range(tabs.count())] == [
        "Detection",
        "Generator",
        "Scheduler",
        "Aggregator",
    ]
    assert table(page, "Settings")["Cameras"].startswith("Market & 3rd")
    qtbot.mouseClick(
        tabs.tabBar(), Qt.MouseButton.LeftButton, pos=tabs.tabBar().tabRect(2).center()
    )
    assert table(page, "Settings")["Tasks at a time"] == "50"
    assert table(page, "Settings")["Rules: crowd size"] == "6"


def test_changed_settings_are_shown(context: ConsoleContext, page: PipelinePage) -> None:
    detection = context.settings.detection.model_copy(update={"confidence": 0.77})
    changed = context.settings.model_copy(update={"detection": detection})
    context.controller.apply_settings(changed)
    page.refresh()
    assert table(page, "Settings")["Confidence"] == "0.77"


def test_figures_and_latencies_are_shown(
    qtbot: QtBot, context: ConsoleContext, page: PipelinePage
) -> None:
    telemetry = context.hub.workers[GENERATOR]
    telemetry.count("tasks", 1284)
    telemetry.label("provider", "CPU · nanodet")
    for latency_ms in range(1, 101):
        telemetry.latency(float(latency_ms))
    page.show_worker(GENERATOR)
    qtbot.waitUntil(lambda: "Tasks made" in table(page, "Figures"))
    assert table(page, "Figures")["Tasks made"] == "1,284"
    assert table(page, "Figures")["Runs on"] == "CPU · nanodet"
    assert "p50 51 ms    p95 96 ms    p99 100 ms" in visible_words(page)
    assert not page.grab().isNull()


def test_gauges_have_units_and_what_is_0_says_what_that_means(
    qtbot: QtBot, context: ConsoleContext, page: PipelinePage
) -> None:
    telemetry = context.hub.workers[DETECTION]
    telemetry.count("out", 3)
    telemetry.count("frames_read", 12)
    for name, value in (
        ("infer_ms", 53.84),
        ("model_busy", 0.8),
        ("db_bytes", 505_410),
        ("paused", 1),
        ("keys_ok", 2),
    ):
        telemetry.gauge(name, value)
    qtbot.waitUntil(lambda: "Frames read" in table(page, "Figures"))
    assert table(page, "Figures") == {
        "Frames read": "12",
        "Messages written": "3",
        "Inference": "54 ms",
        "Model busy": "80%",
        "Keys usable": "2",
        "Assessment paused": "yes",
        "Database": "505 KB",
    }
    # In the order of the work, not of the alphabet.
    assert list(table(page, "Figures"))[:3] == ["Frames read", "Messages written", "Inference"]
    assert table(page, "Settings")["Threads"] == "automatic"


def test_an_empty_table_says_so(qtbot: QtBot, context: ConsoleContext, page: PipelinePage) -> None:
    assert "Nothing counted yet" in visible_words(page)
    assert "Not started yet" in visible_words(page)
    context.hub.workers[DETECTION].count("frames_read", 5)
    qtbot.waitUntil(lambda: "Nothing counted yet" not in visible_words(page))
    tell(context, DETECTION, WorkerState.STARTING)
    assert "Not started yet" not in visible_words(page)


@pytest.mark.parametrize("height", [420, 1200])
def test_cards_end_at_the_same_place_with_and_without_a_scroll_bar(
    qtbot: QtBot, page: PipelinePage, height: int
) -> None:
    page.resize(1200, height)
    (details,) = [each for each in page.findChildren(WorkerDetails) if each.isVisible()]
    (area,) = [each for each in page.findChildren(QScrollArea) if each.isVisible()]
    qtbot.waitUntil(lambda: area.verticalScrollBar().isVisible() == (height < 1000))
    qtbot.waitUntil(
        lambda: details.mapTo(page, QPoint(details.width(), 0)).x() == page.width() - Space.L
    )


def test_a_very_wide_page_has_three_columns(qtbot: QtBot, page: PipelinePage) -> None:
    def columns() -> int:
        tables = [each for each in page.findChildren(ValueTable) if each.isVisible()]
        return len({each.mapTo(page, QPoint(0, 0)).x() for each in tables})

    assert columns() == 2
    page.resize(2480, 1200)
    qtbot.waitUntil(lambda: columns() == 3)
    page.resize(1200, 680)
    qtbot.waitUntil(lambda: columns() == 2)


def test_a_failure_is_told_with_its_next_step_and_can_be_copied(
    qtbot: QtBot, context: ConsoleContext, page: PipelinePage
) -> None:
    page.show_worker(SCHEDULER)
    assert "No errors since the program started." in visible_words(page)
    reason = "The <key> was refused. Enter another one."
    for state in (WorkerState.STARTING, WorkerState.RUNNING, WorkerState.FAILED):
        tell(context, SCHEDULER, state, reason if state is WorkerState.FAILED else "")
    assert visible_words(page).count(reason) == 1, "told once, with its time"
    history = page.findChildren(ValueTable)
    assert any(
        each.topLevelItem(0) is not None and each.topLevelItem(0).text(2) == reason  # type: ignore[union-attr]
        for each in history
        if each.columnCount() == 3 and each.isVisible()
    )
    qtbot.mouseClick(button(page, "Copy details"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == f"12:00:00 · {reason}"


def test_what_hinders_a_worker_is_told_line_by_line(
    context: ConsoleContext, page: PipelinePage
) -> None:
    for state in (WorkerState.STARTING, WorkerState.RUNNING):
        tell(context, DETECTION, state)
    tell(context, DETECTION, WorkerState.DEGRADED, "Depot gate: no picture · Bridge: not found")
    assert "\nDepot gate: no picture.\nBridge: not found.\n" in visible_words(page)


def test_the_buttons_follow_the_state(
    qtbot: QtBot, context: ConsoleContext, page: PipelinePage
) -> None:
    assert button(page, "Start").isEnabled()
    assert not button(page, "Stop").isEnabled()
    tell(context, DETECTION, WorkerState.STARTING)
    assert not button(page, "Start").isEnabled()
    assert button(page, "Stop").isEnabled()
    assert button(page, "Restart").isEnabled()
    tell(context, DETECTION, WorkerState.STOPPING)
    assert not button(page, "Stop").isEnabled()
    with qtbot.waitSignal(page.log_asked) as asked:
        qtbot.mouseClick(button(page, "Show log"), Qt.MouseButton.LeftButton)
    assert asked.args == [DETECTION]


def test_a_hidden_page_costs_nothing(
    qtbot: QtBot, context: ConsoleContext, page: PipelinePage
) -> None:
    page.hide()
    before = table_texts(page)
    context.hub.workers[DETECTION].count("frames_read", 5)
    with qtbot.waitSignal(context.figures.updated):
        pass
    with qtbot.waitSignal(context.figures.updated):
        pass
    assert table_texts(page) == before
    page.show()
    assert table(page, "Figures")["Frames read"] == "5"


def table_texts(page: QWidget) -> list[int]:
    return [each.topLevelItemCount() for each in page.findChildren(ValueTable)]


# ---------------------------------------------------------------------- names in a small window
REASON = "DirectML: there is no device `Quick 9000 of a long name`; there are: Small 100, Other 200"


@pytest.fixture(params=["en", "zh_CN"])
def language(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    locale = QLocale()
    i18n.install(request.param)
    yield request.param
    i18n.install("en")
    QLocale.setDefault(locale)


def named(page: PipelinePage, words: str) -> ValueTable:
    (found,) = (
        each
        for each in page.findChildren(ValueTable)
        if each.accessibleName() == words and each.isVisible()
    )
    return found


def cut(found: ValueTable, column: int) -> list[str]:
    """Return the texts of a column that there is no room for, or that are beside the window."""
    model, edge = found.model(), found.viewport().width()
    texts = []
    for row in range(model.rowCount()):
        index = model.index(row, column)
        room = found.visualRect(index)
        if found.sizeHintForIndex(index).width() > room.width() or room.right() >= edge:
            texts.append(str(index.data()))
    return texts


@pytest.mark.parametrize("worker", list(WorkerName))
def test_no_name_is_cut_at_1280_by_720(
    qtbot: QtBot, language: str, context: ConsoleContext, worker: WorkerName
) -> None:
    telemetry = context.hub.workers[worker]
    for name in FIGURES:
        telemetry.count(name, 123_456_789)
    telemetry.label("provider_reason", REASON)
    with shown_window(qtbot, context) as window:
        window.resize(1280, 720)
        window.show_page("pipeline")
        (page,) = window.findChildren(PipelinePage)
        page.show_worker(worker)
        figures, settings = (
            named(page, QCoreApplication.translate("WorkerDetails", words))
            for words in ("Figures of the worker", "Settings of the worker")
        )
        qtbot.waitUntil(lambda: figures.topLevelItemCount() == len(FIGURES) + 1)
        assert window.size().toTuple() == (1280, 720)
        assert (cut(figures, 0), cut(settings, 0)) == ([], [])
        # The numbers are whole too; a long reason is read in its tooltip.
        assert set(cut(figures, 1)) <= {line(REASON)}
        assert cut(figures, 2) == []
        reason = line(REASON)
        assert reason in {
            item.toolTip(1) for item in figures.findItems(reason, Qt.MatchFlag.MatchExactly, 1)
        }


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("worker", list(WorkerName))
def test_the_usual_window_shows_a_worker_whole(
    qtbot: QtBot, context: ConsoleContext, worker: WorkerName
) -> None:
    with shown_window(qtbot, context) as window:
        window.resize(1440, 900)
        window.show_page("pipeline")
        (page,) = window.findChildren(PipelinePage)
        page.show_worker(worker)
        (area,) = [each for each in page.findChildren(QScrollArea) if each.isVisible()]
        qtbot.waitUntil(lambda: page.width() > 1300)
        (details,) = [each for each in page.findChildren(WorkerDetails) if each.isVisible()]
        assert details.heightForWidth(details.width()) <= area.viewport().height()
        assert area.verticalScrollBar().maximum() == 0
