"""Alarms are saved as a table, as pictures, as everything that is known of them."""

from __future__ import annotations

import csv
import json
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QPushButton,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from console.pages.alarms import AlarmsPage
from console.widgets.course_dialog import CourseDialog
from pipeline.aggregation.store import AlarmReader
from tests.support.alarms import store_judged
from tests.support.alarms_page import button, click_row, ids, named, shown_texts


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
