"""Texts of the pipeline in the language of the window."""

from __future__ import annotations

import re
import string
from typing import Any, Final

from PySide6.QtCore import QCoreApplication

from console import joining, regional
from pipeline.texts import CONTEXT, Text, cause_of, words_of

_CODE = re.compile(r"`([^`]*)`")


class _Regional(string.Formatter):
    """Fills in values; amounts are grouped by the locale in use, values to be typed are not."""

    def format_field(self, value: Any, format_spec: str) -> str:
        is_amount = format_spec == "," and isinstance(value, int)
        return regional.whole(value) if is_amount else format(value, format_spec)


_FORMATTER: Final = _Regional()


def quoted(words: str) -> str:
    """Return a text with quotation marks where its writer marked what is typed as it stands."""
    return _CODE.sub(r"“\1”", words)


def shown(text: str) -> str:
    """Return a text as the window says it; what is no `Text` stays as it is."""
    if not isinstance(text, Text) or not text.source:
        return quoted(str(text))
    values = {
        name: shown(value) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    words = QCoreApplication.translate(CONTEXT, text.source)
    return joining.closed_up(quoted(_FORMATTER.vformat(words, (), values) if values else words))


def said(error: BaseException) -> str:
    """Return what an error says, as a part of a sentence."""
    return shown(words_of(error)).rstrip(".。")


def cause(error: BaseException) -> str:
    """Return what an error says, for where the file that it is about is named already."""
    return shown(cause_of(error)).rstrip(".。")


def error_words(error: Exception) -> str:
    """Return what an error says, and what to do about it if it knows, as sentences."""
    parts = (words_of(error), getattr(error, "next_step", ""))
    return joining.one_after_another(sentence(part) for part in parts if part)


def line(text: str) -> str:
    """Return a text or a part of one as it stands alone: with a capital at its beginning."""
    words = shown(text).strip()
    first = words.split(" ", 1)[0]
    # Names keep their small letters.
    is_name = first == "librdkafka" or any(sign in first for sign in ".=_/:")
    return words if is_name else words[:1].upper() + words[1:]


def sentence(text: str) -> str:
    """Return a text or a part of one as a sentence: a capital at its beginning, a stop at its end."""
    begin = line(text)
    if not begin:
        return ""
    return (
        begin
        if begin[-1] in ".!?。"
        else QCoreApplication.translate("Doctor", "{0}.").format(begin)
    )
