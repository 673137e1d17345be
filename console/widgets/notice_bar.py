"""A line across the window that tells something that must not be missed, until it is dismissed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from console.supervision.wording import Level, level_token
from console.theme.theme import ThemeManager
from console.theme.tokens import Space
from console.widgets.painting import with_role

ICONS: dict[Level, str] = {
    "info": "info",
    "warning": "warning",
    "danger": "warning-octagon",
    "ok": "check-circle",
    "off": "info",
}


class NoticeBar(QFrame):
    """One notice; deletes itself when it is dismissed."""

    def __init__(
        self,
        theme: ThemeManager,
        level: Level,
        text: str,
        details: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """Show `text`; where there are `details`, a button copies them."""
        super().__init__(parent)
        self._details = details
        with_role(self, "notice", level)
        icon = QLabel()
        icon.setPixmap(theme.icons.icon(ICONS[level], level_token(level)).pixmap(16, 16))
        words = QLabel(text)
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setWordWrap(True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.S, Space.S, Space.S)
        row.setSpacing(Space.S)
        row.addWidget(icon)
        row.addWidget(words, 1)
        if details:
            copy = QPushButton(self.tr("Copy details"))
            copy.clicked.connect(self._on_copy)
            row.addWidget(copy)
        dismiss = QToolButton()
        theme.icons.set_on(dismiss, "x")
        dismiss.setToolTip(self.tr("Dismiss"))
        dismiss.setAccessibleName(self.tr("Dismiss"))
        dismiss.clicked.connect(self.deleteLater)
        row.addWidget(dismiss)
        self.setAccessibleName(text)

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details)
