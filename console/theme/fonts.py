"""Fonts of the window: the system's own, in the sizes of the type scale, with figures that align."""

from __future__ import annotations

import sys

from PySide6.QtGui import QFont, QFontDatabase

from console.theme.tokens import TypeSize

MONOSPACED_FAMILIES = ["Cascadia Mono", "Consolas", "SF Mono", "Menlo", "DejaVu Sans Mono"]
"""Asked for in this order, so that logs look alike; the system's own fixed font comes last."""

HAN_FAMILIES = {"win32": ["Microsoft YaHei UI"], "darwin": ["PingFang SC"]}
"""Asked for where the system's font has no Chinese, so that it is not set in Japanese shapes.

None on Linux: its system font is an alias, before which Qt would take any family that is named.
"""


def _with_han(families: list[str]) -> list[str]:
    return families + HAN_FAMILIES.get(sys.platform, [])


def ui_font(pixels: int = TypeSize.LARGE, *, strong: bool = False, tabular: bool = False) -> QFont:
    """Return the system's font.

    Args:
        pixels: height, one of `TypeSize`.
        strong: semibold.
        tabular: all figures equally wide, so that numbers that change do not jitter.
    """
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setFamilies(_with_han(font.families()))
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
    font = QFont(_with_han([*families, fixed.family()]))
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setFixedPitch(True)
    font.setPixelSize(pixels)
    return font
