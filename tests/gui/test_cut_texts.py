"""No text is cut where nothing tells the rest: pages with everything in them, drawer and dialogs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console import i18n
from console.context import ConsoleContext
from console.main_window import MINIMUM_SIZE, MainWindow
from console.page_list import PAGES
from console.pages.logs import LogsPage
from console.widgets.card_figures import Figure
from console.widgets.figure_grid import FigureGrid
from console.widgets.lamp_button import LampButton
from console.widgets.value_table import ValueTable
from pipeline.aggregation.database import database_path
from pipeline.messages import utc_now
from pipeline.settings import demo_settings
from pipeline.states import WorkerName
from pipeline.texts import say
from pipeline.timeline.events import Event, What
from pipeline.timeline.store import TimelineWriter, timeline_path
from tests.support.alarms import alarm, jpeg, store_alarms
from tests.support.cut_texts import cut_texts
from tests.support.dialogs import DIALOGS, opened

LANGUAGES = ("en", "zh_CN")
SMALL, SMALLEST = (1280, 720), (MINIMUM_SIZE.width(), MINIMUM_SIZE.height())
CAUSE = say("{path} does not exist. Check the camera's source.", path="/srv/videos/bridge.mp4")


@pytest.fixture(params=LANGUAGES)
def language(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[str]:
    del qapp
    yield i18n.install(request.param)
    i18n.install("en")


@pytest.fixture
def filled(
    language: str,
    signalbox_home: Path,
    context: ConsoleContext,
    make_window: Callable[[], MainWindow],
) -> MainWindow:
    """A window with alarms, events, figures, dark cameras and degraded workers."""
    del language
    store_alarms(
        database_path(demo_settings().aggregator),
        alarm("clash", "high", camera="cam-1", said="Contact in 1.1 s."),
        alarm("close", "medium", camera="cam-2", ago=timedelta(hours=3)),
        alarm("crowd", "low", camera="cam-1", kind="dense-group", ago=timedelta(days=9)),
        picture=jpeg("#3050c0"),
    )
    with contextlib.closing(TimelineWriter(timeline_path())) as writer:
        for what in What:
            who = "detection" if "worker" in what.value else "cam-1"
            writer.note(Event(utc_now() - timedelta(minutes=5), what, who, ""))
    for worker in context.hub.workers.values():
        for name in ("frames_read", "tasks", "alarms", "retries"):
            worker.count(name, 123_456)
    for camera in context.settings.cameras[:3]:
        view = context.hub.camera(camera.id, camera.name)
        view.state, view.detail = "reconnecting", CAUSE
        view.since = datetime.now(UTC) - timedelta(seconds=75)
        view.next_try_s = time.monotonic() + 30
        trouble = say("{name}: {cause}", name=camera.name, cause=CAUSE)
        context.hub.workers[WorkerName.DETECTION].degrade(f"camera {camera.id}", trouble)
    return make_window()


def settle(qtbot: QtBot, context: ConsoleContext) -> None:
    """Wait until what a page asked for is shown and laid out."""
    with qtbot.waitSignal(context.ticker.figures):
        pass
    for _ in range(3):
        QCoreApplication.processEvents()


def views(qtbot: QtBot, context: ConsoleContext, window: MainWindow) -> Iterator[str]:
    """Bring every page to the front, with each of its tabs and sections; yield where it is."""
    for spec in PAGES:
        window.show_page(spec.key)
        page = window.pages.page(spec.key)
        qtbot.waitUntil(page.isVisible)
        settle(qtbot, context)
        yield spec.key
        for tabs in page.findChildren(QTabWidget)[:1]:
            for index in range(1, tabs.count()):
                tabs.setCurrentIndex(index)
                settle(qtbot, context)
                yield f"{spec.key}, tab {index}"
        if spec.key == "settings":
            sections = page.findChildren(QListWidget)[0]
            for row in range(1, sections.count()):
                sections.setCurrentRow(row)
                QCoreApplication.processEvents()
                yield f"{spec.key}, section {row}"
        if isinstance(page, LogsPage):
            page.show_timeline()
            settle(qtbot, context)
            yield "timeline"


@pytest.mark.parametrize("size", [SMALL, SMALLEST])
def test_no_text_of_a_page_is_cut(
    qtbot: QtBot, context: ConsoleContext, filled: MainWindow, size: tuple[int, int]
) -> None:
    filled.resize(*size)
    cut = {
        where: found
        for where in views(qtbot, context, filled)
        if (found := sorted(set(cut_texts(filled))))
    }
    assert cut == {}


def test_no_text_is_cut_beside_the_drawer(
    qtbot: QtBot, context: ConsoleContext, filled: MainWindow
) -> None:
    filled.resize(*SMALL)
    filled.show_page("live")
    for name in WorkerName:
        filled.drawer.toggle(name)
        settle(qtbot, context)
        assert cut_texts(filled) == [], name


def test_no_text_of_a_dialog_is_cut(
    qtbot: QtBot, context: ConsoleContext, filled: MainWindow
) -> None:
    cut = {}
    for name in DIALOGS:
        with opened(qtbot, name, context, filled) as dialog:
            if found := cut_texts(dialog):
                cut[name] = found
    assert cut == {}


# ---------------------------------------------------------------------- the measure itself
def test_every_kind_of_cut_text_is_found(qtbot: QtBot, context: ConsoleContext) -> None:
    words = "a text that is much too long for the little room that there is for it"
    label, wrapped, button, line = QLabel(words), QLabel(words), QPushButton(words), QLineEdit()
    wrapped.setWordWrap(True)
    wrapped.setFixedHeight(20)
    line.setPlaceholderText(words)
    choice, listed = QComboBox(), QListWidget()
    choice.addItem(words)
    listed.addItem(words)
    table = ValueTable([words, "b"], stretch=0)
    table.set_rows([(words, "b" * 90)])
    table.header().setMinimumSectionSize(10)
    table.header().setSectionResizeMode(table.header().ResizeMode.Fixed)
    lamp, grid = LampButton(context.theme), FigureGrid(context.theme)
    lamp.set_status("ok", words)
    grid.set_figures((Figure("a", words, "hint"),))
    parts: list[QWidget] = [label, wrapped, button, line, choice, listed, table, grid, lamp]
    holder = QWidget()
    qtbot.addWidget(holder)
    column = QVBoxLayout(holder)
    for part in parts:
        part.setFixedWidth(80)
        column.addWidget(part)
    holder.show()
    qtbot.waitExposed(holder)
    found = cut_texts(holder)
    kinds = [each.split(":")[0] for each in found]
    assert kinds == [
        "QLabel",
        "QLabel",
        "QPushButton",
        "QLineEdit",
        "QComboBox",
        "QListWidget",
        "ValueTable",
        "QHeaderView",
        "FigureGrid",
    ]
    # The lamp tells it in its tooltip, as the first cell of the table does.
    assert f"ValueTable: {'b' * 90!r}" in found
    for part in (label, wrapped, button, line, choice):
        part.setToolTip(words)
    listed.item(0).setToolTip(words)
    left = [each.split(":")[0] for each in cut_texts(holder)]
    assert left == ["ValueTable", "QHeaderView", "FigureGrid"]
