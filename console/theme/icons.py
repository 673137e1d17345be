"""Icons of the window: Phosphor glyphs (through qtawesome) in the colours of the theme."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any, Final, Protocol

os.environ.setdefault("QT_API", "pyside6")

import shiboken6
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon
from qtawesome.iconic_font import IconicFont

if TYPE_CHECKING:
    from console.theme.tokens import Tokens

_FONT: Final = ("ph", "phosphor-1.3.0.ttf", "phosphor-charmap-1.3.0.json")
"""Only this one of qtawesome's twelve fonts is loaded (10 ms instead of 150)."""

BESIDE_TEXT: Final = QSize(20, 16)
"""Of an icon on a button with words: wider than the glyph, which the style sets too near to them."""


_Wanted = tuple[str, str, str]


class HasIcon(Protocol):
    """A button or action."""

    def setIcon(self, icon: QIcon, /) -> None: ...  # noqa: N802 - Qt's name


class Icons:
    """Makes icons by their Phosphor name, such as ``play-fill`` or ``warning``.

    Names are those of phosphoricons.com; ``-fill``, ``-bold``, ``-light`` and ``-duotone`` at the
    end choose the weight.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._font: Any = IconicFont(_FONT)
        self._cache: dict[_Wanted, QIcon] = {}
        self._holders: list[tuple[weakref.ref[Any], _Wanted]] = []

    def icon(self, name: str, token: str = "text_muted", checked_token: str = "") -> QIcon:
        """Return the icon `name` in the colour of `token`, for the theme of this moment.

        Args:
            name: the glyph.
            token: its colour.
            checked_token: its colour on a button that is checked; empty for the same.

        Raises:
            Exception: there is no such glyph (qtawesome's own error names it).
        """
        key = (name, token, checked_token or token)
        if key not in self._cache:
            self._cache[key] = self._font.icon(
                f"ph.{name}",
                color=self._tokens.color(token),
                color_on=self._tokens.color(checked_token or token),
                color_disabled=self._tokens.text_faint,
                color_selected=self._tokens.color(token),
            )
        return self._cache[key]

    def set_on(
        self, holder: HasIcon, name: str, token: str = "text_muted", checked_token: str = ""
    ) -> None:
        """Give `holder` an icon that follows the theme from now on; replaces the one before."""
        self._holders = [
            entry for entry in self._holders if entry[0]() is not None and entry[0]() is not holder
        ]
        wanted = (name, token, checked_token)
        self._holders.append((weakref.ref(holder), wanted))
        holder.setIcon(self.icon(*wanted))

    def retheme(self, tokens: Tokens) -> None:
        """Take the colours of another theme; all icons set by `set_on` change with it."""
        self._tokens = tokens
        self._cache.clear()
        for reference, wanted in self._holders:
            holder = reference()
            if holder is not None and shiboken6.isValid(holder):
                holder.setIcon(self.icon(*wanted))
