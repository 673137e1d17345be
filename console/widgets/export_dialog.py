"""Asks what goes into an export of logs: how far back, and which lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QWidget

from console.theme.tokens import Space
from console.widgets.dialog_buttons import DialogButtons
from pipeline.support_selection import LogSelection


class ExportDialog(QDialog):
    """Asks, and tells the answer.

    Attributes:
        chosen: carries the `LogSelection`; not emitted when the dialog is cancelled.
    """

    chosen = Signal(object)

    def __init__(self, seen: LogSelection, parent: QWidget) -> None:
        """Offer `seen`, the lines of the Logs page, beside everything."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export logs"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._seen = seen
        self._span = QComboBox()
        for text, span in (
            (self.tr("All there is"), None),
            (self.tr("The last 10 minutes"), timedelta(minutes=10)),
            (self.tr("The last hour"), timedelta(hours=1)),
            (self.tr("The last day"), timedelta(days=1)),
        ):
            self._span.addItem(text, span)
        self._lines = QComboBox()
        self._lines.addItem(self.tr("All workers and levels"), LogSelection())
        self._lines.addItem(self.tr("What I see on the Logs page"), seen)
        words = QLabel(
            self.tr("Settings, versions and figures always go in; keys and passwords never do.")
        )
        words.setWordWrap(True)
        words.setProperty("role", "muted")
        buttons = DialogButtons(QDialogButtonBox.StandardButton.Cancel)
        go_on = buttons.addButton(self.tr("Choose a file…"), QDialogButtonBox.ButtonRole.AcceptRole)
        go_on.setDefault(True)
        go_on.setProperty("role", "primary")
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        form.setSpacing(Space.M)
        form.addRow(self.tr("Time"), self._span)
        form.addRow(self.tr("Lines"), self._lines)
        form.addRow(words)
        form.addRow(buttons)

    @Slot()
    def _on_accepted(self) -> None:
        span = self._span.currentData()
        lines: LogSelection = self._lines.currentData()
        since = datetime.now() - span if span is not None else None  # noqa: DTZ005 - as the files
        self.chosen.emit(replace(lines, since=since))
        self.accept()
