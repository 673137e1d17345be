"""Zones drawn as a person does it: by mouse and by keyboard, on the camera's picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QLineEdit, QListWidget, QPushButton
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.cameras import CamerasPage
from console.widgets.area_canvas import AreaCanvas
from console.widgets.area_dialog import AreaDialog
from console.widgets.value_table import ValueTable
from pipeline import settings_file
from pipeline.settings_cameras import CameraSettings

LEFT = Qt.MouseButton.LeftButton


class Editor:
    """The dialog of the first camera, with hands."""

    def __init__(self, qtbot: QtBot, context: ConsoleContext) -> None:
        self._bot, self._context = qtbot, context
        self.page = CamerasPage(context)
        qtbot.addWidget(self.page)
        self.page.resize(1200, 600)
        self.page.show()
        qtbot.waitExposed(self.page)
        self.open()

    def open(self) -> None:
        table = self.page.findChildren(ValueTable)[0]
        item = table.topLevelItem(0)
        assert item is not None
        self._bot.mouseClick(table.viewport(), LEFT, pos=table.visualItemRect(item).center())
        self._press(self.page, "Zones…")
        self.dialog = self.page.findChildren(AreaDialog)[-1]
        self._bot.waitExposed(self.dialog)
        self.canvas = self.dialog.findChildren(AreaCanvas)[0]

    def _press(self, parent: CamerasPage | AreaDialog, text: str) -> None:
        button = next(b for b in parent.findChildren(QPushButton) if b.text() == text)
        assert button.isEnabled()
        self._bot.mouseClick(button, LEFT)

    def press(self, text: str) -> None:
        self._press(self.dialog, text)

    def at(self, x: float, y: float) -> QPoint:
        return self.canvas.to_screen(x, y).toPoint()

    def click(self, *points: tuple[float, float]) -> None:
        for point in points:
            self._bot.mouseClick(self.canvas, LEFT, pos=self.at(*point))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self._bot.mousePress(self.canvas, LEFT, pos=self.at(*start))
        self._bot.mouseMove(self.canvas, self.at(*end))
        self._bot.mouseRelease(self.canvas, LEFT, pos=self.at(*end))

    def key(self, *keys: Qt.Key) -> None:
        for key in keys:
            self._bot.keyClick(self.canvas, key)

    def listed(self) -> list[str]:
        shown = self.dialog.findChildren(QListWidget)[0]
        return [shown.item(row).text() for row in range(shown.count())]

    def words(self) -> list[str]:
        return [label.text() for label in self.dialog.findChildren(QLabel) if label.isVisible()]

    def saved(self) -> CameraSettings:
        self.press("Save")
        return self._context.settings.cameras[0]


@pytest.fixture
def editor(qtbot: QtBot, context: ConsoleContext) -> Editor:
    return Editor(qtbot, context)


def near(found: tuple[float, float], wanted: tuple[float, float]) -> bool:
    return abs(found[0] - wanted[0]) < 0.01 and abs(found[1] - wanted[1]) < 0.01


def test_a_line_is_drawn_with_two_clicks_named_and_kept(
    qtbot: QtBot, context: ConsoleContext, editor: Editor, path: Path
) -> None:
    editor.press("Counting line")
    editor.click((0.1, 0.5), (0.9, 0.6))
    assert editor.listed() == ["Counting line 1 · Counting line"]
    qtbot.keyClicks(editor.dialog.findChildren(QLineEdit)[0], "Kerb")
    assert editor.listed() == ["Kerb · Counting line"]
    editor.press("Save")
    qtbot.waitUntil(lambda: bool(context.settings.cameras[0].lines))
    (line,) = settings_file.load(path).cameras[0].lines
    assert line.name == "Kerb"
    assert near(line.points[0], (0.1, 0.5))
    assert near(line.points[1], (0.9, 0.6))
    assert any("was changed" in label.text() for label in editor.page.findChildren(QLabel))


def test_a_region_is_closed_at_its_first_corner_and_a_corner_dragged(
    qtbot: QtBot, context: ConsoleContext, editor: Editor
) -> None:
    editor.press("Region")
    editor.click((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2))
    assert editor.listed() == ["Region"]
    editor.drag((0.8, 0.8), (0.9, 0.95))
    editor.press("Save")
    qtbot.waitUntil(lambda: len(context.settings.cameras[0].region) == 4)
    assert near(context.settings.cameras[0].region[2], (0.9, 0.95))


def test_everything_goes_by_keyboard(qtbot: QtBot, context: ConsoleContext, editor: Editor) -> None:
    space, left, up, right = Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Right
    editor.press("Counting zone")
    editor.key(space, *[left] * 20, space, *[up] * 30, space, Qt.Key.Key_Return)
    assert editor.listed() == ["Counting zone 1 · Counting zone"]
    editor.key(right, right)  # the whole shape
    editor.key(space, left)  # its first point
    editor.press("Save")
    qtbot.waitUntil(lambda: bool(context.settings.cameras[0].zones))
    (zone,) = context.settings.cameras[0].zones
    wanted = [(0.51, 0.5), (0.32, 0.5), (0.32, 0.2)]
    assert all(near(point, place) for point, place in zip(zone.points, wanted, strict=True))


def test_a_shape_is_deleted_and_comes_back_by_undo(editor: Editor) -> None:
    editor.press("Excluded zone")
    editor.click((0.3, 0.3), (0.7, 0.3), (0.5, 0.7))
    editor.key(Qt.Key.Key_Return)
    assert len(editor.listed()) == 1
    editor.click((0.5, 0.4))
    editor.key(Qt.Key.Key_Delete)
    assert editor.listed() == []
    editor.press("Undo")
    assert len(editor.listed()) == 1


def test_escape_gives_up_what_is_begun_and_not_the_dialog(editor: Editor) -> None:
    editor.press("Region")
    editor.click((0.3, 0.3), (0.7, 0.3))
    editor.key(Qt.Key.Key_Escape)
    assert editor.dialog.isVisible()
    assert editor.listed() == []
    assert editor.canvas.new_kind is None


def test_a_name_that_is_taken_is_said_and_cannot_be_saved(qtbot: QtBot, editor: Editor) -> None:
    for _ in range(2):
        editor.press("Counting line")
        editor.click((0.1, 0.5), (0.9, 0.6))
        field = editor.dialog.findChildren(QLineEdit)[0]
        field.selectAll()
        qtbot.keyClicks(field, "Kerb")
    assert any("Name used more than once: Kerb" in text for text in editor.words())
    save = next(b for b in editor.dialog.findChildren(QPushButton) if b.text() == "Save")
    assert not save.isEnabled()


def test_the_ground_is_four_corners_with_a_size(
    qtbot: QtBot, context: ConsoleContext, editor: Editor
) -> None:
    editor.press("Ground rectangle")
    editor.click((0.4, 0.4), (0.6, 0.4), (0.8, 0.9), (0.2, 0.9))
    across, along = (
        field for field in editor.dialog.findChildren(QDoubleSpinBox) if field.isVisible()
    )
    across.setValue(3.5)
    along.setValue(30)
    editor.press("Save")
    qtbot.waitUntil(lambda: context.settings.cameras[0].ground is not None)
    ground = context.settings.cameras[0].ground
    assert ground is not None
    assert ground.metres == ((0, 30), (3.5, 30), (3.5, 0), (0, 0))


def test_the_camera_s_picture_lies_below(qtbot: QtBot, editor: Editor) -> None:
    """The demo clip is opened for it: a street is not one colour."""

    def colors() -> set[int]:
        image = editor.canvas.grab().toImage()
        step = max(1, image.width() // 20)
        return {
            QColor(image.pixel(x, image.height() // 2)).rgb() for x in range(0, image.width(), step)
        }

    qtbot.waitUntil(lambda: len(colors()) > 10, timeout=20_000)
