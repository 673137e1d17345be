"""Parts put together as the language of the window has it: its colons, commas and spaces."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate

_CHINESE: Final = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”]"
_NAME: Final = re.compile("“[^”]{1,24}”")
_BETWEEN: Final = re.compile(rf"(?<={_CHINESE}) (?={_CHINESE})")


def closed_up(text: str) -> str:
    """Return a text without the spaces that a value brought between two Chinese characters."""
    return _BETWEEN.sub("", text)


def unbroken(text: str) -> str:
    """Return a text whose names in quotes, such as of buttons, stay on one line."""
    return _NAME.sub(lambda found: found[0].replace(" ", "\u00a0"), text)


def _joint(pair: str) -> str:
    return pair.removeprefix("{0}").removesuffix("{1}")


def named(name: str, value: str) -> str:
    """Return “name: value”."""
    return translate("Joint", "{0}: {1}").format(name, value)


def remarked(text: str, remark: str) -> str:
    """Return “text (remark)”."""
    return translate("Joint", "{0} ({1})").format(text, remark)


def enumerated(parts: Iterable[str]) -> str:
    """Return things of one kind, with commas between."""
    return _joint(translate("Joint", "{0}, {1}", "things of one kind")).join(parts)


def in_a_line(parts: Iterable[str]) -> str:
    """Return short statements one after another, with commas between."""
    return _joint(translate("Joint", "{0}, {1}", "statements")).join(parts)


def one_after_another(sentences: Iterable[str]) -> str:
    """Return whole sentences one after another; empty ones are left out."""
    return closed_up(" ".join(filter(None, sentences)))
