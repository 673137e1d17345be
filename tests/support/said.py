"""Whether what the pipeline says can be said in another language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pipeline.texts import Text

ENGLISH: Final = re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b")
"""Three words in a row are a sentence."""


def untranslatable(text: str) -> Iterator[str]:
    """Yield the parts that are plain English, neither made by `say` nor somebody else's words."""
    if not isinstance(text, Text):
        if ENGLISH.search(text):
            yield text
        return
    for value in text.values.values():
        if isinstance(value, str):
            yield from untranslatable(value)
