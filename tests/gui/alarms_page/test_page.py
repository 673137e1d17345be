"""The page of alarms, used as a person does, on a real store: filter, read, mark, undo."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QLineEdit,
    QPushButton,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.alarms import AlarmsPage
from console.theme.tokens import Space
from console.widgets.alarm_filter_bar import AlarmFilterBar
from console.widgets.alarm_list import AlarmList
from console.widgets.alarm_table import CONFIDENCE, NOTE, RISK, TIMES, AlarmTable
from console.widgets.evidence_view import EvidenceView
from console.widgets.unwritten_alarms import UnwrittenAlarms
from pipeline.aggregation.store import AlarmEntry, AlarmReader
from pipeline.messages import utc_now
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.texts import verbatim
from tests.support.alarms import alarm, store_alarms, store_judged
from tests.support.alarms_page import button, choose, click_row, ids, named, shown_texts
from tests.support.windows import shown


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


def test_today_begins_at_midnight_here_not_a_day_ago(qtbot: QtBot, page: AlarmsPage) -> None:
    choose(qtbot, page, "Time", "today")
    since = page.findChildren(AlarmFilterBar)[0].wanted().since
    assert since is not None
    here = since.astimezone()
    assert here.date() == datetime.now().astimezone().date()
    assert (here.hour, here.minute, here.second) == (0, 0, 0)


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


def test_a_note_that_is_written_later_leaves_a_false_alarm_a_false_alarm(
    qtbot: QtBot, page: AlarmsPage, store: Path
) -> None:
    click_row(qtbot, page, 0)
    qtbot.mouseClick(button(page, "False alarm"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any(b.isVisible() for b in reopeners(page)))
    note = named(page, QLineEdit, "Note")
    qtbot.keyClicks(note, "a shadow")
    qtbot.keyClick(note, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: stored(store, "clash").note == "a shadow")
    assert stored(store, "clash").state == "false_alarm"


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
    return [b for b in page.findChildren(QPushButton) if b.text() == "Mark as new"]


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


@pytest.mark.parametrize(("width", "least"), [(990, 150), (824, 60)])
def test_in_a_small_window_the_risk_is_read_and_what_matters_less_goes(
    qtbot: QtBot, page: AlarmsPage, width: int, least: int
) -> None:
    table = page.findChildren(AlarmTable)[0]
    assert not table.isColumnHidden(CONFIDENCE)
    page.setMinimumWidth(width)
    page.resize(width, 506)
    qtbot.waitUntil(lambda: table.isColumnHidden(CONFIDENCE) and table.isColumnHidden(TIMES))
    qtbot.waitUntil(lambda: table.header().length() <= table.viewport().width())
    assert table.columnWidth(RISK) >= least
    for wider in range(1, 5):  # and does not come and go
        page.resize(width + wider, 506)
        assert table.isColumnHidden(CONFIDENCE)
    page.resize(1300, 506)
    qtbot.waitUntil(lambda: not table.isColumnHidden(CONFIDENCE))


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


def test_what_is_clicked_stays_where_it_is_from_one_alarm_to_the_next(
    qtbot: QtBot, page: AlarmsPage, store: Path
) -> None:
    long = "Rule time-to-collision: two outlines meet in a moment. " * 12
    store_alarms(store, alarm("long", "low", said=long, kind="dense-group"))
    qtbot.waitUntil(lambda: "long" in ids(page), timeout=8000)
    places = []
    for name in ("close", "long", "clash", "close"):
        page.show_alarm(name)
        qtbot.waitUntil(partial(is_chosen, page, name))
        qtbot.waitUntil(lambda: "Loading" not in picture_of(page).accessibleName())
        QCoreApplication.processEvents()  # what the layouts of a scroll bar that came or went ask
        parts = (
            named(page, QToolButton, "Save the picture"),
            picture_of(page),
            named(page, QLineEdit, "Note"),
            button(page, "Acknowledge"),
            button(page, "False alarm"),
        )
        places.append([(part.mapTo(page, QPoint()), part.size()) for part in parts])
    assert places[1] == places[2] == places[3]  # the first is that of a page just shown


def is_chosen(page: AlarmsPage, name: str) -> bool:
    return page.findChildren(AlarmTable)[0].chosen_id() == name


def picture_of(page: AlarmsPage) -> EvidenceView:
    return page.findChildren(EvidenceView)[0]


def test_a_second_click_on_acknowledge_meets_no_other_button(
    qtbot: QtBot, page: AlarmsPage, store: Path
) -> None:
    click_row(qtbot, page, 0)
    place = button(page, "Acknowledge").mapTo(page.window(), QPoint(8, 8))
    qtbot.mouseClick(button(page, "Acknowledge"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any(b.isVisible() for b in reopeners(page)))
    under = page.window().childAt(place)
    assert isinstance(under, QPushButton)
    assert (under.text(), under.isEnabled()) == ("Acknowledge", False)
    assert stored(store, "clash").state == "acknowledged"


def test_the_hint_in_the_search_is_whole_however_narrow_the_window_is(
    qtbot: QtBot, page: AlarmsPage
) -> None:
    field = named(page, QLineEdit, "Search")
    assert isinstance(field, QLineEdit)

    def is_whole() -> bool:
        hint = field.fontMetrics().horizontalAdvance(field.placeholderText())
        return hint + 2 * Space.M <= field.width()

    page.resize(1600, 700)
    qtbot.waitUntil(lambda: field.placeholderText() == "Search descriptions and notes (Ctrl+F)")
    assert is_whole()
    page.resize(1203, 506)
    choose(qtbot, page, "Camera", "Ferry approach")
    qtbot.waitUntil(lambda: button(page, "Show all").isVisible())
    qtbot.waitUntil(lambda: field.placeholderText() != "Search descriptions and notes (Ctrl+F)")
    qtbot.waitUntil(is_whole)


def test_the_columns_take_all_room_when_a_wide_row_is_gone(qtbot: QtBot, page: AlarmsPage) -> None:
    page.resize(1203, 506)
    table = page.findChildren(AlarmTable)[0]
    choose(qtbot, page, "Time", "last 7 days")  # without the one whose time has a date
    qtbot.waitUntil(lambda: ids(page) == ["clash", "close"])
    qtbot.waitUntil(lambda: table.header().length() == table.viewport().width())
    assert table.columnWidth(RISK) >= table.sizeHintForColumn(RISK)


def test_rows_stand_still_under_the_pointer(
    qtbot: QtBot, page: AlarmsPage, context: ConsoleContext, store: Path
) -> None:
    table = page.findChildren(AlarmTable)[0]
    item = table.topLevelItem(1)
    assert item is not None
    place = table.visualItemRect(item).center()
    qtbot.mouseMove(table.viewport(), place)
    qtbot.mouseMove(table.viewport(), place + QPoint(1, 0))
    store_alarms(store, alarm("later", "low"))
    newer = next(b for b in page.findChildren(QPushButton) if "newer" in b.text())
    qtbot.waitUntil(newer.isVisible, timeout=8000)
    assert newer.text().startswith("Show 1 newer alarm")
    assert any("4 new" in text for text in shown_texts(page))
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert table.chosen_id() == "close"
    qtbot.mouseClick(newer, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ids(page)[0] == "later")
    assert not newer.isVisible()


def test_a_filter_shows_all_it_wants_whatever_the_pointer_is_over(
    qtbot: QtBot, page: AlarmsPage
) -> None:
    choose(qtbot, page, "Camera", "Ferry approach")
    qtbot.waitUntil(lambda: ids(page) == ["close"])
    table = page.findChildren(AlarmTable)[0]
    qtbot.mouseMove(table.viewport(), QPoint(20, 20))
    qtbot.mouseMove(table.viewport(), QPoint(21, 20))
    choose(qtbot, page, "Camera", "all cameras", key=Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: len(ids(page)) == 3)


def test_who_has_scrolled_down_reads_on_in_the_same_place(
    qtbot: QtBot, page: AlarmsPage, store: Path
) -> None:
    store_alarms(store, *(alarm(str(n), ago=timedelta(hours=4, minutes=n)) for n in range(60)))
    qtbot.waitUntil(lambda: len(ids(page)) == 63, timeout=8000)
    table = page.findChildren(AlarmTable)[0]
    table.setFocus()
    for _ in range(2):
        qtbot.keyClick(table, Qt.Key.Key_PageDown)
    top = table.itemAt(0, 0)
    assert top is not None
    assert table.indexOfTopLevelItem(top) > 0
    store_alarms(store, alarm("later", "low"), alarm("last", "low"))
    qtbot.waitUntil(lambda: len(ids(page)) == 65, timeout=8000)
    assert table.itemAt(0, 0) is top


def test_columns_stay_when_an_alarm_of_another_level_comes(
    qtbot: QtBot, page: AlarmsPage, store: Path
) -> None:
    table = page.findChildren(AlarmTable)[0]
    choose(qtbot, page, "Level", "level ≥ high")
    qtbot.waitUntil(lambda: ids(page) == ["clash"])
    narrow = table.columnWidth(0)
    qtbot.mouseClick(button(page, "Show all"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(ids(page)) == 3)
    qtbot.waitUntil(lambda: table.header().length() == table.viewport().width())
    assert table.columnWidth(0) == narrow


def test_a_note_that_is_cut_off_is_whole_under_the_pointer(
    qtbot: QtBot, page: AlarmsPage, store: Path
) -> None:
    note = "patrol sent to the second lamp post behind the ferry building, called back at noon"
    click_row(qtbot, page, 0)
    qtbot.keyClicks(named(page, QLineEdit, "Note"), note)
    qtbot.mouseClick(button(page, "Acknowledge"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: stored(store, "clash").note == note)
    item = page.findChildren(AlarmTable)[0].topLevelItem(0)
    assert item is not None
    qtbot.waitUntil(lambda: note in item.toolTip(NOTE))
    assert "Vehicle–pedestrian conflict" in item.toolTip(RISK)


def test_from_the_search_into_what_it_found_and_out_of_it(qtbot: QtBot, page: AlarmsPage) -> None:
    table = page.findChildren(AlarmTable)[0]
    page.focus_filter()
    field = named(page, QLineEdit, "Search")
    assert isinstance(field, QLineEdit)
    qtbot.keyClicks(field, "contact")
    qtbot.waitUntil(lambda: ids(page) == ["clash"])
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert page.window().focusWidget() is table
    assert table.chosen_id() == "clash"
    page.focus_filter()
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""
    qtbot.waitUntil(lambda: len(ids(page)) == 3)


def test_the_page_is_entered_at_the_newest_alarm(
    qtbot: QtBot, context: ConsoleContext, store: Path
) -> None:
    page = shown(qtbot, AlarmsPage(context), 1300, 760)
    page.enter()  # its alarms are still being read
    qtbot.waitUntil(lambda: is_chosen(page, "clash"))
    table = page.findChildren(AlarmTable)[0]
    assert page.window().focusWidget() is table
    qtbot.keyClick(table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: stored(store, "clash").state == "acknowledged")


def test_rows_stay_where_they_are_when_an_alarm_is_marked(qtbot: QtBot, page: AlarmsPage) -> None:
    table = page.findChildren(AlarmTable)[0]
    click_row(qtbot, page, 0)
    before = table.viewport().mapTo(page, QPoint())
    qtbot.mouseClick(button(page, "Acknowledge"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: any(b.text() == "Undo" and b.isVisible() for b in page.findChildren(QPushButton))
    )
    page.grab()  # with the layout done anew
    assert table.viewport().mapTo(page, QPoint()) == before
