"""What an empty place shows: what is missing, and what to do next."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from console.context import ConsoleContext
from console.theme.tokens import Space
from console.widgets.painting import balanced_width, with_role

ICON_SIZE = 40
TEXT_WIDTH = 380


class EmptyState(QWidget):
    """An icon, a title, a sentence, and perhaps a button.

    Attributes:
        pressed: the button was pressed.
    """

    pressed = Signal()

    def __init__(
        self, context: ConsoleContext, icon: str, title: str, text: str, button: str = ""
    ) -> None:
        super().__init__()
        self._context = context
        self._icon_name = icon
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        layout.setSpacing(Space.S)
        layout.addStretch(1)
        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = QLabel(title)
        with_role(self._title, "title")
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text = QLabel(text)
        with_role(self._text, "muted")
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text.setWordWrap(True)
        self._text.setMaximumWidth(TEXT_WIDTH)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        # An alignment in the layout would take the height of one line; a row keeps that of all.
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._text, 1_000)
        row.addStretch(1)
        layout.addLayout(row)
        if button:
            action = QPushButton(button)
            action.setProperty("role", "primary")
            action.clicked.connect(self.pressed)
            layout.addWidget(action, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(2)
        self._paint_icon()
        context.theme.changed.connect(self._paint_icon)

    def set_words(self, title: str, text: str) -> None:
        """Say something else."""
        if (title, text) != (self._title.text(), self._text.text()):
            self._title.setText(title)
            self._text.setText(text)
            self._balance()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._balance()

    def _balance(self) -> None:
        widest = min(TEXT_WIDTH, self.contentsRect().width() - 2 * Space.L)
        self._text.setMaximumWidth(balanced_width(widest, self._text.heightForWidth))

    def _paint_icon(self) -> None:
        icon = self._context.theme.icons.icon(self._icon_name, "text_faint")
        self._icon.setPixmap(icon.pixmap(QSize(ICON_SIZE, ICON_SIZE)))
