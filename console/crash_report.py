"""What is known of the last run's bad end: to be read, copied, or sent to support."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console import joining, regional
from console.crash import AbruptEnd
from console.theme.fonts import mono_font
from console.theme.tokens import Space, TypeSize
from console.widgets.dialog_buttons import DialogButtons

WIDTH = 720
HEIGHT = 460


def when_started(abrupt: AbruptEnd) -> str:
    """Return when the run began that ended abruptly, as it is written in the region."""
    return regional.day_and_minutes(abrupt.started) if abrupt.started else "?"


class CrashReport(QDialog):
    """Says what happened and what to do.

    Attributes:
        export_asked: the logs are to be exported.
    """

    export_asked = Signal()

    def __init__(self, abrupt: AbruptEnd, parent: QWidget) -> None:
        """Make it of what is known of that run."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._started = when_started(abrupt)
        self._stacks = stacks = abrupt.stacks
        self.setWindowTitle(self.tr("The last run ended abruptly"))
        words = QLabel(self._words())
        words.setWordWrap(True)
        text = QPlainTextEdit(stacks)
        text.setReadOnly(True)
        text.setFont(mono_font(TypeSize.CAPTION))
        text.setAccessibleName(self.tr("What each thread was doing"))
        if not stacks:
            text.hide()
        buttons = DialogButtons(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        copy = QPushButton(self.tr("Copy details"))
        copy.clicked.connect(self._on_copy)
        export = QPushButton(self.tr("Export logs…"))
        export.setProperty("role", "primary")
        export.clicked.connect(self._on_export)
        for button in (copy, export) if stacks else (export,):
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(words)
        column.addWidget(text, 1)
        column.addWidget(buttons)
        self.resize(WIDTH, HEIGHT if stacks else column.totalHeightForWidth(WIDTH))

    def _words(self) -> str:
        if self._stacks:
            cause = self.tr("It crashed; below is what each thread was doing at that moment.")
        else:
            cause = self.tr("It was ended from outside, or the machine lost its power.")
        what = self.tr("The run that was started {0} did not end in order.").format(self._started)
        then = self.tr(
            "In a Kafka cluster, what was under way is still there and is read again; the broker "
            "inside Signalbox begins empty. If it happens again, export the logs and send them to "
            "support."
        )
        return f"{joining.one_after_another((what, cause))}\n\n{then}"

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self._words()}\n\n{self._stacks}")

    @Slot()
    def _on_export(self) -> None:
        self.accept()
        self.export_asked.emit()
