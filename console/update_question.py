"""Asks whether there is a newer version, when told to, and says so with a link; installs nothing."""

from __future__ import annotations

import html
from collections.abc import Callable

from loguru import logger
from PySide6.QtCore import QCoreApplication, QObject, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from console.background import in_background
from console.theme.tokens import Space
from console.window_texts import shown
from pipeline import updates
from pipeline.texts import words_of
from pipeline.updates import Update

translate = QCoreApplication.translate


def update_words(update: Update) -> str:
    """Return what was found, for people."""
    if update.is_newer:
        text = translate("Updates", "Version {0} is there. Get it from whoever gave you this one.")
        return text.format(update.version)
    return translate("Updates", "This is the newest version.")


class UpdateQuestion(QWidget):
    """A button that asks, and the answer beside it."""

    def __init__(self, url: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._url = url
        self._button = QPushButton(self.tr("Check for updates"))
        self._button.setEnabled(bool(url))
        self._button.clicked.connect(self._ask)
        self._answer = QLabel()
        self._answer.setWordWrap(True)
        self._answer.setOpenExternalLinks(True)
        self._answer.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        if not url:
            self._answer.setText(self.tr("No address to ask is set (Settings › Updates)."))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.M)
        row.addWidget(self._button)
        row.addWidget(self._answer, 1)

    @Slot()
    def _ask(self) -> None:
        self._button.setEnabled(False)
        self._answer.setText(self.tr("Asking…"))
        in_background(self, lambda: updates.look(self._url), self._show, self._on_failed)

    def _show(self, update: Update) -> None:
        self._button.setEnabled(True)
        text = html.escape(update_words(update))
        if update.is_newer and update.url:
            link = html.escape(update.url, quote=True)
            text = f'{text} <a href="{link}">{link}</a>'
        self._answer.setText(text)

    def _on_failed(self, error: Exception) -> None:
        self._button.setEnabled(True)
        self._answer.setText(
            html.escape(self.tr("It could not be found out. {0}").format(shown(words_of(error))))
        )


def ask_at_start(owner: QObject, url: str, tell: Callable[[Callable[[], str], str], None]) -> None:
    """Ask once, beside the start; `tell` gets words and link if there is a newer version."""

    def show(update: Update) -> None:
        if update.is_newer:
            tell(lambda: update_words(update), update.url)

    in_background(
        owner,
        lambda: updates.look(url),
        show,
        lambda error: logger.info("whether there is a newer version is not known: {}", error),
    )
