"""The bar at the bottom: overall state, worst lag, the window's own health, language, version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton, QWidget

from console import formatting, i18n, regional
from console.context import ConsoleContext
from console.figures import Part
from console.process_figures import ProcessFigures
from console.supervision.link_view import LinkView, link_view
from console.supervision.overall import overall
from console.supervision.wording import Level, level_token
from console.theme.theme import ThemeMode
from console.theme.tokens import Space, TypeSize
from console.ui_gap import UiGap
from console.widgets.elided_label import ElidedLabel
from console.widgets.painting import with_role
from console.widgets.status_lamp import StatusLamp
from pipeline import __version__

if TYPE_CHECKING:
    from pipeline.kafka.lag import LinkLag

HEIGHT = 26
LOUDNESS: Final[dict[Level, int]] = {"off": 0, "ok": 0, "info": 1, "warning": 2, "danger": 3}
MESSAGE_MS = 8000
OVERALL_WIDTH, LAG_WIDTH = 216, 220
"""Where the window is wide enough, so that nothing moves when the words change."""
SLOW_EVERY = 4
"""CPU, memory and the UI gap are read once a second: every fourth time."""


class StatusBar(QFrame):
    """One line that says whether all is well.

    Attributes:
        theme_chosen, language_chosen: what was picked in the menus.
        about_asked: the version was clicked.
    """

    theme_chosen = Signal(str)
    language_chosen = Signal(str)
    about_asked = Signal()

    def __init__(
        self, context: ConsoleContext, ui_gap: UiGap, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._ui_gap = ui_gap
        self._process = ProcessFigures()
        self._turn = 0
        self._message_timer = QTimer(self)
        self._message_timer.setSingleShot(True)
        self._message_timer.timeout.connect(self.refresh)
        with_role(self, "bar")
        self.setFixedHeight(HEIGHT)
        self._lamp = StatusLamp(context.theme)
        self._overall = self._text(OVERALL_WIDTH)
        self._lag = self._text(LAG_WIDTH)
        self._gap = self._text(132)
        self._gap.setToolTip(
            self.tr("99 of 100 gaps between two turns of the window are no longer than this")
        )
        self._cpu = self._text(76)
        self._memory = self._text(130)
        self._lay_out()
        context.figures.part_due.connect(self._on_part)
        context.controller.state_changed.connect(self.refresh)
        self.refresh()

    def _text(self, width: int) -> ElidedLabel:
        label = ElidedLabel(self._context.theme, size=TypeSize.BODY, token="text_muted")
        label.setFixedWidth(width)
        return label

    def _lay_out(self) -> None:
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, 0, Space.M, 0)
        row.setSpacing(Space.S)
        row.addWidget(self._lamp)
        for label in (self._overall, self._lag, self._gap, self._cpu, self._memory):
            row.addWidget(label)
        row.addStretch(1)
        version = QToolButton()
        version.setText(f"v{__version__}")
        version.setProperty("role", "flat")
        version.setToolTip(self.tr("Versions and licences"))
        version.setAccessibleName(self.tr("Versions and licences"))
        version.clicked.connect(self.about_asked)
        self._buttons = (self._theme_menu(), self._language_menu(), version)
        for button in self._buttons:
            row.addWidget(button)

    def _menu_button(self, text: str, hint: str, menu: QMenu) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "flat")
        button.setText(f"{text} ▾")
        button.setToolTip(hint)
        button.setAccessibleName(hint)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(menu)
        return button

    def _theme_menu(self) -> QToolButton:
        menu = QMenu(self)
        group = QActionGroup(menu)
        modes: dict[ThemeMode, str] = {
            "system": self.tr("As the system"),
            "dark": self.tr("Dark"),
            "light": self.tr("Light"),
        }
        for mode, title in modes.items():
            action = QAction(title, menu, checkable=True, checked=mode == self._context.theme.mode)
            action.triggered.connect(lambda _checked, mode=mode: self.theme_chosen.emit(mode))
            group.addAction(action)
            menu.addAction(action)
        return self._menu_button(self.tr("Theme"), self.tr("Choose the theme"), menu)

    def _language_menu(self) -> QToolButton:
        menu = QMenu(self)
        group = QActionGroup(menu)
        for code, title in i18n.available().items():
            action = QAction(title, menu, checkable=True, checked=code == i18n.current())
            action.triggered.connect(lambda _checked, code=code: self.language_chosen.emit(code))
            group.addAction(action)
            menu.addAction(action)
        title = i18n.available()[i18n.current()]
        return self._menu_button(title, self.tr("Choose the language"), menu)

    @Slot(int)
    def _on_part(self, part: int) -> None:
        if part == Part.STATUS_BAR:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show what is newest."""
        if not self._message_timer.isActive():
            self._show_overall()
        self._show_lag()
        self._turn += 1
        if self._turn % SLOW_EVERY == 1:
            self._show_health()
        self._share()

    def show_message(self, text: str, level: Level) -> None:
        """Show something for a moment in place of the overall state."""
        self._message_timer.start(MESSAGE_MS)
        self._lamp.set_level(level)
        self._overall.set_text(text)
        self._share()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        """Give state and lag the room that the others leave; a message takes what it needs."""
        margins, gap = self._row.contentsMargins(), self._row.spacing()
        room = self.width() - margins.left() - margins.right() - self._lamp.width() - gap
        room -= sum(button.sizeHint().width() + gap for button in self._buttons)
        health = (self._gap, self._cpu, self._memory)
        beside = room - sum(label.width() + gap for label in health) - gap
        wanted = self._overall.sizeHint().width()
        is_message = self._message_timer.isActive()
        for label in health:
            label.setVisible(not is_message or wanted <= beside)
        self._lag.setVisible(not is_message)
        if is_message:
            self._overall.setFixedWidth(max(0, beside if wanted <= beside else room - gap))
            return
        both = max(0, min(beside - gap, OVERALL_WIDTH + LAG_WIDTH))
        state = OVERALL_WIDTH
        if both < OVERALL_WIDTH + LAG_WIDTH:
            most = max(both - self._lag.sizeHint().width(), both // 2)
            state = min(most, max(both // 2, wanted))
        self._overall.setFixedWidth(state)
        self._lag.setFixedWidth(both - state)

    def _show_overall(self) -> None:
        controller = self._context.controller
        level, text = overall(
            controller.states(), starting=controller.is_starting, stopping=controller.is_stopping
        )
        self._lamp.set_level(level)
        self._overall.set_text(text)

    def _show_lag(self) -> None:
        links = self._links()
        if not links:
            self._lag.set_text(self.tr("Group lag –"), "text_muted")
            return
        # The one to look at is not always the longest: a short one may stand still.
        worst, view = max(links, key=lambda each: (LOUDNESS[each[1].level], each[0].messages))
        text = self.tr("Group lag {0} ({1})").format(formatting.count(worst.messages), view.word)
        quiet = view.level in {"ok", "off"}
        self._lag.set_text(text, "text_muted" if quiet else level_token(view.level))

    def _links(self) -> list[tuple[LinkLag, LinkView]]:
        context = self._context
        if context.figures.lag is None:
            return []
        # Where there is one, Kafka's modules have been imported in the background.
        from pipeline.kafka.readers import readers

        return [
            (link, link_view(link, context.controller.status(reader.worker).state))
            for reader in readers(context.settings.kafka)
            if (link := context.figures.link(reader.worker, reader.topic)) is not None
        ]

    def _show_health(self) -> None:
        gap = self._ui_gap.recent()
        self._gap.set_text(self.tr("UI gap p99 {0} ms").format(formatting.count(round(gap.p99))))
        process = self._process.read()
        share = process.cpu_percent
        self._cpu.set_text(
            self.tr("CPU {0}").format("–" if share is None else regional.percent(share))
        )
        self._memory.set_text(self.tr("Memory {0}").format(formatting.size(process.memory_bytes)))
