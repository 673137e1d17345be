"""The rail at the left: one button a page."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout, QWidget

from console.theme.theme import ThemeManager
from console.theme.tokens import Space
from console.widgets.painting import with_role

WIDTH = 76
BUTTON_HEIGHT = 62
ICON_SIZE = 22


class NavRail(QFrame):
    """Chooses the page; exactly one is chosen.

    Attributes:
        chosen: carries the key of the page.
    """

    chosen = Signal(str)

    def __init__(self, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        with_role(self, "rail")
        self.setFixedWidth(WIDTH)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, Space.S, 0, Space.S)
        self._column.setSpacing(0)
        self._column.addStretch(1)

    def add_page(self, key: str, title: str, icon: str) -> None:
        """Add a button at the end; its shortcut is Ctrl with its number."""
        number = len(self._buttons) + 1
        button = QToolButton()
        button.setProperty("role", "rail")
        button.setText(title)
        button.setToolTip(self.tr("{0} (Ctrl+{1})").format(title, number))
        button.setAccessibleName(title)
        button.setCheckable(True)
        button.setFixedSize(WIDTH, BUTTON_HEIGHT)
        button.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.clicked.connect(lambda: self.chosen.emit(key))
        self._theme.icons.set_on(button, icon, "text_muted", "text_strong")
        self._group.addButton(button)
        self._buttons[key] = button
        self._column.insertWidget(number - 1, button)

    def add_tool(self, button: QToolButton) -> None:
        """Add a small button at the bottom."""
        self._column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)

    def select(self, key: str) -> None:
        """Mark the button of a page as chosen."""
        self._buttons[key].setChecked(True)
        # Tab goes to the page in front, and the arrows from there to the others.
        for name, button in self._buttons.items():
            focus = Qt.FocusPolicy.StrongFocus if name == key else Qt.FocusPolicy.ClickFocus
            button.setFocusPolicy(focus)

    def button(self, key: str) -> QToolButton:
        """Return the button of a page."""
        return self._buttons[key]
