"""Icons of the window: Phosphor glyphs (through qtawesome) in the colours of the theme."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any, Final, Protocol

os.environ.setdefault("QT_API", "pyside6")

from PySide6.QtGui import QIcon
from qtawesome.iconic_font import IconicFont

if TYPE_CHECKING:
    from console.theme.tokens import Tokens

_FONT: Final = ("ph", "phosphor-1.3.0.ttf", "phosphor-charmap-1.3.0.json")
"""Only this one of qtawesome's twelve fonts is loaded (10 ms instead of 150)."""


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
        self._cache: dict[tuple[str, str], QIcon] = {}
        self._holders: list[tuple[weakref.ref[Any], str, str]] = []

    def icon(self, name: str, token: str = "text_muted") -> QIcon:
        """Return the icon `name` in the colour of `token`, for the theme of this moment.

        Raises:
            Exception: there is no such glyph (qtawesome's own error names it).
        """
        key = (name, token)
        if key not in self._cache:
            self._cache[key] = self._font.icon(
                f"ph.{name}",
                color=self._tokens.color(token),
                color_disabled=self._tokens.text_faint,
                color_selected=self._tokens.color(token),
            )
        return self._cache[key]

    def set_on(self, holder: HasIcon, name: str, token: str = "text_muted") -> None:
        """Give `holder` an icon that follows the theme from now on; replaces the one before."""
        self._holders = [
            entry for entry in self._holders if entry[0]() is not None and entry[0]() is not holder
        ]
        self._holders.append((weakref.ref(holder), name, token))
        holder.setIcon(self.icon(name, token))

    def retheme(self, tokens: Tokens) -> None:
        """Take the colours of another theme; all icons set by `set_on` change with it."""
        self._tokens = tokens
        self._cache.clear()
        for reference, name, token in self._holders:
            holder = reference()
            if holder is not None and not _is_deleted(holder):
                holder.setIcon(self.icon(name, token))


def _is_deleted(holder: object) -> bool:
    import shiboken6

    return not shiboken6.isValid(holder)
