"""Files are offered to be saved where a person looks for them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
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
