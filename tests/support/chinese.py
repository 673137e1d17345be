"""What is left in English in a window that speaks Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest
from PySide6.QtCore import QCoreApplication, QLocale
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

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


# ---------------------------------------------------------------------- what a person can read
NAMES: Final = frozenset(
    [
        "signalbox",
        "detectionresult",
        "assessmenttask",
        "riskassessmentresult",
        "rfc",
        "base",
        "api",
        "token",
        "bundled",
        "kafka",
        "broker",
        "webhook",
        "smtp",
        "openai",
        "azure",
        "dashscope",
        "vllm",
        "ollama",
        "lm",
        "studio",
        "qwen",
        "vl",
        "onnx",
        "directml",
        "cuda",
        "openvino",
        "nanodet",
        "yolo",
        "java",
        "librdkafka",
        "json",
        "csv",
        "toml",
        "properties",
        "sasl",
        "ssl",
        "tls",
        "tcp",
        "scram",
        "sha",
        "plain",
        "oauthbearer",
        "starttls",
        "english",
        "cpu",
        "gpu",
        "usb",
        "rtsp",
        "http",
        "https",
        "ms",
        "mb",
        "gb",
        "kb",
        "fps",
        "info",
        "debug",
        "trace",
        "warning",
        "error",
        "success",
        "ctrl",
        "shift",
        "alt",
        "esc",
        "del",
        "end",
        "enter",
        "insert",
        "delete",
        "pgup",
        "pgdn",
    ]
)
"""Names, units and keys that are written so in every language."""

_MARKED: Final = re.compile(r"<[^<>]*>")
_QUOTED_WORDS: Final = re.compile(
    r"`[^`]*`|\$\w+|\w+\([^()]*\)|“[^”]*”|[(（\[][^()（）\[\]]*[)）\]]"
)
_ADDRESSES: Final = re.compile(r"\S*[/\\=_@.:-]\S*")
"""Words of others: quoted, calls, a detail in brackets, addresses, paths, names of properties."""

_WORDS: Final = re.compile(r"[A-Za-z]{2,}(?:[ ,;]+[A-Za-z]{2,})*")
_CHINESE: Final = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
_LOOSE: Final = re.compile(rf"{_CHINESE} +{_CHINESE}")
_HALF_WIDTH: Final = re.compile(
    r"[\u4e00-\u9fff][,:;!?](?: |$|[\u4e00-\u9fff])|[,:;] [\u4e00-\u9fff]"
)


def slips(text: str, names: frozenset[str] = frozenset()) -> list[str]:
    """Return what is wrong with a text of a Chinese window; nothing, where it is as it should be.

    Args:
        text: as a widget shows it.
        names: words in small letters that are the user's own.
    """
    plain = _MARKED.sub("\0", text).replace("\n", "\0")
    found = []
    for words in _WORDS.findall(_ADDRESSES.sub(" ", _QUOTED_WORDS.sub(" ", plain))):
        foreign = [
            word for word in re.findall(r"[A-Za-z]+", words) if word.lower() not in NAMES | names
        ]
        # Alone in a Chinese sentence it is a word that nobody translated; alone, it may be a name.
        if len(foreign) > (0 if HAN.search(text) else 1):
            found.append(f"English: {' '.join(foreign)}")
    if _LOOSE.search(plain):
        found.append("a space between Chinese characters")
    if _HALF_WIDTH.search(plain):
        found.append("half-width punctuation")
    return found


def _items(tree: QTreeWidget) -> Iterator[str]:
    rows: list[QTreeWidgetItem | None] = [
        tree.headerItem(),
        *(tree.topLevelItem(row) for row in range(tree.topLevelItemCount())),
    ]
    for item in filter(None, rows):
        for column in range(tree.columnCount()):
            yield item.text(column)
            yield item.toolTip(column)


def _own_texts(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()
    elif isinstance(widget, QLineEdit | QPlainTextEdit):
        yield widget.placeholderText()
    elif isinstance(widget, QComboBox):
        yield from (widget.itemText(row) for row in range(widget.count()))
    elif isinstance(widget, QTabWidget):
        yield from (widget.tabText(index) for index in range(widget.count()))
    elif isinstance(widget, QListWidget):
        for row in range(widget.count()):
            yield widget.item(row).text()
            yield widget.item(row).toolTip()
    elif isinstance(widget, QTreeWidget):
        yield from _items(widget)
    yield from (
        widget.toolTip(),
        widget.accessibleName(),
        widget.accessibleDescription(),
        widget.windowTitle(),
    )


def visible_texts(root: QWidget) -> set[str]:
    """Return every text and hint that a person can read below a widget that is shown."""
    widgets = [root, *(w for w in root.findChildren(QWidget) if w.isVisibleTo(root))]
    texts = {text for widget in widgets for text in _own_texts(widget)}
    for action in root.findChildren(QAction):
        # The chart's library makes one that stands in no menu.
        if action.associatedObjects():
            texts |= {action.text(), action.toolTip()}
    return texts - {""}


def all_slips(root: QWidget, names: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """Return each text below a widget that has something wrong with it, and what."""
    found = {text: slips(text, names) for text in visible_texts(root)}
    return {text: wrong for text, wrong in found.items() if wrong}


def cramped(root: QWidget) -> list[str]:
    """Return the texts of buttons and single lines that have less room than they need."""
    found = []
    for widget in root.findChildren(QWidget):
        if not widget.isVisible():
            continue
        if isinstance(widget, QAbstractButton):
            needed = widget.minimumSizeHint().width()
        elif isinstance(widget, QLabel) and not widget.wordWrap() and type(widget) is QLabel:
            needed = widget.sizeHint().width()
        else:
            continue
        if widget.width() < needed:
            found.append(widget.text())
    return found
