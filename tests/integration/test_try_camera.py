"""Trying a camera: what a real file, a live source and a wrong address answer."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pipeline.detection.sources import SourceError
from pipeline.detection.try_camera import try_camera
from pipeline.settings_cameras import CameraSettings

pytestmark = pytest.mark.integration

SIZE = (384, 216)
PASSWORD = "pa" + "ss-word"


def camera(source: str, **more: float) -> CameraSettings:
    return CameraSettings.model_validate({"id": "t", "name": "T", "source": source, **more})


def test_the_demo_clip_shows_a_picture_size_and_rate() -> None:
    trial = try_camera(camera("demo", start_offset_s=3), SIZE, threading.Event())
    assert trial.size == (536, 352)
    assert trial.rate == pytest.approx(15.0, abs=0.1)
    assert trial.pixels.shape == (216, 329, 4)
    assert trial.pixels.std() > 10
    assert 0 < trial.opened_ms < 10_000


def test_an_address_that_nobody_answers_says_so_without_the_password() -> None:
    address = f"rtsp://user:{PASSWORD}@127.0.0.1:9/none"
    with pytest.raises(SourceError) as raised:
        try_camera(camera(address), SIZE, threading.Event())
    assert "cannot be opened" in str(raised.value)
    assert PASSWORD not in str(raised.value)


def test_a_file_that_is_no_video_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("no video at all")
    with pytest.raises(SourceError, match=r"notes\.mp4"):
        try_camera(camera(str(tmp_path / "notes.mp4")), SIZE, threading.Event())


def test_a_folder_of_pictures_is_tried_too(tmp_path: Path) -> None:
    import numpy as np

    from pipeline.detection.images import write_image

    write_image(tmp_path / "a.png", np.full((90, 160, 3), 77, np.uint8))
    trial = try_camera(camera(str(tmp_path)), SIZE, threading.Event())
    assert trial.size == (160, 90)
    assert trial.rate == 1.0
