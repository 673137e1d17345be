"""Causes that the pipeline tells in English are found again and shown in the window's language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from PySide6.QtCore import QCoreApplication, QLocale

from console import i18n
from console.cause_words import cause_words
from pipeline.detection.sources import network, usb

HAN: Final = re.compile(r"[一-鿿]")
EXAMPLES: Final = (
    "rtsp://***@10.0.0.7/1 cannot be opened: the camera refuses this user name or password",
    "USB camera 7 cannot be opened: no camera is plugged in, or this user may not use it",
    "no USB camera is called “Logi”. Plugged in: none",
    "/nowhere/film.mp4 does not exist. Check the camera's source.",
    "film.mp4 cannot be opened: it is no video that can be decoded, or damaged",
    "rtsp://h/1 sends no more pictures",
    "rtsp://h/1 sends other pictures than before; it is opened anew",
    "connected, but no pictures come",
    "no sign of life for 30 s; it is opened anew",
    "the file was played to its end",
)


@pytest.fixture
def chinese(qapp: QCoreApplication) -> Iterator[None]:
    del qapp
    locale = QLocale()
    i18n.install("zh_CN")
    yield
    i18n.install("en")
    QLocale.setDefault(locale)


def sentences(module_file: str) -> list[str]:
    """Return what the functions of a module return as text, with 7 for each value in it."""
    tree = ast.parse(Path(module_file).read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            if isinstance(node.value, ast.JoinedStr):
                found.append(
                    "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "7"
                        for part in node.value.values
                    )
                )
            elif isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                found.append(node.value.value)
    return [text for text in found if text.count(" ") > 3 and "\r\n" not in text]


CAUSES: Final = [text for module in (network, usb) for text in sentences(str(module.__file__))]


@pytest.mark.parametrize("text", [*EXAMPLES, *CAUSES])
@pytest.mark.usefixtures("chinese")
def test_a_cause_is_told_in_chinese(text: str) -> None:
    words = cause_words(text)
    assert HAN.search(words)
    for kept in re.findall(r"rtsp://\S+?(?=:? )|/nowhere/film\.mp4|Logi|7", text):
        assert kept in words


def test_the_sentences_of_the_modules_were_found() -> None:
    assert len(CAUSES) >= 14


@pytest.mark.usefixtures("chinese")
def test_what_is_not_known_stays_as_it_is() -> None:
    assert cause_words("the moon is full") == "the moon is full"
