"""Messages that are too large: their pictures become smaller, step by step, and nothing else."""

from __future__ import annotations

import cv2
import msgspec
import numpy as np
import pytest

from pipeline.evidence import SHARES, encode_evidence, smaller_forms, with_evidence
from pipeline.messages import (
    AssessmentTask,
    DetectionResult,
    RiskAssessmentResult,
    decode,
)
from pipeline.picture import Picture
from tests.support import messages as made

NOISE = np.random.default_rng(1).integers(0, 256, (400, 600, 3), np.uint8)
PICTURE = encode_evidence(NOISE, 100_000)
_HEAD = PICTURE.find(b"\xff\xc0") + 5
BOUNDLESS = PICTURE[:_HEAD] + b"\xea\x60" * 2 + PICTURE[_HEAD + 4 :]
"""Its head tells of 60,000 pixels a side."""
Kind = DetectionResult | AssessmentTask | RiskAssessmentResult

MESSAGES: list[Kind] = [
    made.detection(due=2, idle=1, evidence=PICTURE),
    msgspec.structs.replace(made.task(), group_image_base64=Picture.of(PICTURE)),
    made.result(level="high", evidence=PICTURE),
]


def pictures(message: Kind) -> list[Picture | None]:
    if isinstance(message, DetectionResult):
        return [group.group_image_base64 for group in message.traffic_groups if group.reason]
    return [message.group_image_base64]


def bare(message: Kind) -> object:
    """Return all of a message but its pictures."""
    return (
        decode(smaller_forms(message)[-1](), type(message)) if smaller_forms(message) else message
    )


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_step_is_smaller_and_the_last_has_no_picture(message: Kind) -> None:
    """Each picture can still be seen, and the rest of the message stays as it was."""
    forms = [decode(make(), type(message)) for make in smaller_forms(message)]
    assert len(forms) == len(SHARES) + 1
    before = len(PICTURE)
    for form, share in zip(forms, SHARES, strict=False):
        for picture in pictures(form):
            assert picture is not None
            assert len(picture) <= len(PICTURE) * share
            assert cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), 1) is not None
        assert len(pictures(form)[0] or b"") < before
        before = len(pictures(form)[0] or b"")
        assert bare(form) == bare(message)
    assert pictures(forms[-1]) == [None] * len(pictures(message))


@pytest.mark.parametrize("content", [b"no picture", b"", BOUNDLESS])
def test_what_is_no_picture_is_left_out(content: bytes) -> None:
    """Whatever another program put there."""
    message = with_evidence(made.detection(evidence=b"x"), lambda _: Picture.of(content))
    [first, *_] = smaller_forms(message)
    assert pictures(decode(first(), DetectionResult)) == [None]


def test_a_message_without_pictures_has_no_smaller_form() -> None:
    """It goes to the dead letters when it is too large."""
    assert smaller_forms(made.result()) == ()
    assert smaller_forms(made.detection(due=0)) == ()
