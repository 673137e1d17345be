"""Pictures from and to files, also where OpenCV cannot open the path (non-ASCII on Windows)."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.texts import say

Picture: TypeAlias = NDArray[np.uint8]
"""``(H, W, 3)`` uint8, BGR."""


class ImageError(ValueError):
    """A file that is not a picture OpenCV can read; the text names it."""


def read_image(path: Path) -> Picture:
    """Return the picture in `path`.

    Raises:
        ImageError: the file holds no picture.
        OSError: the file cannot be read.
    """
    payload = np.fromfile(path, np.uint8)
    try:
        picture = cv2.imdecode(payload, cv2.IMREAD_COLOR) if payload.size else None
    except cv2.error:  # Its head tells a size that no picture has, or no memory holds.
        picture = None
    if picture is None:
        raise ImageError(
            say("{name} is not a picture that can be read (JPEG, PNG, BMP, WebP)", name=path.name)
        )
    return np.asarray(picture, np.uint8)


def write_image(path: Path, picture: Picture, *, jpeg_quality: int = 90) -> None:
    """Write `picture` to `path`; its suffix says the format.

    Raises:
        ImageError: the suffix is of no format that can be written.
        OSError: the file cannot be written.
    """
    suffix = path.suffix or ".jpg"
    if not cv2.haveImageWriter(f"picture{suffix}"):
        raise ImageError(
            say("pictures cannot be written as {suffix}; use .jpg or .png", suffix=suffix)
        )
    parameters = [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality] if suffix in {".jpg", ".jpeg"} else []
    _, payload = cv2.imencode(suffix, picture, parameters)
    payload.tofile(path)
