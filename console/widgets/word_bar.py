"""A row of tool buttons that leave their words away where there is no room for all of them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from console.theme.tokens import Space


class WordBar(QWidget):
    """Holds buttons with icon and word; a word cut in two says less than the icon alone.

    Attributes:
        row: where the buttons go.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted = 0
        self._is_narrow = False
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(Space.XS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return done

    def _fit(self) -> None:
        if not self._is_narrow:
            self._wanted = self.row.sizeHint().width()
        narrow = self.width() < self._wanted
        if narrow is self._is_narrow:
            return
        self._is_narrow = narrow
        style = Qt.ToolButtonStyle
        for button in self.findChildren(QToolButton):
            if button.text():
                button.setToolButtonStyle(
                    style.ToolButtonIconOnly if narrow else style.ToolButtonTextBesideIcon
                )
