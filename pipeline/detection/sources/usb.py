"""USB cameras, by index or by name.

On Windows, Media Foundation is OpenCV's usual back end, and DirectShow the one that some older
cameras need; names are asked of the same one that opens.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final

import cv2
from cv2_enumerate_cameras import enumerate_cameras

from pipeline.detection.source_kinds import not_opened
from pipeline.detection.sources.reader import SourceError
from pipeline.detection.sources.video import VideoReader
from pipeline.texts import Text, say, verbatim

_BACK_ENDS: Final[dict[str, tuple[int, ...]]] = {
    "win32": (cv2.CAP_MSMF, cv2.CAP_DSHOW),
    "darwin": (cv2.CAP_AVFOUNDATION,),
}


@dataclass(frozen=True, slots=True)
class UsbCamera:
    """A camera that is plugged in: its index and name in one back end."""

    index: int
    name: str
    back_end: int


def back_ends() -> tuple[int, ...]:
    """Return OpenCV's back ends for cameras of this platform, the preferred one first."""
    return _BACK_ENDS.get(sys.platform, (cv2.CAP_V4L2,))


def usb_cameras() -> list[UsbCamera]:
    """Return what is plugged in; the same camera once, from the preferred back end that knows it."""
    found: dict[str, UsbCamera] = {}
    for back_end in back_ends():
        for place, info in enumerate(_listed(back_end)):
            key = info.path or f"{back_end}-{place}"
            found.setdefault(key.lower(), info.camera)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Listed:
    path: str
    camera: UsbCamera


def _listed(back_end: int) -> list[_Listed]:
    try:
        return [
            _Listed(str(info.path or ""), UsbCamera(int(info.index), str(info.name), back_end))
            for info in enumerate_cameras(back_end)
        ]
    except (OSError, RuntimeError, NotImplementedError):
        return []  # opening by index may work all the same


def chosen(wanted: str, cameras: list[UsbCamera]) -> UsbCamera:
    """Return the camera whose name is `wanted`, or else the only one whose name holds it.

    Raises:
        SourceError: none fits, or more than one; the text names what is there.
    """
    exact = [camera for camera in cameras if camera.name.casefold() == wanted.casefold()]
    fitting = exact or [c for c in cameras if wanted.casefold() in c.name.casefold()]
    if len({(camera.name, camera.index) for camera in fitting}) == 1:
        return fitting[0]
    there = _listed_words(cameras)
    raise SourceError(
        say(
            "more than one USB camera fits “{name}”; give its index. Plugged in: {cameras}",
            name=wanted,
            cameras=there,
        )
        if fitting
        else say(
            "no USB camera is called “{name}”. Plugged in: {cameras}", name=wanted, cameras=there
        )
    )


def open_usb(wanted: str) -> VideoReader:
    """Open a USB camera by its index or (part of) its name.

    Raises:
        SourceError: it is not there, or cannot be opened.
    """
    if wanted.isdecimal():
        tries = [(int(wanted), back_end) for back_end in back_ends()]
        shown = say("USB camera {name}", name=wanted)
    else:
        camera = chosen(wanted, usb_cameras())
        tries = [(camera.index, camera.back_end)]
        shown = say("USB camera {name}", name=camera.name)
    for index, back_end in tries:
        capture = cv2.VideoCapture(index, back_end)
        if capture.isOpened():
            # One picture waiting is enough: the newest is wanted, not the oldest.
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
            return VideoReader(capture, shown, is_live=True)
        capture.release()
    raise SourceError(not_opened(shown, _cause(wanted)))


def _listed_words(cameras: list[UsbCamera]) -> Text:
    names = ", ".join(f"{camera.name} ({camera.index})" for camera in cameras)
    return verbatim(names) or say("none")


def _cause(wanted: str) -> Text:
    there = usb_cameras()
    if not there:
        return say("no camera is plugged in, or this user may not use it")
    if wanted.isdecimal() and int(wanted) not in {camera.index for camera in there}:
        return say(
            "there is none with this index. Plugged in: {cameras}", cameras=_listed_words(there)
        )
    return say("another program uses it, or this user may not use it")
