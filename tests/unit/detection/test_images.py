"""Pictures from and to files, whatever the file is called."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.detection.images import ImageError, read_image, write_image


def test_a_name_of_any_script_works(tmp_path: Path) -> None:
    path = tmp_path / "测试 é ø.png"
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    write_image(path, picture)
    assert np.array_equal(read_image(path), picture)


def boundless() -> bytes:
    """A small JPEG whose head tells of 60,000 pixels a side."""
    jpeg = bytearray(cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes())
    head = jpeg.find(b"\xff\xc0")
    jpeg[head + 5 : head + 9] = struct.pack(">HH", 60_000, 60_000)
    return bytes(jpeg)


@pytest.mark.parametrize("content", [b"", b"no picture at all", boundless()])
def test_a_file_that_is_no_picture_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"notes\.jpg is not a picture"):
        read_image(path)


def test_an_unknown_format_is_refused_before_writing(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"\.docx"):
        write_image(tmp_path / "picture.docx", np.zeros((2, 2, 3), np.uint8))
    assert not list(tmp_path.iterdir())
