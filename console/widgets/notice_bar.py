"""A line across the window that tells something that must not be missed, until it is dismissed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Slot
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
        self._theme, self._level = theme, level
        icon = self._icon = QLabel()
        self._paint_icon()
        theme.changed.connect(self._paint_icon)
        words = self._words = QLabel(text)
        self._in_language_of_now: list[Callable[[], None]] = []
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setWordWrap(True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.S, Space.S, Space.S)
        row.setSpacing(Space.S)
        row.addWidget(icon)
        row.addWidget(words, 1)
        self._copy = QPushButton()
        self._copy.clicked.connect(self._on_copy)
        row.addWidget(self._copy)
        self._copy.setVisible(bool(details))
        self._dismiss = QToolButton()
        theme.icons.set_on(self._dismiss, "x")
        self._dismiss.clicked.connect(self.deleteLater)
        row.addWidget(self._dismiss)
        self.setAccessibleName(text)
        self._show_words()

    def keep_said(self, words: Callable[[], str]) -> None:
        """Have the text asked for again whenever the language changes."""

        def say() -> None:
            self._words.setText(words())
            self.setAccessibleName(words())

        self._in_language_of_now.append(say)

    def add_action(self, words: Callable[[], str], act: Callable[[], object]) -> None:
        """Offer what can be done about it; `words` name it in the language of now."""
        button = QPushButton(words())
        self._in_language_of_now.append(lambda: button.setText(words()))
        button.clicked.connect(lambda _checked: act())
        row = self.layout()
        assert isinstance(row, QHBoxLayout)
        row.insertWidget(row.count() - 2, button)

    @Slot()
    def _paint_icon(self) -> None:
        icon = self._theme.icons.icon(ICONS[self._level], level_token(self._level))
        self._icon.setPixmap(icon.pixmap(16, 16))

    def _show_words(self) -> None:
        self._copy.setText(self.tr("Copy details"))
        self._dismiss.setToolTip(self.tr("Dismiss"))
        self._dismiss.setAccessibleName(self.tr("Dismiss"))

    def changeEvent(self, event: QEvent) -> None:
        """A notice outlives a change of the language; what it tells is kept said by who told it."""
        if event.type() is QEvent.Type.LanguageChange:
            self._show_words()
            for say in self._in_language_of_now:
                say()
        super().changeEvent(event)

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details)
