"""Opens what a camera setting names: the demo clip, a file, a folder of pictures, an address, USB.

A reader belongs to one thread. Addresses with credentials never appear whole in an error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np

from pipeline.detection.images import ImageError, Picture, read_image
from pipeline.paths import RESOURCES
from pipeline.redact import redact_text
from pipeline.settings_cameras import CameraSettings

DEMO: Final = "demo"
DEMO_CLIP: Final = RESOURCES / "demo" / "market-street-1906.mp4"
ADDRESS_SCHEMES: Final = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://")
OPEN_TIMEOUT_MS: Final = 10_000
READ_TIMEOUT_MS: Final = 10_000
PICTURE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
PICTURES_PER_S: Final = 1.0
"""How quickly a folder of pictures is played."""
FALLBACK_RATE: Final = 25.0
"""Frames per second of a file that does not tell its own."""
LOWEST_RATE: Final = 0.1
HIGHEST_RATE: Final = 240.0

_USB_BACK_ENDS: Final[dict[str, tuple[int, ...]]] = {
    "win32": (cv2.CAP_MSMF, cv2.CAP_DSHOW),
    "darwin": (cv2.CAP_AVFOUNDATION,),
}


class SourceError(RuntimeError):
    """A camera that cannot be opened or gives no pictures; says why and what to check."""


class Reader(Protocol):
    """Gives the pictures of one source.

    Attributes:
        rate: pictures per second at which to play; None where the source sets the pace itself.
        description: what was opened, for the log.
    """

    rate: float | None
    description: str

    def grab(self) -> bool:
        """Go on to the next picture; False at the end.

        Raises:
            SourceError: the source failed.
        """
        ...

    def retrieve(self) -> Picture:
        """Return the picture that was grabbed; only once.

        Apart from `grab`, since the way from a decoder's colours to BGR costs as much as decoding,
        and most pictures of a camera that nobody looks at are never wanted.

        Raises:
            SourceError: the source failed.
        """
        ...

    def read(self) -> Picture | None:
        """Return the next picture; None at the end.

        Raises:
            SourceError: the source failed.
        """
        ...

    def rewind(self) -> None:
        """Go back to the first picture. Only where `rate` is not None.

        Raises:
            SourceError: that is not possible.
        """
        ...

    def close(self) -> None: ...


def open_source(camera: CameraSettings) -> Reader:
    """Open the source of `camera`; files begin at its start offset.

    Raises:
        SourceError: it cannot be opened; the text names the source, without credentials.
    """
    # A camera that cannot be opened is reported by name; OpenCV's own warnings say less, and repeat.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    source = camera.source
    if source == DEMO:
        return VideoReader(str(DEMO_CLIP), DEMO_CLIP.name, camera.start_offset_s)
    if source.isdecimal():
        return _open_usb(int(source))
    if source.lower().startswith(ADDRESS_SCHEMES):
        return VideoReader(source, redact_text(source), 0.0)
    path = Path(source).expanduser()
    if path.is_dir():
        return FolderReader(path)
    if not path.is_file():
        raise SourceError(f"{path} does not exist. Check the camera's source.")
    return VideoReader(str(path), path.name, camera.start_offset_s)


class VideoReader:
    """A video file, a network stream, or a USB camera (through `capture`)."""

    def __init__(
        self,
        address: str,
        shown: str,
        start_offset_s: float,
        capture: cv2.VideoCapture | None = None,
    ) -> None:
        """Open `address`, shown to people as `shown`, or take over an open `capture`."""
        if capture is None:
            capture = cv2.VideoCapture(
                address,
                cv2.CAP_FFMPEG,
                [
                    cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
                    OPEN_TIMEOUT_MS,
                    cv2.CAP_PROP_READ_TIMEOUT_MSEC,
                    READ_TIMEOUT_MS,
                ],
            )
        self._capture = capture
        self._shown = shown
        if not capture.isOpened():
            capture.release()
            raise SourceError(f"{shown} cannot be opened: {_cause(address)}")
        told = capture.get(cv2.CAP_PROP_FPS)
        told = told if LOWEST_RATE <= told <= HIGHEST_RATE else FALLBACK_RATE
        self._count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self.rate = told if self._count else None
        width, height = (
            int(capture.get(value))
            for value in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        )
        self.description = f"{shown}: {width}x{height} @ {told:.2f} fps"
        if start_offset_s and self._count:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, int(start_offset_s * told) % self._count)

    def grab(self) -> bool:
        """Go on to the next picture; False at the end of a file.

        Raises:
            SourceError: a live source stopped, or the stream cannot be decoded.
        """
        try:
            grabbed = self._capture.grab()
        except cv2.error as error:
            raise self._not_decoded(error.err) from error
        if not grabbed and self.rate is None:
            raise SourceError(f"{self._shown} sends no more pictures")
        return grabbed

    def retrieve(self) -> Picture:
        """Return the picture that was grabbed.

        Raises:
            SourceError: the stream cannot be decoded.
        """
        try:
            ok, picture = self._capture.retrieve()
        except cv2.error as error:
            raise self._not_decoded(error.err) from error
        if not ok:
            raise self._not_decoded("no picture")
        return np.asarray(picture, np.uint8)

    def read(self) -> Picture | None:
        """Return the next picture; None at the end of a file.

        Raises:
            SourceError: a live source stopped, or the stream cannot be decoded.
        """
        return self.retrieve() if self.grab() else None

    def _not_decoded(self, reason: str) -> SourceError:
        return SourceError(f"{self._shown} cannot be decoded: {reason}")

    def rewind(self) -> None:
        """Go back to the first picture.

        Raises:
            SourceError: the file does not let itself be rewound.
        """
        if not self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0):
            raise SourceError(f"{self._shown} cannot be rewound")

    def close(self) -> None:
        """Let go of the file, connection or camera."""
        self._capture.release()


class FolderReader:
    """The pictures of a folder, by name, at a slow pace."""

    def __init__(self, folder: Path) -> None:
        """List the pictures.

        Raises:
            SourceError: there is none, or the folder cannot be read.
        """
        try:
            names = sorted(
                path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES
            )
        except OSError as error:
            raise SourceError(f"{folder} cannot be read: {error.strerror}") from error
        if not names:
            raise SourceError(f"{folder} holds no pictures (JPEG, PNG, BMP, WebP)")
        self._pictures: Sequence[Path] = names
        self._position = 0
        self.rate: float | None = PICTURES_PER_S
        self.description = f"{folder.name}: {len(names)} pictures"

    def grab(self) -> bool:
        """Go on to the next picture; False after the last."""
        self._position += 1
        return self._position <= len(self._pictures)

    def retrieve(self) -> Picture:
        """Return the picture that was grabbed.

        Raises:
            SourceError: a file is not a picture or cannot be read.
        """
        try:
            return read_image(self._pictures[self._position - 1])
        except (ImageError, OSError) as error:
            raise SourceError(str(error)) from error

    def read(self) -> Picture | None:
        """Return the next picture; None after the last.

        Raises:
            SourceError: a file is not a picture or cannot be read.
        """
        return self.retrieve() if self.grab() else None

    def rewind(self) -> None:
        """Go back to the first picture."""
        self._position = 0

    def close(self) -> None:
        """Nothing is held open."""


def _open_usb(index: int) -> Reader:
    for back_end in _USB_BACK_ENDS.get(sys.platform, (cv2.CAP_V4L2,)):
        capture = cv2.VideoCapture(index, back_end)
        if capture.isOpened():
            # One picture waiting is enough: the newest is wanted, not the oldest.
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
            return VideoReader("", f"USB camera {index}", 0.0, capture)
        capture.release()
    raise SourceError(
        f"USB camera {index} cannot be opened: it is not plugged in, in use by another program, "
        "or this user may not use it"
    )


def _cause(address: str) -> str:
    if address.lower().startswith(ADDRESS_SCHEMES):
        return (
            f"no answer within {OPEN_TIMEOUT_MS // 1000} s, or a wrong address, user name or "
            "password"
        )
    return "it is no video that can be decoded, or damaged"
