"""Pictures over HTTP: what cameras write between them, and how large each is."""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from typing import cast

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detection.sources.multipart import (
    MAX_HEAD_BYTES,
    Parts,
    StreamEndError,
    jpeg_size,
)


class Answer(io.BytesIO):
    """Gives a few bytes at a time, as a slow network does."""

    def __init__(self, body: bytes, step: int) -> None:
        super().__init__(body)
        self._step = step

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(self._step if size is None or size < 0 else min(size, self._step))


def parts(body: bytes, boundary: str = "cut", step: int = 7) -> Parts:
    return Parts(cast(HTTPResponse, Answer(body, step)), boundary)


def soon() -> float:
    return time.monotonic() + 10


@given(
    bodies=st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=4),
    step=st.integers(1, 50),
)
def test_parts_with_a_length_are_taken_as_they_are(bodies: list[bytes], step: int) -> None:
    sent = b"".join(
        b"--cut\r\ncontent-length: %d\r\n\r\n%b\r\n" % (len(body), body) for body in bodies
    )
    found = parts(sent + b"--cut--\r\n", step=step)
    assert [bytes(found.next(soon())) for _ in bodies] == bodies
    with pytest.raises(StreamEndError):
        found.next(soon())


@pytest.mark.parametrize("boundary", ["cut", "--cut"], ids=["as it should", "with hyphens"])
@pytest.mark.parametrize("line", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_parts_without_a_length_end_at_the_next(boundary: str, line: bytes) -> None:
    sent = b"preamble" + line
    for body in (b"one", b"two"):
        sent += b"--cut" + line + b"Content-Type: image/jpeg" + line * 2 + body + line
    found = parts(sent + b"--cut", boundary)
    assert [bytes(found.next(soon())).strip() for _ in range(2)] == [b"one", b"two"]


def test_what_never_becomes_a_part_ends_it() -> None:
    with pytest.raises(StreamEndError):
        parts(b"--cut\r\n" + b"x" * (MAX_HEAD_BYTES + 100), step=4096).next(soon())
    with pytest.raises(StreamEndError):
        parts(b"nothing").next(soon())
    with pytest.raises(TimeoutError):
        parts(b"--cut\r\n").next(time.monotonic() - 1)


@pytest.mark.parametrize("progressive", [0, 1])
@pytest.mark.parametrize("size", [(320, 180), (17, 1200)])
def test_a_picture_tells_its_size(size: tuple[int, int], progressive: int) -> None:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive])
    body = jpeg.tobytes()
    assert jpeg_size(body) == size
    # The size of the small picture inside the metadata is not that of the picture.
    _, small = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))
    inner = small.tobytes()
    metadata = b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner
    assert jpeg_size(body[:2] + metadata + body[2:]) == size


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(body: bytes) -> None:
    jpeg_size(b"\xff\xd8" + body)
