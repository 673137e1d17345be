"""What a worker replaces while the window reads it: no part of the window trips over that."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from datetime import time as clock_time
from typing import Any, Final

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from console.camera_words import detail_words, situation_line, times_line
from console.context import ConsoleContext
from console.pages.cameras import CamerasPage
from console.widgets.camera_tile import CameraTile
from console.widgets.camera_wall import CameraWall
from pipeline.telemetry import CameraView, Frame, Overlay
from pipeline.texts import verbatim
from tests.support.windows import shown

COMES_AND_GOES: Final = (
    "since",
    "next_try_s",
    "frame",
    "overlay",
    "totals",
    "source_size",
    "detection_off_until",
)


class FleetingView(CameraView):
    """Each of these fields is there at one read and gone at the next."""

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if name not in COMES_AND_GOES:
            return value
        reads = object.__getattribute__(self, "__dict__")
        reads[name] = reads.get(name, 0) + 1
        return value if reads[name] % 2 else None


def fleeting(state: str) -> FleetingView:
    return FleetingView(
        "cam-1",
        "Market & 3rd",
        state=state,
        detail=verbatim("no answer"),
        since=datetime.now(UTC),
        next_try_s=time.monotonic() + 5,
        frame=Frame(np.zeros((240, 320, 4), np.uint8), time.monotonic(), 1),
        overlay=Overlay((320, 240), (), ()),
        source_size=(320, 240),
        detection_off_until=clock_time(6, 0),
    )


@pytest.mark.parametrize("state", ["live", "stalled", "reconnecting", "stopped", "failed"])
def test_a_view_that_changes_between_two_reads(
    qtbot: QtBot, context: ConsoleContext, state: str
) -> None:
    view = fleeting(state)
    context.hub.cameras["cam-1"] = view
    for _ in range(4):  # whichever field begins with which
        times_line(view, datetime.now(UTC), time.monotonic())
        situation_line(view, datetime.now(UTC), time.monotonic())
        detail_words(view)
    page = shown(qtbot, CamerasPage(context), 900, 400)
    wall = shown(qtbot, CameraWall(context), 800, 400)
    tile = next(each for each in wall.findChildren(CameraTile) if each.camera_id == "cam-1")
    for _ in range(6):
        tile.look()
        tile.grab()
        tile.accessible_value()
        page.grab()
