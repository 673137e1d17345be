"""Files are offered to be saved where a person looks for them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from console.save_place import save_place
from console.widgets.log_tail import LogTail
from pipeline.settings import demo_settings
from tests.support.console_parts import console_context

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has its own folders")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir("/")
    return tmp_path


def test_in_the_documents_where_there_are_some(home: Path) -> None:
    assert save_place("list.csv") == str(home / "list.csv")
    (home / "Documents").mkdir()
    assert save_place("list.csv") == str(home / "Documents" / "list.csv")


def test_a_dialog_opens_there_with_a_name(qtbot: QtBot, home: Path) -> None:
    with console_context(qtbot, demo_settings()) as context:
        tail = LogTail(context, "Log")
        qtbot.addWidget(tail)
        tail.show()
        tail._ask_where()
        (dialog,) = tail.findChildren(QFileDialog)
        assert dialog.directory().path() == str(home)
        assert [Path(name).name for name in dialog.selectedFiles()] == ["signalbox-log.txt"]
        dialog.close()


@pytest.mark.parametrize("steps", range(1, 12))
def test_a_path_of_any_length_is_shown_whole_in_a_message_box(qtbot: QtBot, steps: int) -> None:
    name = "/home/" + "someone/" * steps + "signalbox-support.zip"
    with console_context(qtbot, demo_settings()):
        box = QMessageBox(QMessageBox.Icon.Information, "t", f"The logs are in {name}.")
        qtbot.addWidget(box)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.show()
        label = box.findChild(QLabel, "qt_msgbox_label")
        assert label is not None
        room = label.contentsRect()
        needed = label.fontMetrics().boundingRect(
            room, Qt.TextFlag.TextWordWrap if label.wordWrap() else 0, label.text()
        )
        assert needed.width() <= room.width()
        assert needed.height() <= room.height()
