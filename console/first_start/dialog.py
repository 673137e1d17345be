"""The dialog of the first start: one step after the other, or straight to work."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from console.background import in_background
from console.context import ConsoleContext
from console.first_start.assessor_step import AssessorStep
from console.first_start.broker_step import BrokerStep
from console.first_start.step import Step
from console.first_start.watch_step import WatchStep
from console.theme.tokens import Space
from console.widgets.painting import line
from console.window_texts import error_words
from pipeline.paths import APP_NAME
from pipeline.settings import Settings

WIDTH = 640
HEIGHT = 592


class FirstStart(QDialog):
    """Asks what is needed to begin; every answer has a default that works.

    Attributes:
        decided: carries the `Settings` to start with.
        skipped: the window is to stay as it is, with nothing running.
    """

    decided = Signal(object)
    skipped = Signal()

    def __init__(self, context: ConsoleContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._steps: list[Step] = [WatchStep(context), BrokerStep(context), AssessorStep(context)]
        self._decided = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Welcome to {0}").format(APP_NAME))
        self.resize(WIDTH, HEIGHT)
        self._place = QLabel()
        self._place.setProperty("role", "caption")
        self._stack = QStackedWidget()
        for step in self._steps:
            self._stack.addWidget(step)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(self._place)
        column.addWidget(self._stack, 1)
        column.addWidget(line())
        column.addLayout(self._make_buttons())
        for keys, act in (("Alt+Left", self._on_back), ("Alt+Right", self.go_on)):
            QShortcut(QKeySequence(keys), self).activated.connect(act)
        self._show(0)

    def _make_buttons(self) -> QHBoxLayout:
        self._skip = QPushButton(self.tr("Skip"))
        self._skip.setToolTip(self.tr("Change nothing and start nothing (Esc)"))
        self._skip.clicked.connect(self.reject)
        self._back = QPushButton(self.tr("Back"))
        self._back.clicked.connect(self._on_back)
        self._next = QPushButton(self.tr("Next"))
        self._next.clicked.connect(self.go_on)
        self._start = QPushButton(self.tr("Start watching"))
        self._start.setProperty("role", "primary")
        self._start.setToolTip(self.tr("Begin with these answers; the others stay as offered"))
        self._start.clicked.connect(self._on_start)
        for button in (self._skip, self._back, self._next):
            button.setAutoDefault(False)
        self._start.setDefault(True)
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self._skip)
        row.addStretch(1)
        for button in (self._back, self._next, self._start):
            row.addWidget(button)
        return row

    @property
    def step(self) -> Step:
        """The step in front."""
        return self._steps[self._stack.currentIndex()]

    def _show(self, number: int) -> None:
        self._stack.setCurrentIndex(number)
        self._place.setText(self.tr("Step {0} of {1}").format(number + 1, len(self._steps)))
        self._back.setEnabled(number > 0)
        self._next.setEnabled(number < len(self._steps) - 1)
        self.step.focus_choice()

    @Slot()
    def _on_back(self) -> None:
        if self._stack.currentIndex() > 0:
            self._show(self._stack.currentIndex() - 1)

    @Slot()
    def go_on(self) -> None:
        """Go to the next step, if this one lacks nothing."""
        problem = self.step.problem()
        self.step.show_problem(problem)
        if not problem and self._stack.currentIndex() < len(self._steps) - 1:
            self._show(self._stack.currentIndex() + 1)

    @Slot()
    def _on_start(self) -> None:
        settings: Settings = self._context.settings
        for number, step in enumerate(self._steps):
            problem = step.problem()
            step.show_problem(problem)
            if problem:
                self._show(number)
                return
            settings = step.applied(settings)
        self._prepare(list(self._steps), settings)

    def _prepare(self, left: list[Step], settings: Settings) -> None:
        """Do what must be done before the settings are kept, step by step; then begin."""
        while left:
            step = left.pop(0)
            work = step.before_kept()
            if work is None:
                continue
            self._start.setEnabled(False)
            in_background(
                self,
                work,
                lambda _done: self._prepare(left, settings),
                partial(self._on_unprepared, step),
            )
            return
        self._decide(settings)

    def _on_unprepared(self, step: Step, error: Exception) -> None:
        self._start.setEnabled(True)
        step.show_problem(error_words(error))
        self._show(self._steps.index(step))

    def _decide(self, settings: Settings) -> None:
        self._decided = True
        self.decided.emit(settings)
        self.accept()

    def done(self, result: int) -> None:
        """Close; tests under way are not waited for."""
        for step in self._steps:
            step.leave()
        if not self._decided:
            self.skipped.emit()
        super().done(result)
