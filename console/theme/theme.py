"""The theme in use: applies Fusion, palette and stylesheet, follows the system by default."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from console.theme.fonts import ui_font
from console.theme.icons import Icons
from console.theme.stylesheet import palette, stylesheet
from console.theme.tokens import THEMES, ThemeName, Tokens, TypeSize

ThemeMode = Literal["system", "dark", "light"]


class ThemeManager(QObject):
    """Owns the look of the application.

    Attributes:
        changed: the tokens are others now; widgets that paint themselves update.
        icons: icons in the colours of the theme.
    """

    changed = Signal()

    def __init__(self, app: QApplication, mode: ThemeMode = "system") -> None:
        super().__init__(app)
        self._app = app
        self._mode: ThemeMode = mode
        app.setStyle("Fusion")
        app.setFont(ui_font(TypeSize.LARGE))
        self._set_scheme()
        self._tokens = THEMES[self._wanted()]
        self.icons = Icons(self._tokens)
        self._apply()
        app.styleHints().colorSchemeChanged.connect(self._on_system_changed)

    @property
    def tokens(self) -> Tokens:
        """The colours in use."""
        return self._tokens

    @property
    def mode(self) -> ThemeMode:
        """What was chosen: a theme, or to follow the system."""
        return self._mode

    def color(self, token: str) -> QColor:
        """Return a colour of the theme in use by the name of its token."""
        return QColor(self._tokens.color(token))

    def set_mode(self, mode: ThemeMode) -> None:
        """Choose a theme, or to follow the system."""
        self._mode = mode
        self._set_scheme()
        self._follow()

    def follow_language(self) -> None:
        """Use the font of the language in use, for widgets that are made from now on."""
        self._app.setFont(ui_font(TypeSize.LARGE))

    def _set_scheme(self) -> None:
        """Tell the platform, which paints title bars and native dialogs."""
        scheme = {
            "system": Qt.ColorScheme.Unknown,
            "dark": Qt.ColorScheme.Dark,
            "light": Qt.ColorScheme.Light,
        }[self._mode]
        self._app.styleHints().setColorScheme(scheme)

    def _wanted(self) -> ThemeName:
        if self._mode != "system":
            return self._mode
        light = self._app.styleHints().colorScheme() is Qt.ColorScheme.Light
        return "light" if light else "dark"

    def _on_system_changed(self) -> None:
        self._follow()

    def _follow(self) -> None:
        tokens = THEMES[self._wanted()]
        if tokens is self._tokens:
            return
        self._tokens = tokens
        self.icons.retheme(tokens)
        self._apply()
        self.changed.emit()

    def _apply(self) -> None:
        self._app.setPalette(palette(self._tokens))
        self._app.setStyleSheet(stylesheet(self._tokens))
