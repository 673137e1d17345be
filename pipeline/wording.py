"""How a text travels through Kafka: what it was made of, beside the plain English.

Other programs read the English. A window, which may speak another language, makes the same text of
what lies beside it. Messages come from anybody who may write to a topic, so the forms that are taken
are few, and what does not give the English is passed over.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from pipeline.texts import Text, packed, unpacked, verbatim

MAX_SOURCE: Final = 1000
MAX_TEXT: Final = 4000
_MAX_INTEGER: Final = 2**53 - 1

Sentence = Annotated[str, Meta(max_length=MAX_SOURCE)]
Words = Annotated[str, Meta(max_length=MAX_TEXT)]
Whole = Annotated[int, Meta(ge=-_MAX_INTEGER, le=_MAX_INTEGER)]


class Wording(Struct, rename="camel", frozen=True, kw_only=True):
    """What an English text is made of, for readers in another language.

    Attributes:
        text: the finished English text.
        source: the sentence with places such as ``{name}`` for its values; the same sentence has the
            same source in every message of one version. Empty for words without a translation.
        values: what stands in those places.
    """

    text: Words
    source: Sentence = ""
    values: dict[str, Wording | Words | Whole | float] = {}


_decoder = msgspec.json.Decoder(Wording)


def wording_of(text: str | None) -> Wording | None:
    """Return what a text was made of; None where it has no translation, or is too long to travel."""
    if not isinstance(text, Text) or not text.source:
        return None
    try:
        return msgspec.convert(packed(text), Wording)
    except msgspec.ValidationError:
        return None


def text_of(english: str, wording: Wording | None) -> Text:
    """Return an English text with what it was made of, where that gives the same English.

    Args:
        english: perhaps only the beginning of what the wording says.
        wording: from `wording_of`, perhaps of another program or version.
    """
    if wording is not None:
        try:
            made = unpacked(msgspec.to_builtins(wording))
        except RecursionError:
            return verbatim(english)
        if made.source and made.english.startswith(english):
            return made
    return verbatim(english)


def to_bytes(wording: Wording) -> bytes:
    """Return a wording as JSON, for a header."""
    return msgspec.json.encode(wording)


def from_bytes(payload: bytes) -> Wording | None:
    """Return the wording of a header; None where it is none."""
    try:
        return _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
