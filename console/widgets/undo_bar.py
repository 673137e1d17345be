"""Says what was just done and offers to undo it, for a while."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from console.theme.tokens import Space
from console.widgets.painting import with_role

SHOWN_MS = 15_000


class UndoBar(QFrame):
    """Hidden until something was done."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        with_role(self, "notice", "ok")
        self._undo: Callable[[], None] | None = None
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        # Takes the room there is: a long text must not make the column around it wider.
        self._text.setWordWrap(True)
        self._text.setMinimumWidth(1)
        self._button = QPushButton(self.tr("Undo"))
        self._button.setToolTip(self.tr("Undo (Ctrl+Z)"))
        self._button.clicked.connect(self.undo)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_MS)
        self._timer.timeout.connect(self._on_over)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.XS, Space.S, Space.XS)
        row.setSpacing(Space.M)
        row.addWidget(self._text, 1)
        row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def listen(self, place: QWidget) -> None:
        """Undo by its key while `place` is in sight, wherever in the window the focus is.

        What was just done may have hidden the button that had the focus.
        """
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), place)
        shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
        shortcut.activated.connect(self.undo)

    def offer(self, text: str, undo: Callable[[], None]) -> None:
        """Say `text`; `undo` takes back what it tells of."""
        self._undo = undo
        self._text.setText(text)
        self._button.show()
        self.setAccessibleName(text)
        self.show()
        self._timer.start()

    def tell(self, text: str) -> None:
        """Say something that cannot be undone."""
        self._undo = None
        self._text.setText(text)
        self._button.hide()
        self.setAccessibleName(text)
        self.show()
        self._timer.start()

    @Slot()
    def _on_over(self) -> None:
        """What is not offered any more is not done by a key, either: it would come as a surprise."""
        self._undo = None
        self.hide()

    @Slot()
    def undo(self) -> None:
        """Take back what was done last; nothing when there is nothing to take back."""
        undo, self._undo = self._undo, None
        self.hide()
        if undo is not None:
            undo()
