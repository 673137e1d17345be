"""Files, folders and what cannot be opened: read, paced and shown."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.detection.frames import CapturedFrame
from pipeline.detection.images import Picture
from pipeline.detection.sources import DEMO_CLIP, SourceError, open_source
from pipeline.settings_cameras import CameraSettings
from tests.support.captures import Rig, camera, wait_until
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration


def first_picture(settings: CameraSettings) -> Picture:
    reader = open_source(settings)
    picture = reader.read()
    reader.close()
    assert picture is not None
    return picture


def test_the_demo_clip_opens_by_its_name() -> None:
    reader = open_source(camera("demo"))
    assert reader.rate == pytest.approx(14.985, abs=0.01)
    assert reader.description == "market-street-1906.mp4: 536x352 @ 14.99 fps"
    reader.close()


def test_a_start_offset_begins_later_and_wraps_round() -> None:
    begin = first_picture(camera("demo"))
    later = first_picture(camera("demo", start_offset_s=7))
    assert np.abs(begin.astype(int) - later).mean() > 5
    length_s = 480 / 14.985
    wrapped = first_picture(camera("demo", start_offset_s=7 + 2 * length_s))
    assert np.abs(wrapped.astype(int) - later).mean() < 5


def test_a_file_of_any_name_opens(tmp_path: Path) -> None:
    path = Path(shutil.copy(DEMO_CLIP, tmp_path / "улица 测试 é.mp4"))
    assert first_picture(camera(path)).shape == (352, 536, 3)


def test_a_folder_of_pictures_plays_in_the_order_of_names(tmp_path: Path) -> None:
    for name, shade in (("b.png", 200), ("a.png", 10)):
        cv2.imwrite(str(tmp_path / name), np.full((8, 8, 3), shade, np.uint8))
    (tmp_path / "notes.txt").write_text("not a picture")
    reader = open_source(camera(tmp_path))
    shades = []
    while (picture := reader.read()) is not None:
        shades.append(int(picture[0, 0, 0]))
    assert shades == [10, 200]
    reader.rewind()
    assert reader.read() is not None


def test_a_broken_picture_does_not_hold_up_those_after_it(
    tmp_path: Path, expect_log: ExpectLog
) -> None:
    for name in ("a.jpg", "b.png"):
        expect_log(f"WARNING folder .*: {name} is not a picture.*; it is passed over")
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    cv2.imwrite(str(tmp_path / "b.png"), np.zeros((48, 64, 3), np.uint8))
    reader = open_source(camera(tmp_path))
    for _ in range(3):
        assert reader.read() is not None
        assert reader.read() is None
        reader.rewind()
    (tmp_path / "b.png").write_bytes(b"")
    with pytest.raises(SourceError, match=r"none of the 2 pictures in .* can be read, such as: b"):
        reader.read()


def test_sources_that_cannot_be_opened_say_why(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(DEMO_CLIP.read_bytes()[:5_000])
    empty = tmp_path / "empty"
    empty.mkdir()
    for source, complaint in (
        (tmp_path / "gone.mp4", "gone.mp4 does not exist"),
        (damaged, "damaged.mp4 cannot be opened: it is no video"),
        (empty, "empty holds no pictures"),
        ("63", "USB camera 63 cannot be opened"),
        ("usb:no such thing", "no USB camera is called “no such thing”. Plugged in: "),
        ("boss:secret@127.0.0.1/x", "***@127.0.0.1/x does not exist"),
        ("ftp://boss:secret@127.0.0.1/x", "ftp:// is not known here; use one of rtsp://"),
        ("rtsp://boss:#secret@127.0.0.1:9/x", "***@127.0.0.1:9/x cannot be opened"),
        ("rtsp://boss:a/secret@127.0.0.1:9/x", "***@127.0.0.1:9/x cannot be opened"),
        ("http://boss:secret@127.0.0.1:9/x", "***@127.0.0.1:9/x cannot be opened: nothing listens"),
    ):
        with pytest.raises(SourceError) as caught:
            open_source(camera(source))
        assert complaint in str(caught.value)
        assert "secret" not in str(caught.value)


def test_a_file_plays_in_real_time_and_goes_round(
    start: Callable[..., Rig], tmp_path: Path
) -> None:
    path = tmp_path / "short.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (64, 48))
    for shade in range(0, 200, 20):
        writer.write(np.full((48, 64, 3), shade, np.uint8))
    writer.release()
    began_s = time.monotonic()
    rig = start(camera(path, detections_per_second=60))
    scenes: list[int] = []
    while rig.counter("frames_read") < 35:
        frame = rig.inbox.take(5)
        assert frame is not None
        if frame.scene not in scenes:
            scenes.append(frame.scene)
    assert time.monotonic() - began_s > 34 / 20 * 0.95
    assert len(scenes) == 4
    assert scenes == sorted(scenes)


def test_a_file_as_fast_as_possible_leaves_out_nothing_that_is_due(
    start: Callable[..., Rig], tmp_path: Path
) -> None:
    path = tmp_path / "short.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for shade in range(0, 240, 4):
        writer.write(np.full((48, 64, 3), shade, np.uint8))
    writer.release()
    rig = start(camera(path, real_time=False, loop=False, detections_per_second=5))
    frames: list[CapturedFrame] = []
    began_s = time.monotonic()
    while (frame := rig.inbox.take(2)) is not None:
        frames.append(frame)
    took_s = time.monotonic() - began_s
    wait_until(lambda: rig.view.state == "stopped", "the end")
    assert rig.counter("frames_read") == 60
    assert rig.counter("frames_dropped") == 0
    # Six seconds of film at five detections a second, measured in the film's own time.
    assert len(frames) == 30
    span_s = frames[-1].motion_s - frames[0].motion_s
    assert span_s == pytest.approx(5.8, abs=0.01)
    assert took_s - 2 < 6


def test_a_file_that_is_played_once_ends_quietly(start: Callable[..., Rig], tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "only.png"), np.zeros((8, 8, 3), np.uint8))
    rig = start(camera(tmp_path, loop=False))
    wait_until(lambda: rig.view.state == "stopped", "the end of the folder")
    assert rig.view.detail == "the file was played to its end"
    assert rig.counter("frames_read") == 1
    assert rig.telemetry.degraded is None


def test_frames_are_scaled_only_while_the_window_looks(start: Callable[..., Rig]) -> None:
    rig = start(camera("demo"))
    wait_until(lambda: rig.counter("frames_read") > 3, "frames")
    assert rig.sequence() == 0
    assert rig.view.source_size == (536, 352)
    rig.view.wanted_size = (268, 400)
    wait_until(lambda: rig.view.shown_fps > 0 and rig.sequence() > 20, "a shown rate")
    frame = rig.view.frame
    assert frame is not None
    assert frame.pixels.shape == (176, 268, 4)
    assert frame.pixels.flags.c_contiguous
    # Every picture that came was shown, however busy the machine is.
    assert 0.7 < rig.view.shown_fps / rig.view.source_fps < 1.3
    rig.view.wanted_size = None
    wait_until(lambda: rig.view.shown_fps == 0, "nobody looks")


def test_frames_that_nobody_takes_give_way_and_are_counted(start: Callable[..., Rig]) -> None:
    rig = start(camera("demo", detections_per_second=10))
    wait_until(lambda: rig.counter("frames_dropped") >= 3, "dropped frames")
    frame = rig.inbox.take(1)
    assert frame is not None
    assert time.monotonic() - frame.captured_s < 5
