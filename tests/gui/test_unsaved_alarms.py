"""Alarms that wait for a disk with room: listed at once, and ordinary ones once they are written."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.models.alarm_desk import AlarmDesk
from console.models.unsaved_alarms import UnsavedAlarms
from console.pages.alarms import AlarmsPage
from console.widgets.alarm_card import AlarmCard
from console.widgets.alarm_details import AlarmDetails
from console.widgets.alarm_list import AlarmList
from console.widgets.alarm_table import STATE, AlarmTable
from console.widgets.unwritten_alarms import UnwrittenAlarms
from pipeline.aggregation.batch import Batch
from pipeline.aggregation.saver import LISTED_ALARMS, Saver
from pipeline.aggregation.situations import Change, alert_of
from pipeline.aggregation.store import AlarmEntry, AlarmFilter
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.messages import RiskLevel, utc_now
from pipeline.settings import AggregatorSettings, demo_settings
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.texts import Text
from tests.support import messages as made
from tests.support.alarms import alarm, jpeg
from tests.support.console_parts import console_context
from tests.support.log_guard import ExpectLog
from tests.support.small_disk import fill, mount_small, unmount


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    problem = mount_small(folder, 4_000_000)
    if problem:
        warnings.warn(f"NOT TESTED: a full disk ({problem})", stacklevel=1)
        pytest.skip(problem)
    yield folder
    unmount(folder)


@pytest.fixture
def context(qtbot: QtBot, small_disk: Path) -> Iterator[ConsoleContext]:
    aggregator = AggregatorSettings(database=small_disk / "alarms.db")
    settings = demo_settings().model_copy(update={"aggregator": aggregator})
    with console_context(qtbot, settings) as context:
        yield context


@pytest.fixture
def store(small_disk: Path) -> Iterator[StoreWriter]:
    writer = StoreWriter(small_disk / "alarms.db")
    yield writer
    writer.close()


@pytest.fixture
def saver(context: ConsoleContext, store: StoreWriter) -> Saver:
    """The aggregator's, which tells the window as it does there."""
    telemetry = context.hub.workers[WorkerName.AGGREGATOR]

    def on_condition(reason: Text | None) -> None:
        new = WorkerState.RUNNING if reason is None else WorkerState.DEGRADED
        old = WorkerState.DEGRADED if reason is None else WorkerState.RUNNING
        change = StateChange(WorkerName.AGGREGATOR, old, new, reason or Text(""), 1.0)
        context.controller.status(WorkerName.AGGREGATOR).note(change, utc_now())

    telemetry.begin_run(on_condition)
    return Saver(store, telemetry)


def raised(name: str, level: RiskLevel = "high", seconds_ago: int = 1) -> Batch:
    one = alarm(name, level, camera="cam-2", ago=timedelta(seconds=seconds_ago))
    verdict = made.result(f"request-of-{name}", level=level)
    change = Change(one, is_new=True, is_escalation=False)
    return Batch(verdicts=[verdict], changes=[(change, jpeg())])


def cards(shown: AlarmList) -> dict[str, AlarmCard]:
    found = [card for card in shown.findChildren(AlarmCard) if card.isVisible()]
    return {card.alarm_id: card for card in sorted(found, key=lambda card: card.y())}


def words(card: AlarmCard) -> set[str]:
    shown = [one for one in card.findChildren(QLabel) if one.isVisible()]
    return {one.text() for one in shown} | {
        one.text() for one in card.findChildren(QPushButton) if one.isVisible()
    }


def states(page: AlarmsPage) -> dict[str, str]:
    (table,) = page.findChildren(AlarmTable)
    items = [table.topLevelItem(row) for row in range(table.topLevelItemCount())]
    names = [entry.alarm.alarm_id for entry in table.entries()]
    return {
        name: item.text(STATE) for name, item in zip(names, items, strict=True) if item is not None
    }


def test_alarms_that_cannot_be_saved_are_listed_and_become_ordinary_ones(
    qtbot: QtBot, context: ConsoleContext, saver: Saver, small_disk: Path, expect_log: ExpectLog
) -> None:
    expect_log("ERROR the alarm database cannot be written .the disk is full")
    shown, page = AlarmList(context), AlarmsPage(context)
    for widget in (shown, page):
        qtbot.addWidget(widget)
        widget.resize(1200, 760)
        widget.show()
    saver.save(raised("before", "low", 60))
    qtbot.waitUntil(lambda: list(cards(shown)) == ["before"], timeout=10_000)
    ballast = fill(small_disk)
    saver.save(raised("first", seconds_ago=20))
    saver.save(raised("second", "medium", 10))
    assert saver.holds
    # Listed at once, newest first, marked, and with nothing that could be done about them yet.
    qtbot.waitUntil(lambda: list(cards(shown)) == ["second", "first", "before"])
    assert "Not saved yet" in words(cards(shown)["first"])
    assert "Acknowledge" not in words(cards(shown)["first"])
    assert "Not saved yet" in cards(shown)["first"].accessibleName()
    assert "Acknowledge" in words(cards(shown)["before"])
    marks = {"second": "Not saved yet", "first": "Not saved yet", "before": "New"}
    qtbot.waitUntil(lambda: states(page) == marks)
    (line,) = page.findChildren(UnwrittenAlarms)
    qtbot.waitUntil(lambda: line.text().startswith("2 alarm"))
    page.show_alarm("first")
    (details,) = page.findChildren(AlarmDetails)
    assert details.entry is not None
    assert not details.entry.is_saved
    assert "once it is saved" in details.findChildren(QLineEdit)[0].placeholderText()
    assert not [
        one.text()
        for one in details.findChildren(QPushButton)
        if one.isVisible() and one.text() in {"Acknowledge", "False alarm"}
    ]
    # Whatever is looked at from now on shows each exactly once.
    seen: list[list[str]] = []
    desk = AlarmDesk.of(context)
    note = lambda: seen.append([entry.alarm.alarm_id for entry in desk.entries])  # noqa: E731
    desk.changed.connect(note)
    context.figures.updated.connect(note)
    ballast.unlink()

    def is_written() -> bool:
        saver.retry()
        return not saver.holds

    qtbot.waitUntil(is_written, timeout=10_000)
    qtbot.waitUntil(lambda: all(entry.is_saved for entry in desk.entries), timeout=10_000)
    qtbot.waitUntil(lambda: set(states(page).values()) == {"New"})
    assert seen
    assert all(names == ["second", "first", "before"] for names in seen)
    assert "Acknowledge" in words(cards(shown)["first"])
    qtbot.waitUntil(lambda: details.picture.accessibleName().startswith("Evidence"))
    qtbot.waitUntil(lambda: not line.isVisible())


def test_more_than_can_be_listed_are_counted(
    qtbot: QtBot, context: ConsoleContext, saver: Saver, small_disk: Path, expect_log: ExpectLog
) -> None:
    expect_log("ERROR the alarm database cannot be written .the disk is full")
    page = AlarmsPage(context)
    qtbot.addWidget(page)
    page.show()
    fill(small_disk)
    total = LISTED_ALARMS + 5
    for number in range(total):
        saver.save(raised(f"held-{number}", seconds_ago=total - number))
    qtbot.waitUntil(lambda: len(states(page)) == LISTED_ALARMS)
    assert next(iter(states(page))) == f"held-{total - 1}"
    (line,) = page.findChildren(UnwrittenAlarms)
    qtbot.waitUntil(
        lambda: line.text().startswith(
            f"{total} alarms are not saved yet; the newest {LISTED_ALARMS} of them are listed."
        )
    )
    # The worker ends: what it held is read again from Kafka, and is nobody's until then.
    saver.close()
    qtbot.waitUntil(lambda: states(page) == {}, timeout=10_000)


def test_what_was_written_stays_until_the_store_was_read() -> None:
    held = UnsavedAlarms()
    alerts = tuple(alert_of(alarm(name)) for name in ("b", "a"))
    stored = AlarmEntry(alarm("a", ago=timedelta(seconds=30)), "new", "")

    def names(*entries: AlarmEntry) -> list[tuple[str, bool]]:
        return sorted((one.alarm.alarm_id, one.is_saved) for one in held.merged(entries))

    assert held.hold(alerts)
    assert not held.hold(alerts)
    assert names() == [("a", False), ("b", False)]
    held.reading()  # begins before they are written
    assert held.hold(())
    assert not held.was_read()
    assert names() == [("a", False), ("b", False)]
    held.reading()
    assert held.was_read()
    assert names(stored) == [("a", True)]


def test_the_filter_holds_for_what_is_not_saved_too() -> None:
    entry = AlarmEntry(
        alarm("x", "medium", camera="cam-2", said="A Car"), "new", "", is_saved=False
    )
    now = utc_now()
    admitted = {
        "all": AlarmFilter(),
        "camera": AlarmFilter(camera_id="cam-2"),
        "level": AlarmFilter(min_level="medium"),
        "text": AlarmFilter(text="a car"),
        "since": AlarmFilter(since=now - timedelta(hours=1)),
        "state": AlarmFilter(state="new"),
    }
    refused = {
        "camera": AlarmFilter(camera_id="cam-1"),
        "level": AlarmFilter(min_level="high"),
        "text": AlarmFilter(text="lorry"),
        "since": AlarmFilter(since=now),
        "until": AlarmFilter(until=now - timedelta(hours=1)),
        "state": AlarmFilter(state="acknowledged"),
    }
    assert [name for name, wanted in admitted.items() if not wanted.admits(entry)] == []
    assert [name for name, wanted in refused.items() if wanted.admits(entry)] == []
