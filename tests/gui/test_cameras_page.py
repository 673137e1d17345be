"""The page of cameras, used as a person does: add, try, change, switch off, remove, undo."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QTimeEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from console.context import ConsoleContext
from console.pages.cameras import CamerasPage
from console.widgets.camera_dialog import CameraDialog
from console.widgets.camera_test import CameraTest
from console.widgets.camera_wall import CameraWall
from console.widgets.form_scroll import FormScroll
from console.widgets.value_table import ValueTable
from pipeline import settings_file
from pipeline.detection.source_kinds import missing
from pipeline.settings import Settings
from pipeline.settings_cameras import CameraSettings
from pipeline.texts import verbatim
from tests.support.cut_texts import cut_texts
from tests.support.log_guard import ExpectLog
from tests.support.windows import shown

SECRET = "hunter2-" + "x" * 4


@pytest.fixture
def page(qtbot: QtBot, context: ConsoleContext) -> CamerasPage:
    return show_page(qtbot, context)


def show_page(qtbot: QtBot, context: ConsoleContext) -> CamerasPage:
    return shown(qtbot, CamerasPage(context), 1200, 600)


def rows(page: CamerasPage) -> list[list[str]]:
    table = page.findChildren(ValueTable)[0]
    items = [table.topLevelItem(row) for row in range(table.topLevelItemCount())]
    return [[item.text(c) for c in range(table.columnCount())] for item in items if item]


def click_row(qtbot: QtBot, page: CamerasPage, row: int) -> ValueTable:
    table = page.findChildren(ValueTable)[0]
    item = table.topLevelItem(row)
    assert item is not None
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualItemRect(item).center()
    )
    return table


def press(qtbot: QtBot, parent: QWidget, text: str) -> None:
    found = [b for b in parent.findChildren(QPushButton) if b.text() == text and b.isVisible()]
    assert found, f"no button {text!r}"
    qtbot.mouseClick(found[0], Qt.MouseButton.LeftButton)


def dialog_of(page: CamerasPage) -> CameraDialog:
    return page.findChildren(CameraDialog)[-1]


def new_form(qtbot: QtBot, page: CamerasPage) -> CameraDialog:
    """Ask for a new camera; its form takes the keyboard."""
    press(qtbot, page, "Add…")
    dialog = dialog_of(page)
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    return dialog


def field(dialog: CameraDialog, name: str) -> QLineEdit:
    return next(one for one in dialog.findChildren(QLineEdit) if one.accessibleName() == name)


def write(qtbot: QtBot, dialog: CameraDialog, name: str, text: str) -> None:
    line = field(dialog, name)
    line.setFocus()
    line.selectAll()
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    qtbot.keyClicks(line, text)


def shown_texts(parent: QWidget) -> list[str]:
    return [label.text() for label in parent.findChildren(QLabel) if label.isVisible()]


def is_possible(dialog: CameraDialog, text: str) -> bool:
    return next(b for b in dialog.findChildren(QPushButton) if b.text() == text).isEnabled()


def names(context: ConsoleContext) -> list[str]:
    return [camera.name for camera in context.settings.cameras]


def test_a_camera_is_added_and_kept(
    qtbot: QtBot, context: ConsoleContext, page: CamerasPage, path: Path
) -> None:
    press(qtbot, page, "Add…")
    dialog = dialog_of(page)
    assert not is_possible(dialog, "Add")
    write(qtbot, dialog, "Name", "North Gate")
    assert field(dialog, "Id").text() == "north-gate"
    write(qtbot, dialog, "Source", "rtsp://example.net/1")
    press(qtbot, dialog, "Add")
    qtbot.waitUntil(lambda: "North Gate" in names(context))
    assert settings_file.load(path).cameras[-1].id == "north-gate"
    assert rows(page)[-1][0] == "North Gate"
    assert any("North Gate was added." in text for text in shown_texts(page))


def test_what_is_wrong_is_said_at_its_field_while_typing(qtbot: QtBot, page: CamerasPage) -> None:
    press(qtbot, page, "Add…")
    dialog = dialog_of(page)
    write(qtbot, dialog, "Name", "Gate")
    write(qtbot, dialog, "Source", "demo")
    for name, text, words in (
        ("Detections per second", "61", "Must be 60 or less."),
        ("Detections per second", "many", "Enter a number, such as 0.5."),
        ("Start at (s)", "-1", "Must be 0 or more."),
        ("Assess again after (s)", "0", "Must be more than 0."),
        ("Id", "no spaces", "Only letters A–Z, digits and . _ - without spaces, 64 at most."),
        ("Id", "cam-1", "Another camera has this id."),
    ):
        before = field(dialog, name).text()
        write(qtbot, dialog, name, text)
        assert words in shown_texts(dialog)
        assert not is_possible(dialog, "Add")
        write(qtbot, dialog, name, before)
        assert words not in shown_texts(dialog)
    assert is_possible(dialog, "Add")


def test_a_test_shows_the_first_picture_with_size_and_rate(qtbot: QtBot, page: CamerasPage) -> None:
    click_row(qtbot, page, 0)
    press(qtbot, page, "Edit…")
    dialog = dialog_of(page)
    press(qtbot, dialog, "Test")
    trial = dialog.findChildren(CameraTest)[0]
    qtbot.waitUntil(lambda: trial.image is not None, timeout=20_000)
    assert "536 × 352, 15.0 fps, H264" in trial.words


def test_a_test_of_nothing_says_why(qtbot: QtBot, page: CamerasPage, tmp_path: Path) -> None:
    press(qtbot, page, "Add…")
    dialog = dialog_of(page)
    write(qtbot, dialog, "Source", str(tmp_path / "gone.mp4"))
    press(qtbot, dialog, "Test")
    trial = dialog.findChildren(CameraTest)[0]
    qtbot.waitUntil(lambda: "does not exist" in trial.words, timeout=20_000)


def test_a_dialog_closed_while_it_tests_leaves_nothing_behind(
    qtbot: QtBot, page: CamerasPage
) -> None:
    click_row(qtbot, page, 0)
    press(qtbot, page, "Edit…")
    dialog = dialog_of(page)
    press(qtbot, dialog, "Test")
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not isValid(dialog))


def test_a_double_click_changes_a_camera(
    qtbot: QtBot, context: ConsoleContext, page: CamerasPage, path: Path
) -> None:
    table = click_row(qtbot, page, 1)
    item = table.topLevelItem(1)
    assert item is not None
    qtbot.mouseDClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualItemRect(item).center()
    )
    dialog = dialog_of(page)
    write(qtbot, dialog, "Name", "New ferry")
    box = next(b for b in dialog.findChildren(QCheckBox) if "end of a file" in b.text())
    qtbot.keyClick(box, Qt.Key.Key_Space)
    press(qtbot, dialog, "Save")
    qtbot.waitUntil(lambda: names(context)[1] == "New ferry")
    saved = settings_file.load(path).cameras[1]
    assert (saved.id, saved.name, saved.loop) == ("cam-2", "New ferry", False)


def test_a_camera_is_switched_off_on_the_wall_too(
    qtbot: QtBot, context: ConsoleContext, page: CamerasPage
) -> None:
    wall = CameraWall(context)
    qtbot.addWidget(wall)
    click_row(qtbot, page, 0)
    press(qtbot, page, "Switch off")
    qtbot.waitUntil(lambda: rows(page)[0][2] == "Switched off")
    assert [tile.camera_id for tile in wall.tiles()] == ["cam-2", "cam-3", "cam-4"]
    press(qtbot, page, "Switch on")
    qtbot.waitUntil(lambda: len(wall.tiles()) == 4)


def test_a_removed_camera_comes_back_by_undo(
    qtbot: QtBot, context: ConsoleContext, page: CamerasPage
) -> None:
    before = names(context)
    table = click_row(qtbot, page, 2)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(names(context)) == 3)
    qtbot.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: names(context) == before)


def test_a_file_that_cannot_be_written_changes_nothing(
    qtbot: QtBot, context: ConsoleContext, expect_log: ExpectLog, tmp_path: Path
) -> None:
    expect_log("the settings cannot be saved")
    (tmp_path / "file").write_text("")
    page = show_page(qtbot, replace(context, settings_path=tmp_path / "file" / "signalbox.toml"))
    table = click_row(qtbot, page, 0)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: any("cannot be saved" in text for text in shown_texts(page)))
    assert len(names(context)) == 4


def test_in_the_demo_changes_hold_for_this_run_and_it_is_said(
    qtbot: QtBot, context: ConsoleContext
) -> None:
    page = show_page(qtbot, replace(context, settings_path=None))
    assert any("this run only" in text for text in shown_texts(page))
    table = click_row(qtbot, page, 0)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(names(context)) == 3)


def test_figures_and_troubles_of_each_camera_are_shown(
    qtbot: QtBot, context: ConsoleContext, page: CamerasPage
) -> None:
    live = context.hub.camera("cam-1", "Market & 3rd")
    live.state, live.source_fps, live.source_size = "live", 14.9, (1280, 720)
    lost = context.hub.camera("cam-2", "Ferry approach")
    lost.state, lost.detail = "reconnecting", verbatim("no answer")
    lost.since = datetime.now(UTC) - timedelta(seconds=75)
    lost.next_try_s = time.monotonic() + 300
    qtbot.waitUntil(lambda: rows(page)[0][2:5] == ["Live", "14.9", "1280 × 720"])
    assert rows(page)[1][2] == "Reconnecting…"
    assert re.fullmatch(
        r"No answer · since \d\d:\d\d:\d\d \(00:01:1\d\) · next try in (300|29\d) s",
        rows(page)[1][-1],
    )


def test_passwords_in_sources_are_masked(qtbot: QtBot, context: ConsoleContext) -> None:
    camera = CameraSettings(id="a", name="A", source=f"rtsp://user:{SECRET}@host/1")
    context.controller.apply_settings(Settings(cameras=(camera,)))
    page = show_page(qtbot, context)
    assert rows(page)[0][6] == "rtsp://***@host/1"


def test_without_cameras_the_page_says_how_to_begin(qtbot: QtBot, context: ConsoleContext) -> None:
    context.controller.apply_settings(Settings())
    page = show_page(qtbot, context)
    assert "No camera yet" in shown_texts(page)
    press(qtbot, page, "Add a camera")
    assert dialog_of(page).isVisible()


def test_a_night_without_detection_is_set_and_zones_stay(
    qtbot: QtBot, context: ConsoleContext, path: Path
) -> None:
    line = {"name": "Kerb", "points": [[0, 0.5], [1, 0.5]]}
    camera = CameraSettings.model_validate(
        {"id": "a", "name": "A", "source": "demo", "lines": [line]}
    )
    context.controller.apply_settings(Settings(cameras=(camera,)))
    page = show_page(qtbot, context)
    click_row(qtbot, page, 0)
    press(qtbot, page, "Edit…")
    dialog = dialog_of(page)
    press(qtbot, dialog, "Add a time")
    begin = next(e for e in dialog.findChildren(QTimeEdit) if e.accessibleName() == "From")
    begin.setFocus()
    qtbot.keyClick(begin, Qt.Key.Key_Up)
    press(qtbot, dialog, "Save")
    qtbot.waitUntil(lambda: bool(context.settings.cameras[0].schedule))
    saved = settings_file.load(path).cameras[0]
    (night,) = saved.schedule
    assert (night.begin, night.end, night.detect) == (clock_time(23), clock_time(6), False)
    assert saved.lines == camera.lines


def test_a_time_that_changes_nothing_is_told(qtbot: QtBot, page: CamerasPage) -> None:
    click_row(qtbot, page, 0)
    press(qtbot, page, "Edit…")
    dialog = dialog_of(page)
    press(qtbot, dialog, "Add a time")
    action = next(
        b for b in dialog.findChildren(QComboBox) if b.accessibleName() == "What is different"
    )
    action.setFocus()
    qtbot.keyClick(action, Qt.Key.Key_Down)
    assert any("say what is different" in text.lower() for text in shown_texts(dialog))
    assert not is_possible(dialog, "Save")
    write(qtbot, dialog, "Rate", "0.5")
    assert is_possible(dialog, "Save")


def test_why_a_camera_is_dark_is_read_to_its_end(
    qtbot: QtBot, context: ConsoleContext, page: CamerasPage
) -> None:
    table = page.findChildren(ValueTable)[0]
    lost, other = (table.topLevelItem(row) for row in (0, 1))
    assert lost is not None
    assert other is not None
    view = context.hub.camera("cam-1", "Market & 3rd")
    why = "nothing listens there; " * 12
    view.state, view.detail = "reconnecting", verbatim(why)
    qtbot.waitUntil(lambda: why.strip()[1:] in rows(page)[0][-1])
    detail = table.columnCount() - 1
    room = table.columnWidth(detail)
    lines = table.fontMetrics().horizontalAdvance(lost.text(detail)) // room + 1
    assert lines > 2
    line = table.visualItemRect(other).height()
    qtbot.waitUntil(
        lambda: (
            table.visualItemRect(lost).height()
            >= line + (lines - 1) * table.fontMetrics().lineSpacing()
        )
    )


SECRET_URL = "rtsp://admin:p@ss-word1@10.0.0.7/1"


def test_the_password_in_an_address_is_shown_only_on_demand(
    qtbot: QtBot, page: CamerasPage, context: ConsoleContext
) -> None:
    dialog = new_form(qtbot, page)
    write(qtbot, dialog, "Name", "Gate")
    write(qtbot, dialog, "Source", SECRET_URL)
    line = field(dialog, "Source")
    assert line.text() == SECRET_URL, "what is being typed is seen"
    qtbot.keyClick(line, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: "p@ss" not in line.text())
    assert line.text().startswith("rtsp://admin:•")
    press(qtbot, dialog, "Show")
    assert line.text() == SECRET_URL
    press(qtbot, dialog, "Hide")
    assert "p@ss" not in line.text()
    # The path is changed while the password is hidden; it stays what it was.
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_End)
    qtbot.keyClicks(line, "2")
    press(qtbot, dialog, "Add")
    qtbot.waitUntil(lambda: context.settings.cameras[-1].source == SECRET_URL + "2")


def test_ctrl_n_asks_for_a_new_camera(qtbot: QtBot, page: CamerasPage) -> None:
    qtbot.keyClick(page, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert dialog_of(page).isVisible()
    assert not is_possible(dialog_of(page), "Add")


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("rtmp://10.0.0.7/live/Zebra-4711", "rtmp://10.0.0.7/live/••••••••"),
        ("rtmp://10.0.0.7/Zebra4711Zebra4711", "rtmp://10.0.0.7/••••••••"),
        ("rtmp://op:Zebra@10.0.0.7/a/Zebra1", "rtmp://op:••••••••@10.0.0.7/a/••••••••"),
        (
            "http://10.0.0.7/x?user=Zebra&pwd=Zebra2",
            "http://10.0.0.7/x?user=••••••••&pwd=••••••••",
        ),
    ],
)
def test_every_secret_in_an_address_is_hidden_in_form_and_list_and_kept(
    qtbot: QtBot, page: CamerasPage, context: ConsoleContext, source: str, seen: str
) -> None:
    dialog = new_form(qtbot, page)
    write(qtbot, dialog, "Name", "Gate")
    write(qtbot, dialog, "Source", source)
    line = field(dialog, "Source")
    qtbot.keyClick(line, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: line.text() == seen)
    # Something is added to what is hidden, behind it, while it is hidden.
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_End)
    qtbot.keyClicks(line, "9")
    press(qtbot, dialog, "Add")
    qtbot.waitUntil(lambda: context.settings.cameras[-1].source == f"{source}9")
    assert "10.0.0.7" in str(rows(page))
    assert "Zebra" not in str(rows(page))


def test_an_address_that_is_kept_opens_with_its_password_hidden(
    qtbot: QtBot, context: ConsoleContext
) -> None:
    camera = CameraSettings(id="gate", name="Gate", source=SECRET_URL)
    dialog = CameraDialog(context, camera, "")
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    assert "p@ss" not in field(dialog, "Source").text()
    got: list[CameraSettings] = []
    dialog.saved.connect(got.append)
    press(qtbot, dialog, "Save")
    assert [one.source for one in got] == [SECRET_URL]


def test_the_form_of_a_camera_grows_with_what_is_in_it(
    qtbot: QtBot, context: ConsoleContext
) -> None:
    dialog = CameraDialog(context, None, "")
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    scroll = dialog.findChildren(FormScroll)[0]
    form = scroll.widget()
    assert form is not None
    before = form.minimumSizeHint()
    for _ in range(6):
        press(qtbot, dialog, "Add a time")
    qtbot.waitUntil(lambda: form.minimumSizeHint().height() > before.height())

    def is_whole() -> bool:
        wants, room = form.minimumSizeHint(), scroll.viewport().size()
        return wants.width() <= room.width() and wants.height() <= room.height()

    qtbot.waitUntil(is_whole, timeout=5000)


def test_on_a_low_screen_the_form_scrolls_to_what_the_keyboard_reaches(
    qtbot: QtBot, context: ConsoleContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FormScroll, "room", lambda _scroll: 300)
    dialog = CameraDialog(context, None, "")
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    dialog.resize(dialog.minimumSize())
    qtbot.waitUntil(lambda: dialog.height() < 400)
    qtbot.waitUntil(lambda: not cut_texts(dialog))
    last = field(dialog, "Assess again after (s)")
    assert last.visibleRegion().isEmpty()
    for _ in range(20):
        qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        if last.hasFocus():
            break
    assert last.visibleRegion().boundingRect().height() == last.height()
    add = next(one for one in dialog.findChildren(QPushButton) if one.text() == "Add")
    assert not add.visibleRegion().isEmpty()


def test_a_file_that_is_not_there_is_not_reconnected_to(
    qtbot: QtBot, context: ConsoleContext, page: CamerasPage
) -> None:
    view = context.hub.camera(context.settings.cameras[0].id, "a")
    view.state, view.detail = (
        "reconnecting",
        missing(Path("bridge.mp4")),
    )
    view.since = datetime.now(UTC)
    qtbot.waitUntil(lambda: rows(page)[0][2] == "File not found")
    assert "source. · since" in rows(page)[0][-1]
