"""The page of alarms, used as a person does, on a real store: filter, read, mark, undo, export."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.alarms import AlarmsPage
from console.widgets.alarm_list import AlarmList
from console.widgets.alarm_table import AlarmTable
from console.widgets.course_dialog import CourseDialog
from console.widgets.evidence_view import EvidenceView
from console.widgets.maintenance_dialog import MaintenanceDialog
from console.widgets.unwritten_alarms import UnwrittenAlarms
from console.widgets.value_table import ValueTable
from pipeline.aggregation.database import database_path
from pipeline.aggregation.store import AlarmEntry, AlarmReader
from pipeline.messages import utc_now
from pipeline.settings import demo_settings
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.texts import verbatim
from tests.support.alarms import alarm, jpeg, store_alarms, store_judged
from tests.support.console_parts import console_context


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
def context(qtbot: QtBot, store: Path) -> Iterator[ConsoleContext]:
    with console_context(qtbot, demo_settings()) as made:
        yield made


@pytest.fixture
def page(qtbot: QtBot, context: ConsoleContext) -> AlarmsPage:
    made = AlarmsPage(context)
    qtbot.addWidget(made)
    made.resize(1300, 760)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    qtbot.waitUntil(lambda: ids(made) == ["clash", "close", "crowd"])
    return made


def ids(page: AlarmsPage) -> list[str]:
    return [entry.alarm.alarm_id for entry in page.findChildren(AlarmTable)[0].entries()]


def named(page: QWidget, kind: type[QWidget], name: str) -> QWidget:
    return next(one for one in page.findChildren(kind) if one.accessibleName() == name)


def button(page: QWidget, text: str) -> QPushButton:
    return next(
        one for one in page.findChildren(QPushButton) if one.text() == text and one.isVisible()
    )


def shown_texts(page: QWidget) -> list[str]:
    return [label.text() for label in page.findChildren(QLabel) if label.isVisible()]


def choose(qtbot: QtBot, page: QWidget, filter_name: str, text: str) -> None:
    """Choose in a box by typing its first letters, as one does with the keyboard."""
    box = named(page, QComboBox, filter_name)
    assert isinstance(box, QComboBox)
    box.setFocus()
    for _ in range(box.count()):
        if box.currentText() == text:
            return
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == text


def click_row(qtbot: QtBot, page: AlarmsPage, row: int) -> None:
    table = page.findChildren(AlarmTable)[0]
    item = table.topLevelItem(row)
    assert item is not None
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualItemRect(item).center()
    )


def stored(store: Path, name: str) -> AlarmEntry:
    with AlarmReader(store) as reader:
        entry = reader.one(name)
    assert entry is not None
    return entry


@pytest.mark.parametrize(
    ("filter_name", "choice", "left"),
    [
        ("Camera", "Ferry approach", ["close"]),
        ("Level", "level ≥ medium", ["clash", "close"]),
        ("Level", "level ≥ high", ["clash"]),
        ("Time", "last hour", ["clash"]),
        ("Time", "last 7 days", ["clash", "close"]),
        ("State", "Acknowledged", []),
    ],
)
def test_each_filter_leaves_what_it_says(
    qtbot: QtBot, page: AlarmsPage, filter_name: str, choice: str, left: list[str]
) -> None:
    choose(qtbot, page, filter_name, choice)
    qtbot.waitUntil(lambda: ids(page) == left)
    qtbot.mouseClick(button(page, "Show all"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(ids(page)) == 3)


def test_typing_searches_and_no_match_says_so(qtbot: QtBot, page: AlarmsPage) -> None:
    page.focus_filter()
    field = named(page, QLineEdit, "Search")
    qtbot.keyClicks(field, "CONTACT in")
    qtbot.waitUntil(lambda: ids(page) == ["clash"])
    qtbot.keyClicks(field, " nowhere")
    qtbot.waitUntil(lambda: "Nothing matches" in shown_texts(page))
    qtbot.mouseClick(button(page, "Show all alarms"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(ids(page)) == 3)


def test_a_chosen_alarm_shows_its_picture_and_what_was_said(qtbot: QtBot, page: AlarmsPage) -> None:
    click_row(qtbot, page, 0)
    view = page.findChildren(EvidenceView)[0]
    qtbot.waitUntil(lambda: view.image is not None)
    assert view.image is not None
    color = view.grab().toImage().pixelColor(view.width() // 2, view.height() // 2)
    assert (color.blue() > 150, color.red() < 90) == (True, True), QColor(color).name()
    texts = shown_texts(page)
    assert "Contact in 1.1 s." in texts
    assert "Market & 3rd" in texts
    assert "Offline rules" in texts


def test_acknowledge_with_a_note_and_take_it_back(
    qtbot: QtBot, page: AlarmsPage, store: Path
) -> None:
    click_row(qtbot, page, 1)
    note = named(page, QLineEdit, "Note")
    qtbot.keyClicks(note, "patrol sent")
    qtbot.mouseClick(button(page, "Acknowledge"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any("2 new" in text for text in shown_texts(page)))
    entry = stored(store, "close")
    assert (entry.state, entry.note) == ("acknowledged", "patrol sent")
    qtbot.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: any("3 new" in text for text in shown_texts(page)))
    entry = stored(store, "close")
    assert (entry.state, entry.note) == ("new", "")


def test_enter_in_the_note_acknowledges(qtbot: QtBot, page: AlarmsPage, store: Path) -> None:
    click_row(qtbot, page, 0)
    note = named(page, QLineEdit, "Note")
    qtbot.keyClicks(note, "seen")
    qtbot.keyClick(note, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: stored(store, "clash").state == "acknowledged")
    assert stored(store, "clash").note == "seen"


def test_false_alarm_and_new_again(qtbot: QtBot, page: AlarmsPage, store: Path) -> None:
    click_row(qtbot, page, 0)
    qtbot.mouseClick(button(page, "False alarm"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: stored(store, "clash").state == "false_alarm")
    qtbot.waitUntil(lambda: any(b.isVisible() for b in reopeners(page)))
    qtbot.mouseClick(reopeners(page)[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: stored(store, "clash").state == "new")


def test_what_was_marked_by_the_mouse_goes_back_by_its_key(
    qtbot: QtBot, page: AlarmsPage, store: Path
) -> None:
    click_row(qtbot, page, 0)
    qtbot.mouseClick(button(page, "False alarm"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: stored(store, "clash").state == "false_alarm")
    qtbot.waitUntil(lambda: any(b.isVisible() for b in reopeners(page)))
    focused = page.window().focusWidget()
    assert isinstance(focused, AlarmTable)  # not whatever comes after the hidden button
    qtbot.keyClick(focused, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: stored(store, "clash").state == "new")


def reopeners(page: AlarmsPage) -> list[QPushButton]:
    return [b for b in page.findChildren(QPushButton) if b.text() == "Make it new again"]


def test_a_note_being_written_survives_new_alarms(
    qtbot: QtBot, page: AlarmsPage, context: ConsoleContext, store: Path
) -> None:
    click_row(qtbot, page, 1)
    note = named(page, QLineEdit, "Note")
    assert isinstance(note, QLineEdit)
    qtbot.keyClicks(note, "half a th")
    store_alarms(store, alarm("later", "low"))
    with AlarmReader(store) as reader:
        assert reader.one("later") is not None
    qtbot.waitUntil(lambda: len(ids(page)) == 4, timeout=8000)
    assert note.text() == "half a th"
    assert page.findChildren(AlarmTable)[0].chosen_id() == "close"


def test_an_alarm_is_shown_although_the_filter_hides_it(qtbot: QtBot, page: AlarmsPage) -> None:
    choose(qtbot, page, "Camera", "Ferry approach")
    qtbot.waitUntil(lambda: ids(page) == ["close"])
    page.show_alarm("crowd")
    qtbot.waitUntil(lambda: page.findChildren(AlarmTable)[0].chosen_id() == "crowd")


def accept(qtbot: QtBot, page: AlarmsPage, path: Path) -> None:
    """Put a path into the file dialog that is open, and accept it."""
    dialog = page.findChildren(QFileDialog)[0]
    # Typed letter by letter it would open a list of completions, which takes the keyboard.
    dialog.findChildren(QLineEdit)[0].setText(str(path))
    buttons = dialog.findChildren(QDialogButtonBox)[0].buttons()
    accepts = QDialogButtonBox.ButtonRole.AcceptRole
    box = dialog.findChildren(QDialogButtonBox)[0]
    confirm = next(one for one in buttons if box.buttonRole(one) is accepts)
    qtbot.mouseClick(confirm, Qt.MouseButton.LeftButton)


def export(page: AlarmsPage, text: str) -> None:
    menu = button(page, "Export").menu()
    next(action for action in menu.actions() if action.text() == text).trigger()


def test_the_list_is_exported_as_a_table(qtbot: QtBot, page: AlarmsPage, tmp_path: Path) -> None:
    export(page, "Table of this list (CSV)…")
    accept(qtbot, page, tmp_path / "mine.csv")
    qtbot.waitUntil(lambda: any("Alarms saved: 3" in text for text in shown_texts(page)))
    with (tmp_path / "mine.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["alarm_id"] for row in rows] == ["clash", "close", "crowd"]
    assert rows[0]["description"] == "Contact in 1.1 s."
    assert rows[0]["camera"] == "Market & 3rd"


def test_table_and_pictures_go_into_a_folder(
    qtbot: QtBot, page: AlarmsPage, tmp_path: Path
) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    export(page, "Table and pictures into a folder…")
    accept(qtbot, page, folder)
    qtbot.waitUntil(lambda: any("Alarms saved: 3" in text for text in shown_texts(page)))
    with (folder / "alarms.csv").open(encoding="utf-8-sig", newline="") as file:
        names = [row["picture"] for row in csv.DictReader(file)]
    assert sorted(names) == sorted(path.name for path in folder.glob("*.jpg"))
    assert len(names) == 3


def test_everything_of_the_list_goes_into_json_lines(
    qtbot: QtBot, page: AlarmsPage, store: Path, tmp_path: Path
) -> None:
    (judged,) = store_judged(store, 1)
    with AlarmReader(store) as reader:
        reader.acknowledge(judged, "seen")
    qtbot.waitUntil(lambda: judged in ids(page), timeout=8000)
    export(page, "Everything of this list (JSON Lines)…")
    accept(qtbot, page, tmp_path / "mine.jsonl")
    qtbot.waitUntil(lambda: any("Alarms saved: 4" in text for text in shown_texts(page)))
    lines = [json.loads(line) for line in (tmp_path / "mine.jsonl").read_bytes().splitlines()]
    (line,) = [one for one in lines if one["alarm"]["alarm_id"] == judged]
    assert (line["state"], line["note"]) == ("acknowledged", "seen")
    assert [one["note"] for one in line["acknowledgements"]] == ["seen"]
    assert line["asked"]["detectedObjects"]
    assert line["answered"]["metadata"]["assessor"] == "rules"
    assert not list(tmp_path.glob("*.part"))


def test_an_export_that_is_cancelled_leaves_nothing(
    qtbot: QtBot, page: AlarmsPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    evidence = AlarmReader.evidence

    def slow(reader: AlarmReader, alarm_id: str) -> bytes | None:
        go_on.wait(10)
        return evidence(reader, alarm_id)

    monkeypatch.setattr(AlarmReader, "evidence", slow)
    folder = tmp_path / "evidence"
    folder.mkdir()
    export(page, "Table and pictures into a folder…")
    accept(qtbot, page, folder)
    qtbot.waitUntil(lambda: any(one.isVisible() for one in page.findChildren(CourseDialog)))
    (dialog,) = page.findChildren(CourseDialog)
    qtbot.mouseClick(dialog.findChildren(QPushButton)[0], Qt.MouseButton.LeftButton)
    go_on.set()
    qtbot.waitUntil(lambda: any("Cancelled" in text for text in shown_texts(page)))
    assert list(folder.iterdir()) == []


def test_what_was_asked_and_how_it_was_answered(
    qtbot: QtBot, page: AlarmsPage, store: Path
) -> None:
    (judged,) = store_judged(store, 1)
    qtbot.waitUntil(lambda: judged in ids(page), timeout=8000)
    page.show_alarm(judged)
    qtbot.waitUntil(
        lambda: any("The picture, and 1 × car, 1 × person" in text for text in shown_texts(page))
    )
    texts = shown_texts(page)
    assert any("Nearest pair: " in text for text in texts)
    assert any(text.startswith("rules-") and text.endswith(" ms") for text in texts)
    page.show_alarm("clash")
    qtbot.waitUntil(lambda: "Not stored with this alarm." in shown_texts(page))


def test_a_time_of_maintenance_is_added_and_taken_away(
    qtbot: QtBot, page: AlarmsPage, context: ConsoleContext
) -> None:
    qtbot.mouseClick(button(page, "Maintenance…"), Qt.MouseButton.LeftButton)
    (dialog,) = page.findChildren(MaintenanceDialog)
    qtbot.keyClicks(named(dialog, QLineEdit, "Reason"), "new mast")
    choose(qtbot, dialog, "Camera", "Depot gate")
    qtbot.mouseClick(button(dialog, "Add"), Qt.MouseButton.LeftButton)
    (window,) = context.settings.aggregator.alarms.maintenance
    assert (window.camera, window.reason) == ("cam-3", "new mast")
    assert window.covers("cam-3", utc_now() + timedelta(hours=1))
    assert not window.covers("cam-3", utc_now() + timedelta(hours=3))
    until = named(dialog, QDateTimeEdit, "Until")
    assert isinstance(until, QDateTimeEdit)
    until.setDateTime(until.dateTime().addDays(-1))
    qtbot.mouseClick(button(dialog, "Add"), Qt.MouseButton.LeftButton)
    assert "“Until” must be later than “from”." in shown_texts(dialog)
    table = dialog.findChildren(ValueTable)[0]
    row = table.topLevelItem(0)
    assert row is not None
    table.setCurrentItem(row)
    qtbot.mouseClick(button(dialog, "Take away"), Qt.MouseButton.LeftButton)
    assert list(context.settings.aggregator.alarms.maintenance) == []
    assert table.topLevelItemCount() == 0
    qtbot.mouseClick(button(dialog, "Put back"), Qt.MouseButton.LeftButton)
    assert list(context.settings.aggregator.alarms.maintenance) == [window]
    assert table.topLevelItemCount() == 1
    assert not button(dialog, "Put back").isEnabled()


def test_a_time_of_maintenance_repeats_every_week(
    qtbot: QtBot, page: AlarmsPage, context: ConsoleContext
) -> None:
    qtbot.mouseClick(button(page, "Maintenance…"), Qt.MouseButton.LeftButton)
    (dialog,) = page.findChildren(MaintenanceDialog)
    (weekly,) = dialog.findChildren(QCheckBox)
    weekly.setChecked(True)
    qtbot.mouseClick(button(dialog, "Add"), Qt.MouseButton.LeftButton)
    (window,) = context.settings.aggregator.alarms.maintenance
    assert window.covers("cam-3", utc_now() + timedelta(weeks=5, hours=0.5))
    row = dialog.findChildren(ValueTable)[0].topLevelItem(0)
    assert row is not None
    assert row.text(3) == "every week"
    assert not weekly.isChecked()
    until = named(dialog, QDateTimeEdit, "Until")
    assert isinstance(until, QDateTimeEdit)
    until.setDateTime(until.dateTime().addDays(7))
    weekly.setChecked(True)
    qtbot.mouseClick(button(dialog, "Add"), Qt.MouseButton.LeftButton)
    assert "must be shorter than a week" in " ".join(shown_texts(dialog))


def test_a_table_that_cannot_be_written_says_why(
    qtbot: QtBot, page: AlarmsPage, tmp_path: Path
) -> None:
    page._exporter._export_table(str(tmp_path / "no" / "such" / "folder.csv"))
    qtbot.waitUntil(lambda: any("Nothing was saved" in text for text in shown_texts(page)))


def test_the_picture_is_saved_as_it_is(
    qtbot: QtBot, page: AlarmsPage, store: Path, tmp_path: Path
) -> None:
    click_row(qtbot, page, 0)
    save = named(page, QToolButton, "Save the picture")
    qtbot.waitUntil(save.isEnabled)
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    accept(qtbot, page, tmp_path / "one.jpg")
    qtbot.waitUntil(lambda: any("Picture saved" in text for text in shown_texts(page)))
    with AlarmReader(store) as reader:
        assert (tmp_path / "one.jpg").read_bytes() == reader.evidence("clash")


def test_no_alarms_at_all_says_what_to_do(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    for path in store.parent.glob(store.name + "*"):
        path.unlink()
    made = AlarmsPage(context)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: "No alarms yet" in shown_texts(made))


def test_no_column_runs_off_a_window_of_1280(qtbot: QtBot, page: AlarmsPage) -> None:
    page.resize(1203, 506)
    table = page.findChildren(AlarmTable)[0]
    qtbot.waitUntil(lambda: table.header().length() <= table.viewport().width())
    assert not table.horizontalScrollBar().isVisible()


@pytest.mark.parametrize("widget", [AlarmsPage, AlarmList])
def test_alarms_that_cannot_be_written_are_told_of(
    qtbot: QtBot, context: ConsoleContext, widget: type[AlarmsPage] | type[AlarmList]
) -> None:
    shown = widget(context)
    qtbot.addWidget(shown)
    shown.show()
    status = context.controller.status(WorkerName.AGGREGATOR)

    def told() -> bool:
        return any("disk is full" in text for text in shown_texts(shown))

    assert not told()
    status.reason = (
        "alarms cannot be written: the disk is full; they go on in memory and are written when it "
        "is possible. Free some space"
    )
    qtbot.waitUntil(told)
    status.reason = ""
    qtbot.waitUntil(lambda: not told())


def test_alarms_that_cannot_be_written_are_said_with_how_many_wait_and_why(
    qtbot: QtBot, page: AlarmsPage, context: ConsoleContext
) -> None:
    (line,) = page.findChildren(UnwrittenAlarms)
    assert not line.isVisible()
    context.hub.workers[WorkerName.AGGREGATOR].gauge("unsaved", 17)
    reason = verbatim("alarms cannot be written: the disk is full; they go on in memory")
    status = context.controller.status(WorkerName.AGGREGATOR)
    change = StateChange(
        WorkerName.AGGREGATOR, WorkerState.RUNNING, WorkerState.DEGRADED, reason, 1.0
    )
    status.note(change, utc_now())
    qtbot.waitUntil(line.isVisible)
    assert "the disk is full" in line.text()
    qtbot.waitUntil(lambda: line.text().endswith("Verdicts that wait in memory: 17."))
