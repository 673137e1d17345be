"""One worker on the track diagram: state, uptime, four figures, and its buttons."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from console import joining
from console.figures import Figures
from console.plain_text import plain_tooltip
from console.supervision.status import WorkerStatus
from console.supervision.wording import LEVELS, clock, level_token, state_word, worker_title
from console.theme.theme import ThemeManager
from console.theme.tokens import Space, TypeSize
from console.widgets.card_figures import card_figures
from console.widgets.elided_label import ElidedLabel
from console.widgets.figure_grid import FigureGrid
from console.widgets.painting import set_property
from console.widgets.status_lamp import StatusLamp
from console.window_texts import shown
from pipeline.states import ENDED, WorkerName, WorkerState

WIDTH = 204
ICON_SIZE = 16
GLYPH_INSET = 7
"""From a button's edge to the glyph in it, pixels."""


class WorkerCard(QFrame):
    """Shows one worker; every button only asks, the controller decides.

    Attributes:
        opened: the card was clicked: show all there is about the worker.
        start_asked, stop_asked, restart_asked, log_asked: its buttons; all carry the `WorkerName`.
    """

    opened = Signal(object)
    start_asked = Signal(object)
    stop_asked = Signal(object)
    restart_asked = Signal(object)
    log_asked = Signal(object)

    def __init__(
        self,
        status: WorkerStatus,
        figures: Figures,
        theme: ThemeManager,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._status = status
        self._figures = figures
        self._theme = theme
        self._stops = False
        self.setProperty("role", "card")
        self.setProperty("level", "off")
        self.setFixedWidth(WIDTH)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._lamp = StatusLamp(theme)
        self._title = ElidedLabel(theme, size=TypeSize.LARGE, token="text_strong", strong=True)
        self._title.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._title.set_text(worker_title(status.name))
        self._state = ElidedLabel(
            theme,
            size=TypeSize.CAPTION,
            token="text_muted",
            align=Qt.AlignmentFlag.AlignRight,
        )
        self._clock = ElidedLabel(
            theme,
            size=TypeSize.CAPTION,
            token="text_muted",
            align=Qt.AlignmentFlag.AlignRight,
        )
        self._grid = FigureGrid(theme)
        self._start_stop = self._button()
        self._start_stop.clicked.connect(self._on_start_stop)
        self._restart = self._button()
        theme.icons.set_on(self._restart, "arrow-clockwise")
        self._restart.clicked.connect(lambda: self.restart_asked.emit(self.name))
        self._log = self._button()
        theme.icons.set_on(self._log, "list-bullets")
        self._log.clicked.connect(lambda: self.log_asked.emit(self.name))
        self._name_buttons()
        self._lay_out()
        self.refresh(0.0)

    @property
    def name(self) -> WorkerName:
        """Which worker."""
        return self._status.name

    def _button(self) -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        button.setCursor(Qt.CursorShape.ArrowCursor)
        return button

    def _name_buttons(self) -> None:
        title = worker_title(self.name)
        for button, text in (
            (self._restart, self.tr("Restart {0}").format(title)),
            (self._log, self.tr("Show the log of {0}").format(title)),
        ):
            button.setToolTip(text)
            button.setAccessibleName(text)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(Space.XS)
        head.addWidget(self._lamp)
        head.addSpacing(Space.XS)
        head.addWidget(self._title)
        # Smaller than the title, on the same base line.
        head.addWidget(self._state, 1, Qt.AlignmentFlag.AlignBottom)
        buttons = QHBoxLayout()
        buttons.setSpacing(Space.XS)
        for button in (self._start_stop, self._restart, self._log):
            buttons.addWidget(button)
        buttons.addWidget(self._clock, 1)
        column = QVBoxLayout(self)
        # The glyphs of the buttons, not the frames around them, line up with the texts above.
        column.setContentsMargins(Space.M - GLYPH_INSET, Space.S, Space.M, Space.S)
        column.setSpacing(Space.XS)
        figures = QHBoxLayout()
        figures.addWidget(self._grid)
        for row in (head, figures):
            row.setContentsMargins(GLYPH_INSET, 0, 0, 0)
            column.addLayout(row)
        column.addLayout(buttons)

    def refresh(self, now_s: float, *, is_stuck: bool = False) -> None:
        """Show what is newest; `now_s` is the monotonic clock, `is_stuck`: it does not stop."""
        state = self._status.state
        level = "danger" if is_stuck else LEVELS[state]
        self._lamp.set_level(level)
        set_property(self, "level", level)
        word = self.tr("Does not stop") if is_stuck else state_word(state)
        self._state.set_text(word, "text_muted" if level in {"ok", "off"} else level_token(level))
        self._clock.set_text(clock(self._status, now_s))
        self._grid.set_figures(card_figures(self.name, self._figures))
        self._set_start_stop(state)
        title = worker_title(self.name)
        self.setAccessibleName(joining.named(title, word))
        self.setToolTip(plain_tooltip(shown(self._figures.reason(self.name))))
        self._restart.setEnabled(state is not WorkerState.STOPPING)

    def _set_start_stop(self, state: WorkerState) -> None:
        stops = state not in ENDED
        self._start_stop.setEnabled(state is not WorkerState.STOPPING)
        if stops == self._stops and self._start_stop.toolTip():
            return
        self._stops = stops
        title = worker_title(self.name)
        text = (self.tr("Stop {0}") if stops else self.tr("Start {0}")).format(title)
        self._theme.icons.set_on(self._start_stop, "stop-fill" if stops else "play-fill")
        self._start_stop.setToolTip(text)
        self._start_stop.setAccessibleName(text)

    def _on_start_stop(self) -> None:
        (self.stop_asked if self._stops else self.start_asked).emit(self.name)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and inside:
            self.opened.emit(self.name)
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.opened.emit(self.name)
            return
        super().keyPressEvent(event)
