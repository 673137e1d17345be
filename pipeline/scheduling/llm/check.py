"""Tries one key with one small request, a picture in it, and says what came of it. Blocks."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pipeline.picture import Picture
from pipeline.scheduling.llm import request, transport
from pipeline.scheduling.llm.prompt import Prompt
from pipeline.scheduling.llm.transport import CallError, Fault
from pipeline.settings_scheduler import LlmSettings
from pipeline.texts import words_of

PICTURE_SIDE: Final = 64
PROMPT: Final = Prompt(
    "You test a connection.", 'Which colour has this picture? Answer as JSON: {"colour": "..."}'
)
LONGEST_S: Final = 30.0
FEW_TOKENS: Final = 60


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it.

    Attributes:
        fault: what kind of failure; None when the key works.
        words: what the server said, or what kept it from saying anything; free of secrets.
        took_ms: until the answer.
    """

    fault: Fault | None
    words: str
    took_ms: float


def check_key(settings: LlmSettings, secret: str) -> Checked:
    """Ask the model once under a key.

    Args:
        settings: whom to ask.
        secret: the key; empty for a server that wants none.
    """
    began_s = time.monotonic()
    try:
        words = asyncio.run(_ask(settings, secret))
    except CallError as error:
        return Checked(error.fault, words_of(error), (time.monotonic() - began_s) * 1000)
    return Checked(None, words, (time.monotonic() - began_s) * 1000)


async def _ask(settings: LlmSettings, secret: str) -> str:
    short = settings.model_copy(update={"max_output_tokens": FEW_TOKENS})
    conversation = request.messages(PROMPT, Picture.of(_picture()))
    limits = transport.Limits(1, settings.connect_timeout_s, min(LONGEST_S, settings.timeout_s))
    dialect: request.Dialect | None = request.first_dialect(
        settings.model_copy(update={"structured_output": "none"})
    )
    async with transport.open_session(limits) as session:
        while True:
            assert dialect is not None
            try:
                payload = await transport.post(
                    session,
                    request.address(settings),
                    request.headers(settings, secret),
                    request.body(short, conversation, dialect),
                    secret,
                )
                return transport.cleaned(request.said(payload).text, secret, 80)
            except CallError as error:
                if error.fault is not Fault.REFUSED:
                    raise
                other = request.next_dialect(settings, dialect, error.words)
                if other is None:
                    raise
                dialect = other
            except request.RefusedError:
                return ""  # refused by the model, so the key let us in
            except request.EnvelopeError as error:
                raise CallError(
                    Fault.BAD_ANSWER, transport.cleaned_text(words_of(error), secret)
                ) from None


def _picture() -> bytes:
    pixels = np.full((PICTURE_SIDE, PICTURE_SIDE, 3), (40, 160, 40), np.uint8)
    _, jpeg = cv2.imencode(".jpg", pixels)
    return jpeg.tobytes()
