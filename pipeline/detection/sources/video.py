"""Video through OpenCV: files, network streams, USB cameras."""

from __future__ import annotations

import time
from typing import Final

import cv2
import numpy as np

from pipeline.detection.images import Picture
from pipeline.detection.pacing import PiecesPacer
from pipeline.detection.sources.format_watch import FormatWatch
from pipeline.detection.sources.reader import SourceError
from pipeline.texts import Text, say, verbatim

OPEN_TIMEOUT_MS: Final = 10_000
READ_TIMEOUT_MS: Final = 10_000
FALLBACK_RATE: Final = 25.0
"""Frames per second of a file that does not tell its own."""
LOWEST_RATE: Final = 0.1
HIGHEST_RATE: Final = 240.0

_NAMES: Final = {"avc1": "h264", "hev1": "hevc", "hvc1": "hevc", "mjpg": "mjpeg", "fmp4": "mpeg4"}
"""Codecs that containers call by other names."""


def open_ffmpeg(address: str) -> cv2.VideoCapture:
    """Open a file or stream by OpenCV's FFmpeg, which alone keeps time limits on every platform."""
    return cv2.VideoCapture(
        address,
        cv2.CAP_FFMPEG,
        [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            OPEN_TIMEOUT_MS,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            READ_TIMEOUT_MS,
        ],
    )


def ask_by_opening(address: str) -> tuple[str, ...] | None:
    """Return size and codec of what a stream sends now; None when it cannot be opened beside another.

    It is opened a second time, for as long as FFmpeg needs to know.
    """
    capture = open_ffmpeg(address)
    try:
        size = _size(capture) if capture.isOpened() else None
        return None if size is None else (f"{size[0]}x{size[1]}", _codec(capture))
    finally:
        capture.release()


class VideoReader:
    """Reads an open capture.

    Args:
        capture: must be open; closed with the reader.
        shown: what was opened, for people, without credentials.
        is_live: whether it is a stream or camera rather than a file.
        is_playlist: whether it comes in pieces, to be played at the pace of its pictures' times.
        has_clock: whether its picture times are those of the camera.
        watch: tells when the camera changes its pictures; stopped with the reader.
    """

    def __init__(
        self,
        capture: cv2.VideoCapture,
        shown: Text,
        *,
        is_live: bool,
        is_playlist: bool = False,
        has_clock: bool = False,
        watch: FormatWatch | None = None,
    ) -> None:
        self._capture = capture
        self._watch = watch
        self._shown = shown
        self._has_clock = has_clock
        told = capture.get(cv2.CAP_PROP_FPS)
        told = told if LOWEST_RATE <= told <= HIGHEST_RATE else FALLBACK_RATE
        self.is_live = is_live
        self.rate = None if is_live else told
        self._pace = PiecesPacer() if is_playlist else None
        self.codec = _codec(capture)
        self.size = _size(capture)
        width, height = self.size or (0, 0)
        self.description = f"{shown}: {width}x{height} @ {told:.2f} fps"

    def start_at(self, offset_s: float) -> None:
        """Begin `offset_s` later; beyond the end, round again."""
        count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        if offset_s and count > 0 and self.rate is not None:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, int(offset_s * self.rate) % count)

    def grab(self) -> bool:
        """Go on to the next picture; False at the end of a file.

        Raises:
            SourceError: a live source stopped or changed, or the stream cannot be decoded.
        """
        if self._watch is not None and self._watch.has_changed:
            raise SourceError(
                say(
                    "{source} sends other pictures than before; it is opened anew",
                    source=self._shown,
                )
            )
        began_s = time.monotonic()
        try:
            grabbed = self._capture.grab()
        except cv2.error as error:
            raise self._not_decoded(verbatim(error.err)) from error
        # At its time limit FFmpeg gives the pictures that were left in the decoder: old ones.
        timed_out = (time.monotonic() - began_s) * 1000 >= READ_TIMEOUT_MS
        if self.is_live and (timed_out or not grabbed):
            raise SourceError(say("{source} sends no more pictures", source=self._shown))
        if self._pace is not None:
            time.sleep(self._pace.wait_s(self._told_s(), time.monotonic()))
        return grabbed

    def retrieve(self) -> Picture:
        """Return the picture that was grabbed.

        Raises:
            SourceError: the stream cannot be decoded.
        """
        try:
            ok, picture = self._capture.retrieve()
        except cv2.error as error:
            raise self._not_decoded(verbatim(error.err)) from error
        if not ok:
            raise self._not_decoded(say("no picture"))
        # Motion JPEG over RTP is not scaled into the first size.
        self.size = (picture.shape[1], picture.shape[0])
        return np.asarray(picture, np.uint8)

    def read(self) -> Picture | None:
        """Return the next picture; None at the end of a file.

        Raises:
            SourceError: a live source stopped, or the stream cannot be decoded.
        """
        return self.retrieve() if self.grab() else None

    def _not_decoded(self, reason: Text) -> SourceError:
        text = say("{source} cannot be decoded: {reason}", source=self._shown, reason=reason)
        return SourceError(text)

    def position_s(self) -> float | None:
        """Return the time of the picture that was grabbed in the camera's clock."""
        return self._told_s() if self._has_clock else None

    def _told_s(self) -> float:
        return self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000

    def rewind(self) -> None:
        """Go back to the first picture.

        Raises:
            SourceError: the file does not let itself be rewound.
        """
        if not self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0):
            raise SourceError(say("{source} cannot be rewound", source=self._shown))

    def close(self) -> None:
        """Let go of the file, connection or camera."""
        if self._watch is not None:
            self._watch.stop()
        self._capture.release()


def _size(capture: cv2.VideoCapture) -> tuple[int, int] | None:
    width, height = (
        int(capture.get(value)) for value in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    return (width, height) if width > 0 and height > 0 else None


def _codec(capture: cv2.VideoCapture) -> str:
    code = capture.get(cv2.CAP_PROP_FOURCC)
    if code <= 0:
        return ""
    letters = int(code).to_bytes(4, "little").decode("latin-1").strip("\0 ").lower()
    return _NAMES.get(letters, letters) if letters.isprintable() else ""
