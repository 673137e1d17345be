"""The camera wall, used as a person does: looking, opening, toggling, saving."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF, QStandardPaths, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from console.camera_words import detail_words, idle_lines, times_line
from console.context import ConsoleContext
from console.theme.fonts import ui_font
from console.theme.tokens import COLOR_NAMES, Space, TypeSize
from console.widgets.camera_tile import CameraTile
from console.widgets.camera_wall import CameraWall
from console.widgets.tile_geometry import Placement
from console.widgets.tile_painter import GroupNote, Layers, TilePainter
from pipeline.detection.source_kinds import not_opened
from pipeline.settings import Settings
from pipeline.settings_cameras import CameraSettings
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.telemetry import CameraView, Frame, Overlay, OverlayBox, OverlayGroup
from pipeline.texts import NOTHING, say, verbatim
from tests.support.console_parts import console_context
from tests.support.windows import shown

BLUE_BGRA = (200, 40, 20, 255)


@pytest.fixture
def wall(qtbot: QtBot, context: ConsoleContext) -> CameraWall:
    return shown(qtbot, CameraWall(context), 1000, 500)


def give_frame(context: ConsoleContext, camera: str, sequence: int = 1) -> None:
    view = context.hub.cameras[camera]
    pixels = np.empty((240, 320, 4), dtype=np.uint8)
    pixels[:] = BLUE_BGRA
    view.source_size = (320, 240)
    view.state = "live"
    view.shown_fps = 15.0
    view.frame = Frame(pixels, time.monotonic(), sequence)


def color_at(tile: CameraTile, x: float, y: float) -> QColor:
    image = tile.grab().toImage()
    return image.pixelColor(int(image.width() * x), int(image.height() * y))


def shown_cameras(wall: CameraWall) -> list[str]:
    return [tile.camera_id for tile in wall.tiles() if tile.isVisible()]


def test_a_new_frame_is_painted(qtbot: QtBot, context: ConsoleContext, wall: CameraWall) -> None:
    give_frame(context, "cam-1")
    tile = wall.tiles()[0]
    qtbot.waitUntil(lambda: color_at(tile, 0.5, 0.5) == QColor(20, 40, 200))


def test_boxes_lie_where_the_objects_are(
    qtbot: QtBot, context: ConsoleContext, wall: CameraWall
) -> None:
    give_frame(context, "cam-1")
    context.hub.cameras["cam-1"].overlay = Overlay(
        (320, 240),
        (OverlayBox("car", (160.0, 60.0, 240.0, 180.0), 0.9, 7),),
        (OverlayGroup(1, (100.0, 50.0, 250.0, 200.0), 1),),
    )
    tile = wall.tiles()[0]
    tile.set_fill(fill=False)
    # A 320x240 picture as high as the tile, in its middle: the box's left edge is at its centre.
    edge = context.theme.color("overlay_ok")
    qtbot.waitUntil(lambda: color_at(tile, 0.5, 0.6) == edge)
    boxes = next(b for b in wall.findChildren(QToolButton) if b.text() == "Boxes")
    qtbot.mouseClick(boxes, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: color_at(tile, 0.5, 0.6) != edge)


def test_tiles_ask_for_frames_of_their_size_and_hidden_ones_for_none(
    qtbot: QtBot, context: ConsoleContext, wall: CameraWall
) -> None:
    give_frame(context, "cam-1")
    view = context.hub.cameras["cam-1"]
    tile = wall.tiles()[0]
    qtbot.waitUntil(lambda: view.wanted_size is not None and view.wanted_size[0] >= tile.width())
    wall.hide()
    assert view.wanted_size is None


def test_a_double_click_shows_one_camera_alone_and_escape_all_again(
    qtbot: QtBot, wall: CameraWall
) -> None:
    assert len(shown_cameras(wall)) == 4
    tile = wall.tiles()[2]
    qtbot.mouseDClick(tile, Qt.MouseButton.LeftButton)
    assert shown_cameras(wall) == ["cam-3"]
    qtbot.keyClick(tile, Qt.Key.Key_Escape)
    assert len(shown_cameras(wall)) == 4


def test_the_keyboard_goes_from_tile_to_tile(qtbot: QtBot, wall: CameraWall) -> None:
    wall.tiles()[0].setFocus()
    qtbot.keyClick(wall.tiles()[0], Qt.Key.Key_Right)
    qtbot.waitUntil(wall.tiles()[1].hasFocus)
    qtbot.keyClick(wall.tiles()[1], Qt.Key.Key_Return)
    assert shown_cameras(wall) == ["cam-2"]


def test_a_camera_without_picture_says_why(
    qtbot: QtBot, context: ConsoleContext, wall: CameraWall
) -> None:
    view = context.hub.cameras["cam-1"]
    tile = wall.tiles()[0]
    before = tile.grab().toImage()
    view.state = "reconnecting"
    view.detail = verbatim("no answer since 10:02:11; next try in 4 s")
    qtbot.waitUntil(lambda: tile.grab().toImage() != before)


def test_while_the_detection_stops_a_tile_does_not_ask_to_start_it(
    context: ConsoleContext, wall: CameraWall
) -> None:
    assert idle_lines(context) == ["Stopped", "Start the detection worker (F5) to see pictures."]
    status = context.controller.status(WorkerName.DETECTION)
    for state in (WorkerState.STARTING, WorkerState.RUNNING, WorkerState.STOPPING):
        change = StateChange(status.name, status.state, state, NOTHING, 1.0)
        status.note(change, datetime.now().astimezone())
    assert idle_lines(context) == ["Stopping…"]


def test_words_above_a_narrow_wall_go_as_a_whole(qtbot: QtBot, wall: CameraWall) -> None:
    def cut() -> list[str]:
        buttons = [each for each in wall.findChildren(QToolButton) if each.isVisible()]
        return [each.text() for each in buttons if each.width() < each.sizeHint().width()]

    boxes = next(b for b in wall.findChildren(QToolButton) if b.text() == "Boxes")
    wide = boxes.width()
    for width in (430, 300):
        wall.setMinimumWidth(width)
        wall.resize(width, 300)
        qtbot.waitUntil(lambda: boxes.width() < wide / 2)
        qtbot.waitUntil(lambda: not cut())
    wall.resize(1000, 500)
    qtbot.waitUntil(lambda: boxes.width() == wide)


def test_snapshots_go_into_the_pictures_folder(
    qtbot: QtBot,
    context: ConsoleContext,
    wall: CameraWall,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _: str(tmp_path))
    give_frame(context, "cam-1")
    saved: list[tuple[str, str]] = []
    wall.snapshot_saved.connect(lambda path, problem: saved.append((path, problem)))
    button = next(
        b for b in wall.findChildren(QToolButton) if b.accessibleName() == "Save pictures"
    )
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(saved) == 4)
    assert all(not problem and Path(path).stat().st_size > 0 for path, problem in saved)


def test_an_empty_wall_says_what_to_do(qtbot: QtBot) -> None:
    with console_context(qtbot, Settings()) as context:
        wall = CameraWall(context)
        qtbot.addWidget(wall)
        wall.show()
        button = wall.findChild(QPushButton)
        assert isinstance(button, QPushButton)
        with qtbot.waitSignal(wall.add_camera_wanted):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def give_trouble(context: ConsoleContext, state: str, detail: str) -> CameraView:
    view = context.hub.cameras["cam-1"]
    view.since = datetime.now(UTC) - timedelta(seconds=35)
    view.next_try_s = time.monotonic() + 4
    view.detail, view.state = verbatim(detail), state
    return view


def test_a_picture_that_is_no_longer_new_is_dimmed_and_says_why(
    qtbot: QtBot, context: ConsoleContext, wall: CameraWall
) -> None:
    give_frame(context, "cam-1")
    tile = wall.tiles()[0]
    qtbot.waitUntil(lambda: color_at(tile, 0.5, 0.4) == QColor(20, 40, 200))
    assert tile.accessibleDescription() == ""
    give_trouble(context, "reconnecting", "nothing listens")
    qtbot.waitUntil(lambda: tile.accessibleDescription() == "Reconnecting… Nothing listens")
    qtbot.waitUntil(lambda: color_at(tile, 0.5, 0.4).blue() < 150)
    give_frame(context, "cam-1", 2)
    qtbot.waitUntil(lambda: color_at(tile, 0.5, 0.4) == QColor(20, 40, 200))
    qtbot.waitUntil(lambda: tile.accessibleDescription() == "")


def test_a_tile_says_why_before_where(
    qtbot: QtBot, context: ConsoleContext, wall: CameraWall
) -> None:
    tile = wall.tiles()[0]
    view = give_trouble(context, "reconnecting", "")
    view.detail = not_opened("rtsp://***@10.0.0.7/1", say("nothing listens there"))
    qtbot.waitUntil(lambda: tile.accessibleDescription() == "Reconnecting… Nothing listens there")


def test_the_words_say_since_when_and_when_it_is_tried_again(
    context: ConsoleContext, wall: CameraWall
) -> None:
    assert wall.tiles()
    view = give_trouble(context, "reconnecting", "nothing listens")
    assert view.since is not None
    began = view.since.astimezone().strftime("%H:%M:%S")
    now, now_s = datetime.now(UTC), time.monotonic()
    assert times_line(view, now, now_s) == f"since {began} (00:00:35) · next try in 4 s"
    assert times_line(view, now, now_s + 10).endswith("trying now…")
    view.state = "live"
    assert times_line(view, now, now_s) == ""
    view.detection_off_until = clock_time(6, 30)
    view.detail = NOTHING
    assert detail_words(view) == "detection off until 06:30"


def test_zones_are_drawn_and_hidden(
    qtbot: QtBot, context: ConsoleContext, wall: CameraWall
) -> None:
    """A line across the middle of the first camera's picture."""
    table = {"name": "Kerb", "points": [[0.0, 0.5], [1.0, 0.5]]}
    first, *others = context.settings.cameras
    changed = CameraSettings.model_validate(first.model_dump() | {"lines": [table]})
    context.controller.apply_settings(
        context.settings.model_copy(update={"cameras": (changed, *others)})
    )
    qtbot.waitUntil(wall.tiles()[0].isVisible)
    give_frame(context, "cam-1")
    tile = wall.tiles()[0]
    tile.set_fill(fill=False)
    line = context.theme.color("overlay_warning")
    qtbot.waitUntil(lambda: color_at(tile, 0.3, 0.5) == line)
    zones = next(b for b in wall.findChildren(QToolButton) if b.text() == "Zones")
    qtbot.mouseClick(zones, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: color_at(tile, 0.3, 0.5) == QColor(20, 40, 200))


def test_a_tile_is_dragged_to_another_place_and_stays_there(
    qtbot: QtBot, context: ConsoleContext, wall: CameraWall
) -> None:
    first, second = wall.tiles()[0], wall.tiles()[1]
    before = [tile.camera_id for tile in wall.tiles()]
    there = second.mapTo(wall, second.rect().center())
    qtbot.mousePress(first, Qt.MouseButton.LeftButton, pos=first.rect().center())
    for _ in range(2):
        move = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(first.mapFrom(wall, there)),
            QPointF(wall.mapToGlobal(there)),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(first, move)
    qtbot.mouseRelease(first, Qt.MouseButton.LeftButton, pos=first.mapFrom(wall, there))
    after = [tile.camera_id for tile in wall.tiles()]
    assert after[:2] == [before[1], before[0]]
    assert wall.tiles()[0].geometry().left() < wall.tiles()[1].geometry().left()
    again = CameraWall(context)
    qtbot.addWidget(again)
    assert [tile.camera_id for tile in again.tiles()] == after


def test_ctrl_and_an_arrow_moves_the_chosen_camera(qtbot: QtBot, wall: CameraWall) -> None:
    before = [tile.camera_id for tile in wall.tiles()]
    wall.tiles()[0].setFocus()
    qtbot.keyClick(wall.tiles()[0], Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert [tile.camera_id for tile in wall.tiles()][:2] == [before[1], before[0]]
    assert wall.tiles()[1].hasFocus()


def test_four_lines_of_why_fit_into_a_small_tile(context: ConsoleContext) -> None:
    colors = {token: context.theme.color(token) for token in COLOR_NAMES}

    def painted(detail: str) -> QImage:
        image = QImage(300, 120, QImage.Format.Format_RGB32)
        with QPainter(image) as painter:
            TilePainter(colors).message(painter, QRectF(0, 0, 300, 120), "Why", detail)
        return image

    def ink(image: QImage) -> list[int]:
        ground = image.pixel(0, 119)
        return [y for y in range(120) if any(image.pixel(x, y) != ground for x in range(0, 300, 2))]

    one, four = ink(painted("HHH")), ink(painted("HHH\nHHH\nHHH\nHHH"))
    height = len(ink(painted("HHH"))) - len(ink(painted("")))
    assert len(four) - len(one) == 3 * height
    assert four[-1] < 118


@pytest.mark.parametrize("height", range(60, 112, 4))
def test_no_line_of_why_is_cut_in_two(context: ConsoleContext, height: int) -> None:
    colors = {token: context.theme.color(token) for token in COLOR_NAMES}

    def rows(detail: str) -> int:
        image = QImage(300, height, QImage.Format.Format_RGB32)
        with QPainter(image) as painter:
            TilePainter(colors).message(painter, QRectF(0, 0, 300, height), "Why", detail)
        ground = image.pixel(0, height - 1)
        return sum(
            any(image.pixel(x, y) != ground for x in range(0, 300, 2)) for y in range(height)
        )

    title = rows("")
    # Letters of full height alone, so that every whole line has as many rows.
    line = QFontMetrics(ui_font(TypeSize.BODY)).tightBoundingRect("HHH").height()
    assert (rows("HHH\nHHH\nHHH") - title) % line == 0
    assert rows("HHH\nHHH\nHHH") - title != line, "the beginning of a sentence alone"


def test_an_alarm_frames_its_tile(qtbot: QtBot, context: ConsoleContext, wall: CameraWall) -> None:
    give_frame(context, "cam-1")
    tile = wall.tiles()[0]
    qtbot.waitUntil(lambda: color_at(tile, 0.5, 0.5) == QColor(20, 40, 200))
    before = color_at(tile, 0.0, 0.5)
    context.hub.post_verdict("cam-1", 1, "high", "vehicle-pedestrian-conflict")
    give_frame(context, "cam-1", 2)
    qtbot.waitUntil(lambda: color_at(tile, 0.0, 0.5) != before)
    assert color_at(tile, 0.0, 0.5).red() > 150
    assert color_at(wall.tiles()[1], 0.0, 0.5).red() < 100


def test_a_wall_of_nine_leaves_no_place_empty_while_there_are_four(
    qtbot: QtBot, wall: CameraWall
) -> None:
    places = [tile.geometry() for tile in wall.tiles()]
    layouts = next(b for b in wall.findChildren(QToolButton) if b.menu() is not None)
    nine = next(each for each in layouts.menu().actions() if each.text() == "9")
    nine.trigger()
    assert [tile.geometry() for tile in wall.tiles()] == places
    next(each for each in layouts.menu().actions() if each.text() == "1").trigger()
    assert shown_cameras(wall) == ["cam-1"]


def test_no_box_lies_over_the_words_of_a_group() -> None:
    colors = {name: QColor("black") for name in COLOR_NAMES}
    colors["overlay_warning"] = QColor("red")
    area = QRectF(0, 0, 400, 300)
    # The box's lower edge, and the label of the one below, are where the group's words go.
    boxes = (
        OverlayBox("person", (60.0, 50.0, 120.0, 192.0), 0.9, 1),
        OverlayBox("person", (52.0, 204.0, 100.0, 290.0), 0.8, 2),
    )
    overlay = Overlay((400, 300), boxes, (OverlayGroup(1, (50.0, 40.0, 300.0, 200.0), 2),))
    notes = {1: GroupNote("group 1 · HIGH", "high")}

    def painted(overlay: Overlay) -> QImage:
        image = QImage(400, 300, QImage.Format.Format_RGB32)
        image.fill(QColor("blue"))
        with QPainter(image) as painter:
            TilePainter(colors).overlay(
                painter, area, overlay, Placement(1, 0, 0), notes, Layers(), []
            )
        return image

    image = painted(overlay)
    bottom, height = 204, QFontMetrics(ui_font(TypeSize.CAPTION)).height()
    words = [
        image.pixelColor(x, y) for x in range(50, 110) for y in range(bottom - height + 2, bottom)
    ]
    assert all(color.red() < 128 for color in words)
    assert any(color.blue() < 128 for color in words)


def test_words_of_a_group_go_elsewhere_where_a_chip_is() -> None:
    colors = {name: QColor("black") for name in COLOR_NAMES}
    overlay = Overlay((400, 300), (), (OverlayGroup(1, (50.0, 40.0, 300.0, 200.0), 2),))
    notes = {1: GroupNote("group 1 · HIGH", "high")}

    def ink(reserved: list[QRectF]) -> int:
        image = QImage(400, 300, QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        with QPainter(image) as painter:
            TilePainter(colors).overlay(
                painter,
                QRectF(0, 0, 400, 300),
                overlay,
                Placement(1, 0, 0),
                notes,
                Layers(),
                reserved,
            )
        foot = QRectF(52, 195, 40, 6).toRect()
        return sum(
            image.pixelColor(x, y).red() < 200
            for x in range(foot.left(), foot.right())
            for y in range(foot.top(), foot.bottom())
        )

    assert ink([]) > 0
    assert ink([QRectF(0, 180, 400, 30)]) == 0


NAME = "8 · Main station, platform"


def test_a_name_has_the_whole_tile_where_nothing_is_told_beside_it(qapp: QApplication) -> None:
    painter = TilePainter({name: QColor("black") for name in COLOR_NAMES})
    wanted, _ = painter.chip_rects(QRectF(0, 0, 900, 300), NAME, "")
    assert wanted.width() < 230
    alone, _ = painter.chip_rects(QRectF(0, 0, 240, 100), NAME, "")
    assert alone.width() == wanted.width()


@pytest.mark.parametrize("width", [113, 160, 204, 240])
def test_a_name_and_the_rate_beside_it_do_not_overlap(qapp: QApplication, width: int) -> None:
    painter = TilePainter({name: QColor("black") for name in COLOR_NAMES})
    area = QRectF(0, 0, width, 80)
    name, corner = painter.chip_rects(area, NAME, "15.0 fps")
    assert name.right() + Space.S <= corner.left()
    assert corner.right() <= area.right()
    # The name stays as it is while the rate gets a digit less.
    assert painter.chip_rects(area, NAME, "9.0 fps")[0] == name


def test_tiles_have_round_corners_but_saved_pictures_have_all_of_theirs(
    qtbot: QtBot, context: ConsoleContext, wall: CameraWall
) -> None:
    give_frame(context, "cam-1")
    tile = wall.tiles()[0]
    blue = QColor(20, 40, 200)
    qtbot.waitUntil(lambda: color_at(tile, 0.5, 0.5) == blue)
    behind = context.theme.color("background")
    image = tile.grab().toImage()
    right, bottom = image.width() - 1, image.height() - 1
    corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)]
    assert [image.pixelColor(*corner) for corner in corners] == [behind] * 4
    assert image.pixelColor(0, bottom // 2) == blue
    saved = tile.snapshot()
    assert [saved.pixelColor(*corner) for corner in corners] == [blue] * 4
