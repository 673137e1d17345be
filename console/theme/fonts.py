"""Fonts of the window: the system's own, in the sizes of the type scale, with figures that align."""

from __future__ import annotations

import sys
from functools import cache
from typing import Final

from PySide6.QtGui import QFont, QFontDatabase, QFontInfo

from console import i18n
from console.theme.tokens import TypeSize

MONOSPACED_FAMILIES = ["Cascadia Mono", "Consolas", "SF Mono", "Menlo", "DejaVu Sans Mono"]
"""Asked for in this order, so that logs look alike; the system's own fixed font comes last."""

HAN_FAMILIES = {
    "win32": ["Microsoft YaHei UI"],
    "darwin": ["PingFang SC"],
    "linux": ["Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei"],
}
"""Asked for where the system's font has no Chinese, so that it is not set in Japanese shapes."""

HAN_FIRST: Final = {"zh_CN"}
"""Languages whose own font sets the Latin words, too: another one's lines are of another height,
and words of both kinds beside each other would stand at different heights."""


@cache
def _han_families() -> list[str]:
    """Return those that are installed: on Linux, none need be."""
    return [name for name in HAN_FAMILIES.get(sys.platform, []) if QFontDatabase.hasFamily(name)]


def ui_font(pixels: int = TypeSize.LARGE, *, strong: bool = False, tabular: bool = False) -> QFont:
    """Return the system's font; in a Chinese window, that of Chinese texts.

    Args:
        pixels: height, one of `TypeSize`.
        strong: semibold.
        tabular: all figures equally wide, so that numbers that change do not jitter.
    """
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    if _han_families():
        # By its real name: before an alias, as Linux has for its font, Qt takes any family named.
        own, han = [QFontInfo(font).family()], _han_families()
        font.setFamilies([*han, *own] if i18n.current() in HAN_FIRST else [*own, *han])
    font.setPixelSize(pixels)
    if strong:
        font.setWeight(QFont.Weight.DemiBold)
    if tabular:
        set_tabular(font)
    return font


def set_tabular(font: QFont) -> None:
    """Make the figures of `font` equally wide, where the font can do so."""
    font.setFeature(QFont.Tag("tnum"), 1)


def mono_font(pixels: int = TypeSize.BODY) -> QFont:
    """Return a font whose characters are all equally wide."""
    fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    installed = set(QFontDatabase.families())
    families = [family for family in MONOSPACED_FAMILIES if family in installed]
    font = QFont([*families, QFontInfo(fixed).family(), *_han_families()])
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setFixedPitch(True)
    font.setPixelSize(pixels)
    return font
