"""Offers names of properties, and words for those that take certain ones, while they are typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QPlainTextEdit

from console.property_words import values_of
from pipeline.kafka.doctor import Property, sectioned, table

POPUP_WIDTH: Final = 340
ROWS: Final = 10


class PropertyCompleter(QCompleter):
    """Knows what fits where.

    Attributes:
        list: where the words are shown.
        pointed_at: carries the word that the keyboard or the pointer is at.
        chosen: carries the word that was taken.
    """

    pointed_at = Signal(str)
    chosen = Signal(str)

    def __init__(self, editor: QPlainTextEdit) -> None:
        super().__init__(editor)
        self._words = QStringListModel(self)
        self.setModel(self._words)
        self.setWidget(editor)
        self.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setMaxVisibleItems(ROWS)
        # Qt's own: a list of ours would be deleted by the completer and by Python.
        found = self.popup()
        assert found is not None
        self.list = found
        self.list.setMinimumWidth(POPUP_WIDTH)
        # Both signals come with a text or an index; PySide6's stubs know only one of each.
        highlighted: Any = self.highlighted
        activated: Any = self.activated
        highlighted[str].connect(self.pointed_at)
        activated[str].connect(self.chosen)

    def names(self, section: str) -> list[str]:
        """Return the properties that do something for the clients of a section."""
        scopes = {"common": ("both", "producer", "consumer")}.get(section, ("both", section))
        return sorted(
            name
            for name, found in table().by_name.items()
            if found.scope in scopes and found.kind != "dedicated" and not found.deprecated
        )

    def offer(self, words: Iterable[str], typed: str) -> bool:
        """Prepare a list of the words that hold what was typed; False where it would say nothing."""
        self._words.setStringList(list(words))
        self.setCompletionPrefix(typed)
        count = self.completionCount()
        return count > 0 and not (count == 1 and self.currentCompletion() == typed)

    @staticmethod
    def value_words(name: str) -> tuple[str, ...]:
        """Return what a property takes, where that is certain words."""
        found = known(name)
        return values_of(found) if found is not None else ()


def known(name: str) -> Property | None:
    """Return a property by its name or an alias."""
    return table().by_name.get(name)


def section_at(text: str, line: int) -> str:
    """Return the section that a line of the text belongs to; 1 is the first line."""
    before = "\n".join([*text.split("\n")[: line - 1], "here = 1"])
    lines = sectioned.read(before).lines
    return lines[-1].section if lines else sectioned.SECTIONS[0]
