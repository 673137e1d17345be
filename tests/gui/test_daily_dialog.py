"""The daily counts, on a real store: opened from the page of the alarms, read anew, saved."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.daily_counts import counter_words, last_days, rows_of
from console.pages.alarms import AlarmsPage
from console.widgets.daily_dialog import DailyDialog
from console.widgets.value_table import ValueTable
from pipeline.aggregation.database import database_path
from pipeline.aggregation.store import AlarmReader, DailyCount
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.settings import demo_settings
from tests.support.alarms import alarm, store_alarms
from tests.support.console_parts import console_context


def today() -> date:
    return datetime.now().astimezone().date()


@pytest.fixture
def store(signalbox_home: Path) -> Path:
    return database_path(demo_settings().aggregator)


@pytest.fixture
def context(qtbot: QtBot, store: Path) -> Iterator[ConsoleContext]:
    with console_context(qtbot, demo_settings()) as made:
        yield made


def add(store: Path, *counts: tuple[int, str, str, int]) -> None:
    """Count as the aggregator does: days ago, camera, counter, amount."""
    with contextlib.closing(StoreWriter(store)) as writer, writer.transaction():
        for ago, camera, name, amount in counts:
            writer.add_daily(today() - timedelta(days=ago), camera, name, amount)


def opened(qtbot: QtBot, context: ConsoleContext) -> DailyDialog:
    page = AlarmsPage(context)
    qtbot.addWidget(page)
    page.show()
    button = next(one for one in page.findChildren(QPushButton) if one.text() == "Daily counts…")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    (dialog,) = page.findChildren(DailyDialog)
    qtbot.waitUntil(dialog.isVisible)
    return dialog


def table(dialog: DailyDialog) -> list[list[str]]:
    (found,) = dialog.findChildren(ValueTable)
    items = [found.topLevelItem(row) for row in range(found.topLevelItemCount())]
    return [[item.text(column) for column in range(found.columnCount())] for item in items if item]


def test_the_days_are_shown_camera_by_camera(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    # Raised a moment ago: on a day of its own just after midnight.
    store_alarms(store, alarm("a", "high", ago=timedelta()), alarm("b", "low", ago=timedelta()))
    add(
        store,
        (0, "cam-2", "line:gate:in:car", 12),
        (1, "cam-2", "line:gate:in:car", 1_500),
        (0, "cam-2", "line:gate:out:car", 3),
        (6, "cam-2", "zone:crossing:entered:person", 4),
        (7, "cam-2", "zone:crossing:entered:person", 99),
        (0, "cam-1", "alarms", 2),
        (0, "gone", "not_assessed", 1),
    )
    dialog = opened(qtbot, context)
    qtbot.waitUntil(lambda: len(table(dialog)) == 7)
    assert [row[:2] for row in table(dialog)] == [
        ["Market & 3rd", "Alarms"],
        ["Market & 3rd", "Alarms, high"],
        ["Market & 3rd", "Alarms, low"],
        ["Ferry approach", "Line gate, in: car"],
        ["Ferry approach", "Line gate, out: car"],
        ["Ferry approach", "Zone crossing, entered: person"],
        ["gone", "Not assessed"],
    ]
    by_name = {row[1]: row[2:] for row in table(dialog)}
    assert by_name["Line gate, in: car"] == [*["0"] * 5, "1,500", "12", "1,512"]
    assert by_name["Zone crossing, entered: person"] == ["4", *["0"] * 6, "4"]
    assert by_name["Alarms, high"][-1] == "1"
    (found,) = dialog.findChildren(ValueTable)
    assert found.headerItem().text(8) == "Today"
    assert found.accessibleName() == "Daily counts"
    # What is counted while it is open is seen by itself.
    add(store, (0, "cam-2", "line:gate:in:car", 1))
    qtbot.waitUntil(lambda: table(dialog)[3][-1] == "1,513", timeout=10_000)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not context.controller.findChildren(DailyDialog))


def test_without_counts_it_says_what_will_be_counted(qtbot: QtBot, context: ConsoleContext) -> None:
    dialog = opened(qtbot, context)
    texts = [one.text() for one in dialog.findChildren(QLabel) if one.isVisible()]
    assert "Nothing was counted in these seven days" in texts
    (save,) = [one for one in dialog.findChildren(QPushButton) if "table" in one.text()]
    assert not save.isEnabled()


def test_the_counts_are_saved_as_a_table(
    qtbot: QtBot, context: ConsoleContext, store: Path, tmp_path: Path
) -> None:
    add(store, (0, "cam-1", "line:=gate:in:car", 5), (3, "cam-1", "line:=gate:in:car", 2))
    dialog = opened(qtbot, context)
    qtbot.waitUntil(lambda: len(table(dialog)) == 1)
    (save,) = [one for one in dialog.findChildren(QPushButton) if "table" in one.text()]
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    (chooser,) = dialog.findChildren(QFileDialog)
    path = tmp_path / "daily.csv"
    chooser.fileSelected.emit(str(path))
    chooser.close()
    qtbot.waitUntil(
        lambda: any(one.text().startswith("Saved: ") for one in dialog.findChildren(QLabel))
    )
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["day"] for row in rows] == [day.isoformat() for day in last_days(today())]
    assert [row["count"] for row in rows] == ["0", "0", "0", "2", "0", "0", "5"]
    assert {row["counter"] for row in rows} == {"line:=gate:in:car"}
    dialog.close()


def test_a_table_that_cannot_be_saved_says_so(
    qtbot: QtBot, context: ConsoleContext, store: Path, tmp_path: Path
) -> None:
    add(store, (0, "cam-1", "alarms", 5))
    dialog = opened(qtbot, context)
    qtbot.waitUntil(lambda: len(table(dialog)) == 1)
    (save,) = [one for one in dialog.findChildren(QPushButton) if "table" in one.text()]
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    (chooser,) = dialog.findChildren(QFileDialog)
    chooser.fileSelected.emit(str(tmp_path / "no such folder" / "daily.csv"))
    chooser.close()
    qtbot.waitUntil(
        lambda: any("Nothing was saved" in one.text() for one in dialog.findChildren(QLabel))
    )
    dialog.close()


def test_levels_count_by_the_local_day_of_the_alarm(store: Path) -> None:
    store_alarms(
        store,
        alarm("a", "high", ago=timedelta()),
        alarm("b", "high", ago=timedelta()),
        alarm("c", "low", camera="cam-2", ago=timedelta(days=2)),
        alarm("d", "low", camera="cam-2", ago=timedelta(days=40)),
    )
    with AlarmReader(store) as reader:
        newest = reader.newest()
        found = reader.daily_levels(today() - timedelta(days=6), today())
    on = {entry.alarm.alarm_id: entry.alarm.first_seen.astimezone().date() for entry in newest}
    assert sorted((one.day, one.camera_id, one.name, one.amount) for one in found) == [
        (on["c"], "cam-2", "alarms:low", 1),
        (on["a"], "cam-1", "alarms:high", 2),
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("line:a:b:in:car", "Line a:b, in: car"),
        ("zone::entered:car", "Zone , entered: car"),
        ("line:gate:sideways:car", "line:gate:sideways:car"),
        ("alarms:none", "Alarms, none"),
        ("alarms:unheard", "Alarms"),
        ("something new", "something new"),
    ],
)
def test_any_counter_has_words(name: str, words: str) -> None:
    assert counter_words(name) == words


def test_other_days_are_left_out() -> None:
    days = last_days(date(2026, 3, 2))
    counts = [
        DailyCount(date(2026, 2, 24), "cam-1", "alarms", 9),
        DailyCount(date(2026, 2, 23), "cam-1", "alarms", 7),
    ]
    (row,) = rows_of(counts, days, demo_settings())
    assert row.amounts == (9, 0, 0, 0, 0, 0, 0)
    assert days[0] == date(2026, 2, 24)
