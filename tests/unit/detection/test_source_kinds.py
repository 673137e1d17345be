"""What a source's text names, and which USB camera a name means."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.detection.source_kinds import (
    SourceKind,
    cause_alone,
    missing,
    not_opened,
    source_kind,
    usb_wanted,
)
from pipeline.detection.sources.reader import SourceError
from pipeline.detection.sources.usb import UsbCamera, chosen
from pipeline.texts import say

CAMERAS = [UsbCamera(0, "HD Webcam C270", 200), UsbCamera(2, "Street Cam", 200)]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("demo", SourceKind.DEMO),
        ("0", SourceKind.USB_INDEX),
        ("usb:1", SourceKind.USB_INDEX),
        ("USB: C270", SourceKind.USB_NAME),
        ("rtsp://h/1", SourceKind.STREAM),
        ("RTSPS://h/1", SourceKind.STREAM),
        ("http://h/video.mjpg", SourceKind.STREAM),
        ("https://h/live/index.m3u8?token=1", SourceKind.PLAYLIST),
        ("rtsp://h/x.m3u8", SourceKind.STREAM),
        ("C:\\films\\street.mp4", SourceKind.FILE),
        ("ftp://h/x", SourceKind.FILE),
    ],
)
def test_sources_are_told_apart(source: str, kind: SourceKind) -> None:
    assert source_kind(source) is kind


def test_a_folder_is_one_when_it_is_there(tmp_path: Path) -> None:
    assert source_kind(str(tmp_path)) is SourceKind.FOLDER
    assert source_kind(str(tmp_path / "gone")) is SourceKind.FILE


def test_a_usb_camera_is_found_by_part_of_its_name() -> None:
    assert usb_wanted("usb: c270 ") == "c270"
    assert chosen("c270", CAMERAS).index == 0
    assert chosen("Street Cam", [*CAMERAS, UsbCamera(3, "Street Cam 2", 200)]).index == 2


@pytest.mark.parametrize(
    ("wanted", "cause"),
    [("nikon", "no USB camera is called “nikon”"), ("cam", "more than one USB camera fits “cam”")],
)
def test_a_name_that_is_not_clear_lists_what_is_there(wanted: str, cause: str) -> None:
    with pytest.raises(SourceError) as caught:
        chosen(wanted, CAMERAS)
    assert cause in str(caught.value)
    assert "Plugged in: HD Webcam C270 (0), Street Cam (2)" in str(caught.value)


def test_why_a_source_cannot_be_opened_can_be_had_without_the_source() -> None:
    cause = say("the camera refuses this user name or password")
    assert cause_alone(not_opened("rtsp://***@10.0.0.7/1", cause)) is cause
    gone = missing(Path("/film.mp4"))
    assert cause_alone(gone) is gone
