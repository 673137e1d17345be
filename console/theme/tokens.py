"""The token table: every colour, distance and type size of the window, for both themes.

Pure: no Qt. Colours are ``#rrggbb``; lengths are device-independent pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Literal

ThemeName = Literal["dark", "light"]

MIN_CONTRAST = 4.5
"""WCAG 2.1 level AA for text of ordinary size (success criterion 1.4.3)."""


class Space:
    """Distances on the 4-px grid."""

    XS: Final = 4
    S: Final = 8
    M: Final = 12
    L: Final = 16
    XL: Final = 24


class Radius:
    """Corner radii."""

    S: Final = 4
    M: Final = 6
    L: Final = 8
    PILL: Final = 13


class TypeSize:
    """The type scale, in pixels."""

    CAPTION: Final = 11
    BODY: Final = 12
    LARGE: Final = 13
    TITLE: Final = 15
    HEADING: Final = 20


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one theme.

    Attributes:
        name: which theme.
        background: behind pages; `sunken` lies lower (log, wells, fields), `panel` beside it
            (navigation rail, lists), `surface` above it (top bar, status bar), `raised` above all
            (cards, menus), `control` is a button, `hover` one under the pointer, `selected` the
            chosen row or page.
        border, border_strong: lines between surfaces; around cards and controls.
        text, text_strong, text_muted, text_faint: by importance; all readable on every surface.
        ok, warning, danger, info: status colours, readable as text on every surface.
        on_ok, on_warning, on_danger, on_info: text upon these colours as a filling.
        accent: the chosen thing; `focus` the ring around what the keyboard acts upon.
        primary, primary_border, on_primary: the main button; `danger_*` the one that stops.
        scrim, on_scrim: behind texts over pictures, and those texts; alike in both themes, as are
            `overlay_*`, the colours of what is drawn over pictures, and `on_overlay` upon them.
        chart: line colours of charts, told apart by their order.
    """

    name: ThemeName
    background: str
    sunken: str
    panel: str
    surface: str
    raised: str
    control: str
    hover: str
    selected: str
    border: str
    border_strong: str
    text: str
    text_strong: str
    text_muted: str
    text_faint: str
    ok: str
    on_ok: str
    warning: str
    on_warning: str
    danger: str
    on_danger: str
    info: str
    on_info: str
    accent: str
    focus: str
    primary: str
    primary_hover: str
    primary_border: str
    on_primary: str
    danger_control: str
    danger_hover: str
    danger_border: str
    on_danger_control: str
    scrim: str
    on_scrim: str
    overlay_ok: str
    overlay_warning: str
    overlay_danger: str
    overlay_info: str
    on_overlay: str
    chart: tuple[str, ...]

    def color(self, token: str) -> str:
        """Return a colour by the name of its token.

        Raises:
            KeyError: there is no colour of that name.
        """
        if token not in COLOR_NAMES:
            raise KeyError(token)
        value: str = getattr(self, token)
        return value


COLOR_NAMES: Final = frozenset(field.name for field in fields(Tokens)) - {"name", "chart"}
SURFACES: Final = ("background", "sunken", "panel", "surface", "raised", "selected")
TEXTS: Final = (
    "text",
    "text_strong",
    "text_muted",
    "text_faint",
    "ok",
    "warning",
    "danger",
    "info",
)
FILLINGS: Final = {
    "ok": "on_ok",
    "warning": "on_warning",
    "danger": "on_danger",
    "info": "on_info",
    "primary": "on_primary",
    "primary_hover": "on_primary",
    "danger_control": "on_danger_control",
    "danger_hover": "on_danger_control",
    "control": "text",
    "hover": "text",
    "scrim": "on_scrim",
    "overlay_ok": "on_overlay",
    "overlay_warning": "on_overlay",
    "overlay_danger": "on_overlay",
    "overlay_info": "on_overlay",
}
"""Fillings, and the token of the text that stands upon them."""

DARK: Final = Tokens(
    name="dark",
    background="#171b21",
    sunken="#12161a",
    panel="#181d23",
    surface="#1b2027",
    raised="#1f262e",
    control="#2b333d",
    hover="#343e4a",
    selected="#222a32",
    border="#2a313a",
    border_strong="#3a4653",
    text="#d7dde4",
    text_strong="#f6f6f7",
    text_muted="#9fb0c0",
    text_faint="#8795a3",
    ok="#3ecf8e",
    on_ok="#08170f",
    warning="#f2b84b",
    on_warning="#1d1404",
    danger="#f47174",
    on_danger="#220506",
    info="#6aa9f4",
    on_info="#061325",
    accent="#3ecf8e",
    focus="#7cc4ff",
    primary="#2c7a58",
    primary_hover="#27704f",
    primary_border="#3ecf8e",
    on_primary="#ffffff",
    danger_control="#3a2a2c",
    danger_hover="#4a3033",
    danger_border="#8d4a4d",
    on_danger_control="#f3d9da",
    scrim="#0b0e11",
    on_scrim="#f6f6f7",
    overlay_ok="#3ecf8e",
    overlay_warning="#f2b84b",
    overlay_danger="#f2666a",
    overlay_info="#6aa9f4",
    on_overlay="#0d1013",
    chart=("#3ecf8e", "#6aa9f4", "#f2b84b", "#d58df0", "#f47174", "#59d0d6"),
)

LIGHT: Final = Tokens(
    name="light",
    background="#f3f5f8",
    sunken="#fbfcfd",
    panel="#eef1f5",
    surface="#ffffff",
    raised="#ffffff",
    control="#ffffff",
    hover="#e9edf2",
    selected="#e2e8ef",
    border="#dbe1e8",
    border_strong="#b9c3ce",
    text="#1f2833",
    text_strong="#0b1016",
    text_muted="#4b5866",
    text_faint="#566371",
    ok="#0b6b43",
    on_ok="#ffffff",
    warning="#7d5200",
    on_warning="#ffffff",
    danger="#b3262b",
    on_danger="#ffffff",
    info="#1a5bb0",
    on_info="#ffffff",
    accent="#0b6b43",
    focus="#1a5bb0",
    primary="#0f7a4e",
    primary_hover="#0c6842",
    primary_border="#0c6842",
    on_primary="#ffffff",
    danger_control="#fdeeee",
    danger_hover="#fae0e0",
    danger_border="#e0a5a7",
    on_danger_control="#8c1d21",
    scrim="#0b0e11",
    on_scrim="#f6f6f7",
    overlay_ok="#3ecf8e",
    overlay_warning="#f2b84b",
    overlay_danger="#f2666a",
    overlay_info="#6aa9f4",
    on_overlay="#0d1013",
    chart=("#0b6b43", "#1a5bb0", "#a36a00", "#7c3aa8", "#b3262b", "#0a6f78"),
)

THEMES: Final[dict[ThemeName, Tokens]] = {"dark": DARK, "light": LIGHT}


def luminance(color: str) -> float:
    """Return the relative luminance (0..1) of ``#rrggbb``, after WCAG 2.1."""
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio (1..21) of two colours, after WCAG 2.1."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
