"""What the window gets of a camera's pictures: as large and as many as it wants."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.detection.live_view import LiveView
from pipeline.telemetry import CameraView

PICTURE = np.zeros((90, 160, 3), np.uint8)


def shown_in_ten_seconds(view: CameraView, per_s: int = 30) -> int:
    live = LiveView(view)
    shown = 0
    before = 0
    for number in range(10 * per_s):
        at_s = 100 + number / per_s
        if live.is_due(at_s):
            live.offer(PICTURE, at_s)
        sequence = view.frame.sequence if view.frame is not None else 0
        shown += sequence > before
        before = sequence
    return shown


@pytest.mark.parametrize("wanted", [30.0, 10.0, 5.0, 1.0])
def test_no_more_pictures_than_the_window_wants(wanted: float) -> None:
    view = CameraView("a", "A", wanted_size=(160, 90), wanted_fps=wanted)
    assert shown_in_ten_seconds(view) == pytest.approx(10 * wanted, rel=0.15)
    assert view.shown_fps == pytest.approx(wanted, rel=0.15)


def test_none_while_nobody_looks() -> None:
    view = CameraView("a", "A")
    assert shown_in_ten_seconds(view) == 0
    assert not LiveView(view).is_due(1.0)


def test_a_picture_has_the_wanted_size() -> None:
    view = CameraView("a", "A", wanted_size=(80, 45))
    LiveView(view).offer(PICTURE, 1.0)
    assert view.frame is not None
    assert view.frame.pixels.shape == (45, 80, 4)
    assert view.source_size == (160, 90)
