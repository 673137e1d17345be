"""Colours properties, and hides secrets behind bars."""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtGui import QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from console.theme.theme import ThemeManager
from pipeline.kafka.doctor import is_secret
from pipeline.secrets import is_reference

_PAIR: Final = re.compile(r"\s*[\"']?([^\s=:\"'#;!\[]+)[\"']?(\s*[=:]\s*|\s+)?")
_HIDDEN: Final = 1
"""State of a line whose secret goes on in the next one (Java's backslash at its end)."""


class PropertyHighlighter(QSyntaxHighlighter):
    """Follows the theme; works for Java's properties as well."""

    def __init__(self, document: QTextDocument, theme: ThemeManager) -> None:
        super().__init__(document)
        self._theme = theme
        theme.changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        """Colour one line."""
        self.setCurrentBlockState(0)
        stripped = text.lstrip()
        if self.previousBlockState() == _HIDDEN:
            self._hide(text, 0)
            return
        if stripped[:1] in ("#", ";", "!"):
            self.setFormat(0, len(text), self._format("text_faint", is_italic=True))
            return
        if stripped[:1] == "[":
            self.setFormat(0, len(text), self._format("info", is_strong=True))
            return
        pair = _PAIR.match(text)
        if pair is None:
            return
        self.setFormat(0, pair.end(1), self._format("text_strong"))
        self.setFormat(pair.end(1), pair.end() - pair.end(1), self._format("text_muted"))
        value = text[pair.end() :].strip().strip("\"'")
        if value and is_secret(pair[1]) and not is_reference(value):
            self._hide(text, pair.end())

    def _hide(self, text: str, start: int) -> None:
        bar = QTextCharFormat()
        color = self._theme.color("border_strong")
        bar.setForeground(color)
        bar.setBackground(color)
        self.setFormat(start, len(text) - start, bar)
        if text.endswith("\\"):
            self.setCurrentBlockState(_HIDDEN)

    def _format(
        self, token: str, *, is_strong: bool = False, is_italic: bool = False
    ) -> QTextCharFormat:
        found = QTextCharFormat()
        found.setForeground(self._theme.color(token))
        found.setFontItalic(is_italic)
        if is_strong:
            found.setFontWeight(QFont.Weight.DemiBold)
        return found
