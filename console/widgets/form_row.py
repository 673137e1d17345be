"""One line of a form: name, field, help, and what is wrong with what was typed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QWidget

from console.theme.tokens import Space
from console.widgets.balanced_label import BalancedLabel
from console.widgets.painting import set_property
from console.window_texts import quoted

NAME_WIDTH = 168
QWIDGETSIZE_MAX = 16_777_215
"""Qt's own limit, by which a widget without one is told."""


class FormRow(QWidget):
    """Carries a field; its problem takes the place of the help."""

    def __init__(
        self, name: str, field: QWidget, help_text: str = "", beside: QWidget | None = None
    ) -> None:
        """Make a row.

        Args:
            name: of the field, for people.
            field: what is typed or chosen into.
            help_text: what it is for, in a sentence.
            beside: to the right of the field, such as a button.
        """
        super().__init__()
        self._field = field
        help_text = quoted(help_text)
        self._help_text = help_text
        label = QLabel(name)
        label.setFixedWidth(NAME_WIDTH)
        label.setWordWrap(True)
        label.setBuddy(field)
        field.setAccessibleName(name)
        field.setAccessibleDescription(help_text)
        self._below = BalancedLabel(help_text)
        self._below.setProperty("role", "caption")
        # Only ever hidden here: to show what has no parent yet would open a window for a blink.
        if not help_text:
            self._below.hide()
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(field)
        if beside is not None:
            # So aligned it does not hold the field down to its own height.
            row.addWidget(beside, 0, Qt.AlignmentFlag.AlignVCenter)
        if field.maximumWidth() < QWIDGETSIZE_MAX:
            row.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, Space.XS)
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(2)
        grid.addWidget(label, 0, 0)
        grid.addLayout(row, 0, 1)
        grid.addWidget(self._below, 1, 1)
        grid.setColumnStretch(1, 1)

    def set_problem(self, text: str) -> None:
        """Say what is wrong; empty when nothing is."""
        self._below.setText(text or self._help_text)
        self._below.setVisible(bool(text or self._help_text))
        set_property(self._below, "role", "status" if text else "caption")
        set_property(self._below, "level", "danger" if text else "")
        self._field.setAccessibleDescription(text or self._help_text)
        if isinstance(self._field, QLineEdit):
            set_property(self._field, "level", "danger" if text else "")

    @property
    def problem(self) -> str:
        """What is wrong; empty when nothing is."""
        return self._below.text() if self._below.property("level") == "danger" else ""
