"""Dates and numbers follow the region of the language chosen; what machines read does not."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QLocale
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QDateTimeEdit, QDoubleSpinBox
from pytestqt.qtbot import QtBot

from console import alarm_words, formatting, i18n, regional
from console.alarm_export import write_table
from console.context import ConsoleContext
from console.language_change import LanguageChange
from console.main_window import MainWindow
from console.rule_words import rule_words
from console.widgets.alarm_table import AlarmTable
from console.widgets.lag_chart import LagChart, Series
from console.widgets.maintenance_dialog import MaintenanceDialog
from console.widgets.timeline_view import TimelineView
from console.widgets.value_table import ValueTable
from console.window_texts import shown
from pipeline.aggregation.store import AlarmEntry
from pipeline.messages import utc_now
from pipeline.settings import demo_settings
from pipeline.states import WorkerName
from pipeline.texts import say
from pipeline.timeline.events import Event, What
from pipeline.timeline.store import TimelineWriter, timeline_path
from tests.support.alarms import alarm
from tests.support.alarms_page import named

MOMENT = datetime(2026, 1, 5, 14, 31, 12).astimezone()


@pytest.fixture
def use(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, str], None]]:
    """Uses a language on a system of a region."""
    del qapp
    before = QLocale()

    def used(system: str, language: str) -> None:
        monkeypatch.setattr(QLocale, "system", lambda: QLocale(system))
        i18n.install("en" if language != "en" else "zh_CN")
        assert i18n.install(language) == language

    yield used
    monkeypatch.setattr(QLocale, "system", QLocale.c)
    i18n.install("zh_CN")
    i18n.install("en")
    QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("system", "language", "date", "number", "share"),
    [
        ("C", "en", "01/05/2026", "1,234,567", "0.92"),
        ("en_US", "en", "01/05/2026", "1,234,567", "0.92"),
        ("en_GB", "en", "05/01/2026", "1,234,567", "0.92"),
        ("en_CA", "en", "2026-01-05", "1,234,567", "0.92"),
        ("en_IN", "en", "05/01/2026", "12,34,567", "0.92"),
        ("en_DE", "en", "05/01/2026", "1.234.567", "0,92"),
        ("de_DE", "en", "01/05/2026", "1,234,567", "0.92"),
        ("en_GB", "zh_CN", "2026/01/05", "1,234,567", "0.92"),
        ("zh_TW", "zh_CN", "2026/01/05", "1,234,567", "0.92"),
        ("zh_SG", "zh_CN", "05/01/2026", "1,234,567", "0.92"),
    ],
)
def test_the_region_is_that_of_the_system_where_it_has_the_language(
    use: Callable[[str, str], None], system: str, language: str, date: str, number: str, share: str
) -> None:
    use(system, language)
    assert regional.day_and_clock(MOMENT) == f"{date} 14:31:12"
    assert regional.day_and_minutes(MOMENT) == f"{date} 14:31"
    assert formatting.count(1_234_567) == number
    assert regional.decimal(0.92, 2) == share


def test_the_words_of_amounts_follow(use: Callable[[str, str], None]) -> None:
    use("en_DE", "en")
    assert [formatting.rate(28.44), formatting.rate(1240.4)] == ["28,4", "1.240"]
    assert [formatting.size(6_200_000), formatting.milliseconds(3_900)] == ["6,2 MB", "3,9 s"]
    assert formatting.gauge(1284.52) == "1.284,5"
    assert formatting.compact(1_250_000).startswith("1,2")
    assert formatting.duration(90_061) == "1d 01:01:01"
    assert regional.percent(12.4) == "12%"
    assert "1,1 s" in rule_words(
        "Rule predicted post-encroachment-time: if car at 9.5 m/s and person at 1.4 m/s keep "
        "straight on, the second reaches the place where their paths cross in 2.0 s, 1.1 s after "
        "the first has left it (watched below 3.0 s, serious below 1.5 s)."
    )
    assert shown(say("{tokens:,} tokens a day", tokens=50_000)) == "50.000 tokens a day"
    # To be typed: as the settings have it.
    fix = say("Write a number from {low:g} to {high:.10g}.", low=0.5, high=2000)
    assert shown(fix) == "Write a number from 0.5 to 2000."
    use("en_DE", "zh_CN")
    assert formatting.rate(1240.4) == "1,240"
    assert formatting.duration(3 * 86_400) == "3 天 00:00:00"
    assert regional.weekday(MOMENT) == "周一"


@pytest.mark.parametrize("system", ["en_GB", "en_US", "en_CA", "en_CH", "en_ZA"])
def test_a_time_that_is_typed_is_understood_as_it_is_shown(
    qtbot: QtBot,
    window: MainWindow,
    context: ConsoleContext,
    use: Callable[[str, str], None],
    system: str,
) -> None:
    use(system, "en")
    dialog = MaintenanceDialog(context, window)
    dialog.show()
    qtbot.waitExposed(dialog)
    for name, moment in (("From", MOMENT), ("Until", MOMENT + timedelta(hours=3))):
        field = named(dialog, QDateTimeEdit, name)
        assert isinstance(field, QDateTimeEdit)
        field.setSelectedSection(field.sectionAt(0))
        # The field goes on by itself after each part.
        qtbot.keyClicks(field, re.sub(r"\D", "", regional.day_and_minutes(moment)))
        assert field.text() == regional.day_and_minutes(moment)
        assert field.dateTime().date() == QDate(2026, 1, 5)
        assert field.dateTime().toSecsSinceEpoch() == int(moment.timestamp()) // 60 * 60
    dialog.close()


def choose_language(qtbot: QtBot, window: MainWindow, context: ConsoleContext, name: str) -> None:
    """Choose a language in the status bar of a window that changes it as in the program."""
    window.language_chosen.connect(LanguageChange(window, context.theme).follow)
    before = window.status_bar
    next(each for each in before.findChildren(QAction) if each.text() == name).trigger()
    qtbot.waitUntil(lambda: window.status_bar is not before)


def column(table: ValueTable | AlarmTable, number: int) -> list[str]:
    items = (table.topLevelItem(row) for row in range(table.topLevelItemCount()))
    return [item.text(number) for item in items if item is not None]


def test_filled_pages_follow_a_change_of_the_language(
    qtbot: QtBot,
    signalbox_home: Path,
    window: MainWindow,
    context: ConsoleContext,
    use: Callable[[str, str], None],
) -> None:
    then = utc_now() - timedelta(days=3)
    with contextlib.closing(TimelineWriter(timeline_path())) as writer:
        writer.note(Event(then, What.CAMERA_LOST, "cam-2", "no answer"))
    use("en_DE", "en")
    context.hub.workers[WorkerName.SCHEDULER].count("tasks", 1284)
    window.show_page("logs")
    window.pages.page("logs").show_timeline()  # type: ignore[attr-defined]

    def times() -> list[str]:
        (view,) = window.pages.page("logs").findChildren(TimelineView)
        return column(view.findChildren(ValueTable)[0], 0)

    (view,) = window.pages.page("logs").findChildren(TimelineView)
    span = view.kept()
    view.restore((2, *span[1:]))
    local = then.astimezone()
    qtbot.waitUntil(lambda: f"{local:%d/%m/%Y %H:%M:%S}" in times())
    choose_language(qtbot, window, context, "简体中文")
    qtbot.waitUntil(lambda: f"{local:%Y/%m/%d %H:%M:%S}" in times())

    window.show_page("pipeline")
    window.pages.show_worker(WorkerName.SCHEDULER)

    def figures() -> list[str]:
        tables = window.pages.page("pipeline").findChildren(ValueTable)
        return [text for table in tables for text in column(table, 1)]

    qtbot.waitUntil(lambda: "1,284" in figures())
    # Fields made from now on have theirs from the window.
    field = QDoubleSpinBox(window)
    assert field.locale().name() == "zh_CN"
    field.deleteLater()


def test_the_list_of_alarms_tells_days_by_the_region(
    qtbot: QtBot, use: Callable[[str, str], None]
) -> None:
    del qtbot
    use("en_GB", "en")
    told = alarm("crowd", "low")
    late = told.first_seen.astimezone() + timedelta(days=3)
    assert alarm_words.time_of_day(told.first_seen, told.first_seen) == (
        f"{told.first_seen.astimezone():%H:%M:%S}"
    )
    assert alarm_words.time_of_day(told.first_seen, late) == (
        f"{told.first_seen.astimezone():%d/%m/%Y %H:%M:%S}"
    )


def test_the_chart_of_the_lag_has_round_amounts(
    qtbot: QtBot, context: ConsoleContext, use: Callable[[str, str], None]
) -> None:
    use("C", "en")
    chart = LagChart(context.theme)
    qtbot.addWidget(chart)
    chart.show_series([Series("tasks", [(0.0, 0), (1.0, 8_000)])])
    axis = chart._plot.getAxis("left")
    assert axis.tickStrings([0.0, 2000.0, 0.5, 2_000_000.0], 1.0, 2000.0) == [
        "0",
        "2,000",
        "",
        "2.0\N{NARROW NO-BREAK SPACE}M",
    ]


def test_an_exported_table_is_the_same_in_every_region(
    qtbot: QtBot, tmp_path: Path, use: Callable[[str, str], None]
) -> None:
    del qtbot
    told = alarm("clash", "high")
    entries = [AlarmEntry(told, "new", "")]
    written = []
    for system in ("en_US", "en_DE"):
        use(system, "en")
        write_table(entries, demo_settings(), tmp_path / system)
        written.append((tmp_path / system).read_bytes())
    assert written[0] == written[1]
    assert told.first_seen.isoformat(timespec="milliseconds").encode() in written[0]
