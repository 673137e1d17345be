"""Changes the language of the window while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication, QDialog

from console import i18n
from console.theme.theme import ThemeManager

if TYPE_CHECKING:
    from console.main_window import MainWindow

LOOK_MS: Final = 100


class LanguageChange(QObject):
    """Has the window made anew in the language wanted, as soon as no dialog or menu is open.

    Settings may be applied while one is: writing their file takes a moment. It would be left in the
    language before, and gone with what was typed into it where its page is made anew.
    """

    def __init__(self, window: MainWindow, theme: ThemeManager) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        self._wanted = ""
        self._looking = QTimer(self)
        self._looking.setInterval(LOOK_MS)
        self._looking.timeout.connect(self._look)

    @property
    def is_waiting(self) -> bool:
        """Whether a change waits for a dialog or a menu to be closed."""
        return self._looking.isActive()

    @Slot(str)
    def follow(self, wanted: str) -> None:
        """Change to the language `wanted`, a code or ``system``, now or in a moment."""
        self._wanted = wanted
        self._look()

    @Slot()
    def _look(self) -> None:
        if is_anything_open():
            self._looking.start()
            return
        self._looking.stop()
        before = i18n.current()
        if i18n.install(self._wanted) != before:
            self._theme.follow_language()
            # Not at once: the page or menu that asked for it is still at work.
            QTimer.singleShot(0, self._window.retranslate)


def is_anything_open() -> bool:
    """Whether a dialog or a menu is in front of a window."""
    if QApplication.activePopupWidget() is not None:
        return True
    tops = QApplication.topLevelWidgets()
    return any(isinstance(widget, QDialog) and widget.isVisible() for widget in tops)
