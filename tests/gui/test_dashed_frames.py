"""Dashed frames stand where they are asked for, sharp on any screen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from console.widgets.dashed_frames import DASH, GAP, STRIP, WIDTH, DashedFrames

RED = QColor("red")


def painted(rect: QRectF, ratio: float) -> QImage:
    width, height = round((rect.right() + 30) * ratio), round((rect.bottom() + 20) * ratio)
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        DashedFrames().draw(painter, rect, RED)
    return image


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_dashes_and_gaps_run_along_all_sides(qtbot: QtBot, ratio: float) -> None:
    image = painted(QRectF(10, 20, 60, 40), ratio)

    def is_set(x: float, y: float) -> bool:
        color = image.pixelColor(int(x * ratio), int(y * ratio))
        assert color in (RED, QColor(0, 0, 0, 0)), "blurred"
        return color == RED

    middle = WIDTH / 2
    for y in (20 + middle, 60 - middle):
        row = [is_set(10 + offset + 0.5, y) for offset in range(60)]
        assert row == [offset % (DASH + GAP) < DASH for offset in range(60)]
    for x in (10 + middle, 70 - middle):
        assert is_set(x, 20 + WIDTH + 1)
        assert not is_set(x, 20 + WIDTH + DASH + 1)
    assert not is_set(40, 40), "nothing within"
    assert not is_set(8, 40)
    assert not is_set(72, 40)


def test_a_frame_may_be_longer_than_a_strip(qtbot: QtBot) -> None:
    image = painted(QRectF(10, 20, 2 * STRIP + 300, STRIP + 400), 1.0)
    for place in (10 + STRIP, 10 + 2 * STRIP):
        assert image.pixelColor(place + 1, 20) == RED
        assert image.pixelColor(place + DASH + 1, 20).alpha() == 0
    assert image.pixelColor(10, 20 + WIDTH + STRIP + 1) == RED
    assert image.pixelColor(10, 20 + WIDTH + STRIP + DASH + 1).alpha() == 0


def test_the_smallest_frame_has_no_sides(qtbot: QtBot) -> None:
    image = painted(QRectF(10, 20, 3, 3), 1.0)
    assert image.pixelColor(10, 20) == RED
    assert image.pixelColor(10, 25).alpha() == 0
