"""Evidence pictures within the size that a topic takes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from pipeline.messages import (
    AssessmentTask,
    DetectionResult,
    MessageError,
    RiskAssessmentResult,
    decode,
    encode,
)
from pipeline.picture import Picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_SIDE_PX: Final = 800
QUALITIES: Final = (85, 75, 65, 50)
SHRINK: Final = 0.75
MIN_ENCODED_SIDE_PX: Final = 32
SHARES: Final = (0.5, 0.25, 0.1)
"""Of its size that a picture is brought down to, one after the other, before it is left out."""

WithEvidence = DetectionResult | AssessmentTask | RiskAssessmentResult


def encode_evidence(crop: NDArray[np.uint8], max_bytes: int) -> bytes:
    """Return a ``(H, W, 3)`` BGR picture as a JPEG of at most `max_bytes`.

    Quality goes down first, then the number of pixels.
    """
    import cv2  # here: the stages without video start without it
    import numpy as np

    scale = min(1.0, MAX_SIDE_PX / max(crop.shape[:2]))
    while True:
        size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
        scaled = crop if scale == 1.0 else cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
        for quality in QUALITIES:
            _, payload = cv2.imencode(".jpg", scaled, [cv2.IMWRITE_JPEG_QUALITY, quality])
            if len(payload) <= max_bytes or max(size) <= MIN_ENCODED_SIDE_PX:
                return np.asarray(payload, np.uint8).tobytes()
        scale *= SHRINK


def smaller_forms(
    message: WithEvidence,
) -> tuple[Callable[[], bytes], ...]:
    """Return what makes `message` smaller, step by step; none for one without pictures.

    The pictures are encoded anew at each of `SHARES` of their size; last they are left out, as the
    verdict needs only the rest.
    """
    if not _has_evidence(message):
        return ()
    steps = (*SHARES, 0.0)
    return tuple(functools.partial(_encoded, message, share) for share in steps)


def shrinking(kind: type[WithEvidence]) -> Callable[[bytes], Sequence[Callable[[], bytes]]]:
    """Return what takes the bytes of a message of `kind` and returns its `smaller_forms`."""

    def shrink(payload: bytes) -> Sequence[Callable[[], bytes]]:
        try:
            return smaller_forms(decode(payload, kind))
        except MessageError:
            return ()  # one that its reader would refuse as well

    return shrink


def _encoded(message: WithEvidence, share: float) -> bytes:
    def change(picture: Picture) -> Picture | None:
        jpeg = _smaller_jpeg(picture.jpeg, int(len(picture) * share)) if share else None
        return None if jpeg is None else Picture.of(jpeg)

    return encode(with_evidence(message, change))


def with_evidence(
    message: WithEvidence, change: Callable[[Picture], Picture | None]
) -> WithEvidence:
    """Return `message` with each of its pictures as `change` makes it."""
    if isinstance(message, DetectionResult):
        groups = tuple(
            msgspec.structs.replace(group, group_image_base64=change(group.group_image_base64))
            if group.group_image_base64 is not None
            else group
            for group in message.traffic_groups
        )
        return msgspec.structs.replace(message, traffic_groups=groups)
    if message.group_image_base64 is None:
        return message
    return msgspec.structs.replace(message, group_image_base64=change(message.group_image_base64))


def _has_evidence(message: WithEvidence) -> bool:
    if isinstance(message, DetectionResult):
        return any(group.group_image_base64 is not None for group in message.traffic_groups)
    return message.group_image_base64 is not None


def _smaller_jpeg(jpeg: bytes, max_bytes: int) -> bytes | None:
    """Return the picture as a JPEG of at most `max_bytes`; None for what is no picture."""
    import cv2
    import numpy as np

    try:
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # Empty, or its head tells a size that no memory holds.
        return None
    if picture is None:
        return None
    smaller = encode_evidence(np.asarray(picture, np.uint8), max_bytes)
    return smaller if len(smaller) < len(jpeg) else None
