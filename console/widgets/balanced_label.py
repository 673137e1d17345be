"""A text of several lines that are about equally long: no single word is left for the last."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from console.widgets.painting import balanced_width

FAR: Final = 100_000
"""Higher than any text, pixels."""


class BalancedLabel(QLabel):
    """As high as a label of its width would be; its lines end where all of them can."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._left_free = 0
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        super().setText(text)
        self._balance()

    def heightForWidth(self, width: int) -> int:
        # What is left free was found for the width of before.
        return super().heightForWidth(width + self._left_free)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._balance()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._balance()

    def _balance(self) -> None:
        room, text, metrics = self.width(), self.text(), self.fontMetrics()
        flags = Qt.TextFlag.TextWordWrap

        def height(width: int) -> int:
            return metrics.boundingRect(QRect(0, 0, width, FAR), flags, text).height()

        takes_one = metrics.horizontalAdvance(text) <= room
        left_free = 0 if takes_one else room - balanced_width(room, height)
        if left_free != self._left_free:
            self._left_free = left_free
            self.setContentsMargins(0, 0, left_free, 0)
