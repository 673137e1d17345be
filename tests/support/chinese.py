"""What is left in English in a window that speaks Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest
from PySide6.QtCore import QCoreApplication, QLocale

from console import i18n

HAN: Final = re.compile(r"[一-鿿]")
ENGLISH: Final = re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b")
"""Three words in a row are a sentence that nobody translated."""

QUOTED: Final = re.compile(r"<\d>|[(（][^)）]*[)）]")
"""Values, and what a library says itself."""


@pytest.fixture
def chinese(qapp: QCoreApplication) -> Iterator[None]:
    """Have the window speak Chinese, and English again afterwards."""
    del qapp
    locale = QLocale()
    i18n.install("zh_CN")
    yield
    i18n.install("en")
    QLocale.setDefault(locale)


def english(words: str) -> bool:
    """Whether a sentence is left in English."""
    return ENGLISH.search(QUOTED.sub("", words)) is not None


def is_chinese(words: str) -> bool:
    """Whether a sentence is said in Chinese, and all of it."""
    return HAN.search(words) is not None and not english(words)
