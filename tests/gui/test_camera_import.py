"""Lists of cameras taken in and given out through the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.cameras import CamerasPage
from console.widgets.camera_import import CameraImport
from console.widgets.value_table import ValueTable
from pipeline import settings_file
from tests.support.chinese import chinese, is_chinese
from tests.support.log_guard import ExpectLog
from tests.support.windows import shown

__all__ = ["chinese"]

LIST = """id,name,source
cam-1,Market renamed,
,North gate,rtsp://op:pass-word@10.0.0.7/1
bad id,Broken,demo
"""


@pytest.fixture
def page(qtbot: QtBot, context: ConsoleContext) -> CamerasPage:
    return shown(qtbot, CamerasPage(context), 1200, 600)


def names(context: ConsoleContext) -> list[str]:
    return [camera.name for camera in context.settings.cameras]


def opened(page: CamerasPage, file: Path, text: str) -> CameraImport:
    """Open the dialog and choose `file`, as the file dialog would."""
    file.write_text(text, encoding="utf-8")
    page.import_list()
    dialog = page.findChildren(CameraImport)[-1]
    dialog.read(file)
    return dialog


def button(parent: QWidget, text: str) -> QPushButton:
    return next(b for b in parent.findChildren(QPushButton) if b.text() == text)


def shown_texts(parent: QWidget) -> list[str]:
    return [label.text() for label in parent.findChildren(QLabel) if label.isVisible()]


def choose_first(qtbot: QtBot, page: CamerasPage) -> ValueTable:
    table = page.findChildren(ValueTable)[0]
    first = table.topLevelItem(0)
    assert first is not None
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualItemRect(first).center()
    )
    return table


def lines(dialog: CameraImport) -> list[list[str]]:
    table = dialog.findChildren(ValueTable)[0]
    items = [table.topLevelItem(row) for row in range(table.topLevelItemCount())]
    return [[item.text(c) for c in range(table.columnCount())] for item in items if item]


def test_a_list_is_shown_line_by_line_then_taken_in_and_undone(
    qtbot: QtBot, context: ConsoleContext, page: CamerasPage, path: Path, tmp_path: Path
) -> None:
    before = names(context)
    dialog = opened(page, tmp_path / "list.csv", LIST)
    qtbot.waitUntil(lambda: button(dialog, "Import").isEnabled())
    assert lines(dialog) == [
        ["4", "Left out", "Broken", "", lines(dialog)[0][4]],  # first: it needs its reader
        ["2", "Will be changed", "Market renamed", "demo", ""],
        ["3", "Will be added", "North gate", "rtsp://***@10.0.0.7/1", ""],
    ]
    assert lines(dialog)[0][4].startswith("id: ")
    assert names(context) == before
    assert any("1 to add, 1 to change, 1 left out" in text for text in shown_texts(dialog))
    qtbot.mouseClick(button(dialog, "Import"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(context) == ["Market renamed", *before[1:], "North gate"])
    assert settings_file.load(path).cameras[-1].source == "rtsp://op:pass-word@10.0.0.7/1"
    qtbot.mouseClick(button(page, "Undo"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(context) == before)


def test_a_file_that_is_no_list_says_what_would_be_right(
    qtbot: QtBot, page: CamerasPage, tmp_path: Path
) -> None:
    dialog = opened(page, tmp_path / "list.csv", "name,sauce\nA,demo\n")
    qtbot.waitUntil(lambda: any("did you mean source?" in text for text in shown_texts(dialog)))
    assert not button(dialog, "Import").isEnabled()
    dialog.read(tmp_path / "gone.csv")
    qtbot.waitUntil(lambda: any("gone.csv: No such file" in text for text in shown_texts(dialog)))
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)


def test_cameras_change_places_by_keyboard_and_it_can_be_undone(
    qtbot: QtBot, context: ConsoleContext, page: CamerasPage
) -> None:
    before = names(context)
    table = choose_first(qtbot, page)
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: names(context) == [before[1], before[0], *before[2:]])
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: names(context)[2] == before[0])
    qtbot.keyClick(table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: names(context)[1] == before[0])
    qtbot.mouseClick(button(page, "Undo"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(context)[2] == before[0])


def test_moves_that_follow_each_other_at_once_all_count(
    qtbot: QtBot, context: ConsoleContext, page: CamerasPage, path: Path
) -> None:
    before = names(context)
    table = choose_first(qtbot, page)
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    moved = [before[1], before[2], before[0], *before[3:]]
    qtbot.waitUntil(lambda: names(context) == moved)
    assert [camera.name for camera in settings_file.load(path).cameras] == moved
    qtbot.mouseClick(button(page, "Undo"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(context) == [before[1], before[0], *before[2:]])


def test_what_is_built_on_a_change_that_cannot_be_saved_is_refused_with_it(
    qtbot: QtBot, context: ConsoleContext, page: CamerasPage, path: Path, expect_log: ExpectLog
) -> None:
    expect_log("the settings cannot be saved")
    path.mkdir()  # A folder in the place of the file: it cannot be replaced.
    before = names(context)
    table = choose_first(qtbot, page)
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: any("Nothing was changed" in text for text in shown_texts(page)))
    assert names(context) == before
    path.rmdir()
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: names(context) == [before[1], before[0], *before[2:]])


@pytest.mark.usefixtures("chinese")
def test_why_it_cannot_be_saved_is_said_in_the_language_of_the_window(
    qtbot: QtBot, page: CamerasPage, path: Path, expect_log: ExpectLog
) -> None:
    expect_log("the settings cannot be saved")
    path.mkdir()
    table = choose_first(qtbot, page)
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: any("设置没有改变" in text for text in shown_texts(page)))
    (said,) = [text for text in shown_texts(page) if "设置没有改变" in text]
    assert is_chinese(said.replace(str(path), ""))


def test_the_list_goes_out_without_passwords_and_comes_back(
    qtbot: QtBot, context: ConsoleContext, page: CamerasPage, tmp_path: Path
) -> None:
    dialog = opened(page, tmp_path / "list.csv", LIST)
    qtbot.waitUntil(lambda: button(dialog, "Import").isEnabled())
    qtbot.mouseClick(button(dialog, "Import"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "North gate" in names(context))
    out = tmp_path / "out.csv"
    page.export_list(out)
    qtbot.waitUntil(lambda: any("without passwords" in text for text in shown_texts(page)))
    assert "pass-word" not in out.read_text(encoding="utf-8-sig")
    dialog = opened(page, out, out.read_text(encoding="utf-8"))
    qtbot.waitUntil(lambda: len(lines(dialog)) == 5)
    assert {line[1] for line in lines(dialog)} == {"Stays as it is"}
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
