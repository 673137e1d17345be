"""About: versions and licences of Signalbox and of everything that ships with it."""

from __future__ import annotations

from importlib import metadata
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.background import in_background
from console.theme.tokens import Space
from console.update_question import UpdateQuestion
from console.widgets.dialog_buttons import DialogButtons
from console.widgets.value_table import ValueTable
from console.window_texts import said
from pipeline import __version__
from pipeline.paths import APP_NAME

WIDTH: Final = 640
HEIGHT: Final = 480
LONGEST_LICENCE: Final = 60
"""Some packages put their whole licence into the field; its first line names it."""

Row = tuple[str, str, str]


def shipped() -> list[Row]:
    """Return name, version and licence of every installed package; reads files.

    The licence is what the package itself declares: the SPDX expression where it has one, then the
    licence field, then the classifier.
    """
    rows = {}
    for package in metadata.distributions():
        name = package.metadata["Name"]
        if name:
            rows[name.lower()] = (name, package.version, _licence(package.metadata))
    return [rows[name] for name in sorted(rows)]


def _licence(about: metadata.PackageMetadata) -> str:
    def all_of(field: str) -> list[str]:
        return [str(text) for text in about.get_all(field) or []]

    for text in (*all_of("License-Expression"), *all_of("License")):
        first = text.strip().splitlines()[:1]
        if first and len(first[0]) <= LONGEST_LICENCE and first[0] != "UNKNOWN":
            return first[0]
    classifiers = [text for text in all_of("Classifier") if text.startswith("License ::")]
    return ", ".join(text.rsplit(" :: ", 1)[-1] for text in classifiers) or "–"


class AboutDialog(QDialog):
    """Shows them; closed by Esc."""

    def __init__(self, parent: QWidget, updates_url: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Signalbox"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(WIDTH, HEIGHT)
        self._rows: list[Row] = []
        name = QLabel(f"{APP_NAME} {__version__}")
        name.setProperty("role", "title")
        self._words = QLabel(self.tr("Reading what is installed…"))
        self._words.setWordWrap(True)
        self._table = ValueTable(
            [self.tr("Package"), self.tr("Version"), self.tr("Licence")], numbers_from=3, stretch=2
        )
        self._table.setAccessibleName(self.tr("Packages and their licences"))
        buttons = DialogButtons(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        self._copy = QPushButton(self.tr("Copy all"))
        self._copy.setEnabled(False)
        self._copy.clicked.connect(self._on_copy)
        buttons.addButton(self._copy, QDialogButtonBox.ButtonRole.ActionRole)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.M)
        for widget in (name, UpdateQuestion(updates_url), self._words, self._table, buttons):
            column.addWidget(widget, 1 if widget is self._table else 0)
        in_background(self, shipped, self._show, self._on_failed)

    def _show(self, rows: list[Row]) -> None:
        self._rows = rows
        self._words.setText(
            self.tr("These packages are installed for Signalbox; each names its own licence.")
        )
        self._table.set_rows(rows)
        self._copy.setEnabled(True)

    def _on_failed(self, error: Exception) -> None:
        self._words.setText(self.tr("The packages cannot be read: {0}").format(said(error)))

    @Slot()
    def _on_copy(self) -> None:
        lines = [f"{APP_NAME} {__version__}", *("\t".join(row) for row in self._rows)]
        QGuiApplication.clipboard().setText("\n".join(lines))
