"""Files dropped on the window: each kind is offered for what it is for, the rest is refused plainly."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.first_start.dialog import FirstStart
from console.main_window import MainWindow
from console.widgets.camera_dialog import CameraDialog
from console.widgets.camera_import import CameraImport
from console.widgets.elided_label import ElidedLabel
from console.widgets.java_dialog import JavaDialog
from console.widgets.property_editor import PropertyEditor
from console.widgets.several_cameras import SeveralCameras
from console.widgets.undo_bar import UndoBar
from pipeline.detection.sources import DEMO_CLIP
from tests.support.dragging import drop, drop_files
from tests.support.windows import dialog, press

NAMES = ("Nanjing Road.mp4", "gate.mkv", "gate.avi")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Give a folder with something of every kind."""
    for name in NAMES:
        (tmp_path / name).write_bytes(b"any")
    (tmp_path / "recorder-7").write_bytes(DEMO_CLIP.read_bytes()[:4096])
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "1.jpg").write_bytes(b"any")
    (tmp_path / "nothing").mkdir()
    (tmp_path / "list.csv").write_text("id,name,source\nb7,Bridge,demo\n", encoding="utf-8")
    (tmp_path / "list.txt").write_text("Name;Source\nTunnel;demo\n", encoding="utf-8")
    (tmp_path / "client.properties").write_text("max.request.size=2097152\n", encoding="utf-8")
    (tmp_path / "client.conf").write_text("# ours\nlinger.ms = 50\n", encoding="utf-8")
    (tmp_path / "letter.txt").write_text("Dear all,\n", encoding="utf-8")
    (tmp_path / "table.xlsx").write_bytes(b"PK\3\4")
    (tmp_path / "empty.mp4").touch()
    return tmp_path


def texts(window: QWidget) -> str:
    return "\n".join(label.text() for label in window.findChildren(QLabel) if label.isVisible())


def refusal(qtbot: QtBot) -> str:
    """Return what is said, and close it."""
    box = dialog(qtbot, QMessageBox)
    said = f"{box.text()}\n{box.informativeText()}"
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not box.isVisible())
    return said


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Nanjing Road.mp4", "Nanjing Road"),
        ("recorder-7", "recorder-7"),
        ("pictures", "pictures"),
        ("rtsp://10.0.0.9/1", "10.0.0.9"),
    ],
)
def test_one_video_is_looked_at_before_it_is_added(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext, files: Path, name: str, wanted: str
) -> None:
    count = len(context.settings.cameras)
    source = name if "://" in name else str(files / name)
    assert drop_files(window.pages, [source if "://" in name else files / name])
    form = dialog(qtbot, CameraDialog)
    assert window.page_key == "cameras"
    fields = {line.accessibleName(): line for line in form.findChildren(QLineEdit)}
    assert fields["Source"].text() == source
    assert fields["Name"].text() == wanted
    assert len(context.settings.cameras) == count
    (add,) = [one for one in form.findChildren(QPushButton) if one.text() == "Add"]
    qtbot.mouseClick(add, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(context.settings.cameras) == count + 1)
    assert context.settings.cameras[-1].source == source


def test_several_videos_are_asked_for_once_and_can_be_taken_back(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext, files: Path
) -> None:
    before = context.settings.cameras
    assert drop_files(window.pages, [*(files / name for name in NAMES), files / "table.xlsx"])
    question = dialog(qtbot, SeveralCameras)
    assert "Add 3 camera" in question.text()
    assert "table.xlsx is neither a video" in question.informativeText()
    qtbot.keyClick(question, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(context.settings.cameras) == len(before) + 3)
    added = context.settings.cameras[len(before) :]
    assert [camera.source for camera in added] == [str(files / name) for name in NAMES]
    assert [camera.name for camera in added] == ["Nanjing Road", "gate", "gate 2"]
    assert len({camera.id for camera in context.settings.cameras}) == len(before) + 3
    bar = next(bar for bar in window.findChildren(UndoBar) if bar.isVisible())
    qtbot.waitUntil(lambda: "3 camera" in texts(bar))
    with qtbot.waitActive(window):  # shortcuts are the active window's
        window.activateWindow()
    qtbot.keyClick(window.pages, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: context.settings.cameras == before)


def test_several_videos_are_not_added_by_esc(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext, files: Path
) -> None:
    before = context.settings.cameras
    drop_files(window.pages, [files / name for name in NAMES])
    question = dialog(qtbot, SeveralCameras)
    qtbot.keyClick(question, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not question.isVisible())
    assert context.settings.cameras == before


@pytest.mark.parametrize(("name", "camera"), [("list.csv", "Bridge"), ("list.txt", "Tunnel")])
def test_a_list_opens_its_import(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext, files: Path, name: str, camera: str
) -> None:
    assert drop_files(window.top_bar, [files / name])
    form = dialog(qtbot, CameraImport)
    qtbot.waitUntil(lambda: "1" in texts(form))
    press(qtbot, form, "Import")
    qtbot.waitUntil(lambda: context.settings.cameras[-1].name == camera)


@pytest.mark.parametrize(
    ("name", "line"), [("client.properties", "max.request.size"), ("client.conf", "linger.ms")]
)
def test_properties_are_explained_also_on_the_editor_itself(
    qtbot: QtBot, window: MainWindow, files: Path, name: str, line: str
) -> None:
    qtbot.keyClick(window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    editor = window.findChildren(PropertyEditor)[0]
    before = editor.toPlainText()
    assert drop_files(editor.viewport(), [files / name])
    form = dialog(qtbot, JavaDialog)
    qtbot.waitUntil(lambda: line in form.findChildren(QPlainTextEdit)[0].toPlainText())
    assert editor.toPlainText() == before
    take = next(one for one in form.findChildren(QPushButton) if one.text() == "Take over")
    qtbot.waitUntil(take.isEnabled)
    qtbot.mouseClick(take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: editor.toPlainText() != before)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["table.xlsx"], "table.xlsx is neither a video nor a list of cameras"),
        (["letter.txt"], "letter.txt is neither"),
        (["empty.mp4"], "empty.mp4 is empty"),
        (["nothing"], "nothing is a folder without pictures"),
        (["gone.mp4"], "gone.mp4 cannot be read"),
        (["pictures/1.jpg"], "1.jpg is a single picture; the folder"),
        (["ftp://host/a.mp4"], "ftp:// is no address of a camera"),
        (["list.csv", "list.txt"], "one such file at a time"),
        (["client.conf", "client.properties"], "one such file at a time"),
        (["list.csv", "gate.mkv"], "Different kinds of files at once"),
    ],
)
def test_what_is_of_no_use_is_refused_with_what_is(
    qtbot: QtBot,
    window: MainWindow,
    context: ConsoleContext,
    files: Path,
    names: list[str],
    words: str,
) -> None:
    before = context.settings.cameras
    drop_files(window.pages, [name if "://" in name else files / name for name in names])
    said = refusal(qtbot)
    assert words in said
    assert "videos and folders of pictures become cameras" in said
    assert context.settings.cameras == before


def test_text_is_no_file_and_nothing_is_taken_below_a_dialog(
    qtbot: QtBot, window: MainWindow, files: Path
) -> None:
    text = QMimeData()
    text.setText("only words")
    assert not drop(window.pages, text)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    qtbot.waitUntil(lambda: window.isActiveWindow() is False)
    assert not drop_files(window.pages, [files / NAMES[0]])


def test_a_file_dropped_on_the_form_of_a_camera_is_its_source(
    qtbot: QtBot, window: MainWindow, files: Path
) -> None:
    drop_files(window.pages, [files / NAMES[0]])
    form = dialog(qtbot, CameraDialog)
    source = next(f for f in form.findChildren(QLineEdit) if f.accessibleName() == "Source")
    assert drop_files(source, [files / NAMES[1]])
    assert source.text() == str(files / NAMES[1])
    assert not drop_files(source, [files / name for name in NAMES])


def test_a_file_dropped_on_the_first_start_is_what_is_watched(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext, files: Path
) -> None:
    window.welcome()
    questions = dialog(qtbot, FirstStart)
    words = next(one for one in questions.findChildren(QLabel) if "want to watch" in one.text())
    assert drop_files(words, [files / "Nanjing Road.mp4"])
    assert [
        one
        for one in questions.findChildren(ElidedLabel)
        if one.toolTip().endswith("Nanjing Road.mp4")
    ]
    button = next(one for one in questions.findChildren(QRadioButton) if "video" in one.text())
    assert button.isChecked()
    assert not drop_files(words, [files / name for name in NAMES])
