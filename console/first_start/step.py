"""What the steps of the first start have in common: one choice of several, some with fields."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QLabel, QRadioButton, QVBoxLayout, QWidget

from console.theme.tokens import Space
from pipeline.settings import Settings

INDENT = 24
"""Fields begin where the words of their choice do."""


class Step(QWidget):
    """One question.

    Attributes:
        question: what is asked, a few words.
        changed: another choice, or something was typed.
    """

    changed = Signal()

    def __init__(self, question: str, explanation: str) -> None:
        super().__init__()
        self.question = question
        self._group = QButtonGroup(self)
        self._bodies: list[QWidget | None] = []
        self._problem = QLabel()
        self._problem.setProperty("role", "status")
        self._problem.setProperty("level", "danger")
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setWordWrap(True)
        heading = QLabel(question)
        heading.setProperty("role", "title")
        words = QLabel(explanation)
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(Space.S)
        self._column.addWidget(heading)
        self._column.addWidget(words)
        self._column.addSpacing(Space.S)
        self._group.idToggled.connect(self._on_toggled)

    def add_choice(self, text: str, hint: str, body: QWidget | None = None) -> QRadioButton:
        """Add an answer; its fields show while it is chosen."""
        button = QRadioButton(text)
        button.setAccessibleDescription(hint)
        self._group.addButton(button, len(self._bodies))
        self._bodies.append(body)
        below = QLabel(hint)
        below.setProperty("role", "caption")
        below.setWordWrap(True)
        below.setContentsMargins(INDENT, 0, 0, 0)
        if self._group.id(button):
            self._column.addSpacing(Space.S)
        self._column.addWidget(button)
        self._column.addWidget(below)
        if body is not None:
            body.setContentsMargins(INDENT, 0, 0, 0)
            body.hide()
            self._column.addWidget(body)
        return button

    def end(self) -> None:
        """Close the list of choices; the first one is chosen."""
        self._column.addWidget(self._problem)
        self._column.addStretch(1)
        self._group.button(0).setChecked(True)

    @property
    def chosen(self) -> int:
        """Number of the choice, in the order in which they were added."""
        return self._group.checkedId()

    def choose(self, number: int) -> None:
        """Choose an answer."""
        self._group.button(number).setChecked(True)

    def focus_choice(self) -> None:
        """Have the arrow keys choose at once: the focus is on the answer that is chosen."""
        chosen = self._group.checkedButton()
        if chosen is not None:
            chosen.setFocus(Qt.FocusReason.TabFocusReason)

    def _on_toggled(self, number: int, on: bool) -> None:
        body = self._bodies[number]
        if body is not None:
            body.setVisible(on)
        if on:
            self.show_problem("")
            self.changed.emit()

    @property
    def words_of_problem(self) -> str:
        """What `show_problem` was told last."""
        return self._problem.text()

    def show_problem(self, text: str) -> None:
        """Say what is missing; empty for nothing."""
        self._problem.setText(text)

    def problem(self) -> str:
        """Return what is missing for the choice; empty when it can be used."""
        return ""

    def applied(self, settings: Settings) -> Settings:
        """Return the settings with the choice put in; only called without a `problem`."""
        return settings

    def before_kept(self) -> Callable[[], None] | None:
        """Return work that may block and must be done before the settings are kept; None for none.

        What goes wrong there is shown with its `next_step`.
        """
        return None

    def leave(self) -> None:
        """Stop what is under way, such as a test; the dialog closes."""
