"""Motion JPEG over HTTP: pictures one after another in one answer (multipart/x-mixed-replace).

Read here and not by FFmpeg, which through OpenCV scales pictures of another size into the size of
the first one. Each picture tells its own size, and one that nobody wants is not even decoded.
aiohttp's reader of parts is not used: it needs an event loop in each capture thread, and finds no
parts where a camera announces the boundary with its hyphens.
"""

from __future__ import annotations

import http.client
import re
import time
from http.client import HTTPResponse
from typing import Final

import cv2
import numpy as np

from pipeline.detection.images import Picture
from pipeline.detection.sources.reader import SourceError
from pipeline.texts import Text, say, verbatim

READ_BYTES: Final = 65_536
MAX_HEAD_BYTES: Final = 16_384
MAX_PICTURE_BYTES: Final = 32_000_000
END_BYTES: Final = 1024
"""Some cameras fill up a picture behind its end mark."""

_START_OF_IMAGE: Final = b"\xff\xd8"
_END_OF_IMAGE: Final = b"\xff\xd9"
_LENGTH: Final = re.compile(rb"(?im)^content-length:[ \t]*(\d{1,9})")
_EMPTY_LINE: Final = re.compile(rb"\r?\n\r?\n")


class StreamEndError(Exception):
    """The camera closed the stream, or what it sends is not what it announced."""


class Parts:
    """Cuts an answer into its parts (RFC 2046, 5.1), forgiving where cameras need it.

    Args:
        answer: read from here on.
        boundary: as the answer's Content-Type gives it; some cameras write its hyphens there, too.
    """

    def __init__(self, answer: HTTPResponse, boundary: str) -> None:
        self._answer = answer
        self._mark = b"--" + boundary.lstrip("-").encode("latin-1", "replace")
        self._held = bytearray()

    def next(self, deadline_s: float) -> bytearray:
        """Return the body of the next part.

        Args:
            deadline_s: monotonic seconds until which it must be here as a whole.

        Raises:
            StreamEndError: there is none.
            OSError: the connection broke, or the time is over (TimeoutError).
            http.client.HTTPException: the connection broke.
        """
        self._drop(self._until(self._mark, 0, MAX_PICTURE_BYTES, deadline_s) + len(self._mark))
        self._fill(2, deadline_s)
        if self._held.startswith(b"--"):
            raise StreamEndError
        head = self._until(_EMPTY_LINE, 0, MAX_HEAD_BYTES, deadline_s)
        told = _LENGTH.search(self._held, 0, head)
        length = int(told[1]) if told else 0
        gap = _EMPTY_LINE.match(self._held, head)
        assert gap is not None
        self._drop(gap.end())
        if 0 < length <= MAX_PICTURE_BYTES:
            self._fill(length, deadline_s)
        else:
            length = self._until(self._mark, 0, MAX_PICTURE_BYTES, deadline_s)
        body = self._held[:length]
        self._drop(length)
        return body

    def _until(
        self, mark: bytes | re.Pattern[bytes], begin: int, limit: int, deadline_s: float
    ) -> int:
        """Return where `mark` begins, read on until it is there."""
        while True:
            if isinstance(mark, bytes):
                place = self._held.find(mark, begin)
            else:
                found = mark.search(self._held, begin)
                place = found.start() if found else -1
            if place >= 0:
                return place
            if len(self._held) > limit:
                raise StreamEndError
            # What was searched needs no second look, but for a mark that was cut off.
            begin = max(0, len(self._held) - END_BYTES)
            self._read(deadline_s)

    def _fill(self, length: int, deadline_s: float) -> None:
        while len(self._held) < length:
            self._read(deadline_s)

    def _read(self, deadline_s: float) -> None:
        if time.monotonic() > deadline_s:
            raise TimeoutError
        got = self._answer.read1(READ_BYTES)
        if not got:
            raise StreamEndError
        self._held += got

    def _drop(self, length: int) -> None:
        del self._held[:length]


class MultipartReader:
    """Reads the pictures of an answer that is open.

    Args:
        answer: with the read time limit as its socket's; closed with the reader.
        boundary: between its parts.
        shown: what was opened, for people, without credentials.
        timeout_s: a picture that takes longer to come ends the stream.

    Raises:
        SourceError: it holds no pictures.
    """

    is_live = True
    rate: float | None = None
    codec = "mjpeg"

    def __init__(self, answer: HTTPResponse, boundary: str, shown: Text, timeout_s: float) -> None:
        self._answer = answer
        self._parts = Parts(answer, boundary)
        self._shown = shown
        self._timeout_s = timeout_s
        self._picture = bytearray()
        self._is_waiting = False
        self.size: tuple[int, int] | None = None
        # The first picture tells whether it is a stream of pictures at all.
        self.grab()
        self._is_waiting = True
        width, height = jpeg_size(self._picture) or (0, 0)
        self.description = f"{shown}: {width}x{height}"

    def grab(self) -> bool:
        """Go on to the next picture, which is not decoded yet. Always True.

        Raises:
            SourceError: no more come.
        """
        if self._is_waiting:
            self._is_waiting = False
            return True
        deadline_s = time.monotonic() + self._timeout_s
        try:
            body = self._parts.next(deadline_s)
            # Parts of text or sound may come between; a picture that was cut off is passed over.
            while not _is_whole(body):
                body = self._parts.next(deadline_s)
        except (OSError, http.client.HTTPException, StreamEndError) as error:
            raise SourceError(say("{source} sends no more pictures", source=self._shown)) from error
        self._picture = body
        self.size = jpeg_size(body)
        return True

    def retrieve(self) -> Picture:
        """Return the picture that was grabbed.

        Raises:
            SourceError: it cannot be decoded.
        """
        try:
            picture = cv2.imdecode(
                np.frombuffer(self._picture, np.uint8),
                # It has the size that was told, whatever its metadata say of how it was held.
                cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION,
            )
        except cv2.error as error:
            raise self._not_decoded(verbatim(error.err)) from error
        if picture is None:
            raise self._not_decoded(say("no picture"))
        return np.asarray(picture, np.uint8)

    def read(self) -> Picture | None:
        """Return the next picture.

        Raises:
            SourceError: no more come, or it cannot be decoded.
        """
        return self.retrieve() if self.grab() else None

    def _not_decoded(self, reason: Text) -> SourceError:
        text = say("{source} cannot be decoded: {reason}", source=self._shown, reason=reason)
        return SourceError(text)

    def position_s(self) -> float | None:
        """Return None: what clocks cameras write beside their pictures is no standard."""
        return None

    def rewind(self) -> None:
        """Not possible.

        Raises:
            SourceError: always.
        """
        raise SourceError(say("{source} cannot be rewound", source=self._shown))

    def close(self) -> None:
        """End the connection."""
        self._answer.close()


def _is_whole(body: bytearray) -> bool:
    return body.startswith(_START_OF_IMAGE) and _END_OF_IMAGE in body[-END_BYTES:]


def jpeg_size(picture: bytes | bytearray) -> tuple[int, int] | None:
    """Return (width, height) of a JPEG from its frame header (ITU-T T.81, B.2.2); None without one."""
    place = 2
    while place + 9 <= len(picture):
        if picture[place] != 0xFF:
            return None
        kind = picture[place + 1]
        if kind == 0xFF:  # filling before a marker
            place += 1
        elif 0xC0 <= kind <= 0xCF and kind not in {0xC4, 0xC8, 0xCC}:
            height = int.from_bytes(picture[place + 5 : place + 7], "big")
            width = int.from_bytes(picture[place + 7 : place + 9], "big")
            return (width, height) if width and height else None
        else:
            place += 2 + int.from_bytes(picture[place + 2 : place + 4], "big")
    return None
