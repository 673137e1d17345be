"""The icon beside the clock: tells of alarms and failures, and brings the window back.

Never takes the focus: it shows the system's own notices, and only while the window is not in front.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from console.alarm_words import camera_name
from console.context import ConsoleContext
from console.main_window import MainWindow
from console.models.alarm_desk import AlarmDesk
from console.risk_words import risk_word
from console.rule_words import rule_words
from console.supervision.overall import overall
from console.supervision.wording import worker_title
from console.theme.mark import window_icon
from console.window_texts import shown
from pipeline.paths import APP_NAME
from pipeline.states import WorkerState

if TYPE_CHECKING:
    from pipeline.supervisor import StateChange
    from pipeline.telemetry import AlarmHint

NOTICE_MS: Final = 8_000
QUIET_S: Final = 5.0
"""Between two notices of alarms; those in between are counted in the next."""


class Tray(QObject):
    """Lives as long as the window; does nothing but the sound where the system has no tray."""

    def __init__(self, context: ConsoleContext, window: MainWindow) -> None:
        super().__init__(window)
        self._context = context
        self._window = window
        self._told_s = -QUIET_S
        self._held_back = 0
        self._opens = ""
        self.icon = QSystemTrayIcon(window_icon(), self)
        self._menu = QMenu(window)
        self._menu.aboutToShow.connect(self._show_choices)
        self._show_words()
        self.icon.setContextMenu(self._menu)
        self.icon.activated.connect(self._on_activated)
        self.icon.messageClicked.connect(self._on_notice_clicked)
        window.installEventFilter(self)
        window.shutdown.tray_wanted.connect(self._on_tray_wanted)
        # Only now: a desktop may start its tray later than us, but not after this.
        window.shutdown.has_tray = QSystemTrayIcon.isSystemTrayAvailable()
        if window.shutdown.has_tray:
            self.icon.show()
        context.controller.state_changed.connect(self._on_state)
        context.controller.activity_changed.connect(self._show_state)
        AlarmDesk.of(context).raised.connect(self._on_alarm)
        self._show_state()

    def hide(self) -> None:
        """Take the icon away; at the end of the program."""
        self.icon.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LanguageChange:
            self._show_words()
            self._show_state()
        return super().eventFilter(watched, event)

    def _show_words(self) -> None:
        controller = self._context.controller
        self._menu.clear()
        self._menu.addAction(self.tr("Open Signalbox"), self._window.come_to_front)
        self._menu.addSeparator()
        self._start = self._menu.addAction(self.tr("Start all"), controller.start_all)
        self._stop = self._menu.addAction(self.tr("Stop all"), controller.stop_all)
        self._menu.addSeparator()
        self._menu.addAction(self.tr("Quit"), self._on_quit)

    # ------------------------------------------------------------------ what is told
    @Slot()
    def _show_state(self) -> None:
        controller = self._context.controller
        _, words = overall(
            controller.states(), starting=controller.is_starting, stopping=controller.is_stopping
        )
        self.icon.setToolTip(f"{APP_NAME} · {words}")

    @Slot()
    def _show_choices(self) -> None:
        controller = self._context.controller
        self._start.setEnabled(controller.can_start_all)
        self._stop.setEnabled(controller.can_stop_all)

    @Slot(object)
    def _on_state(self, change: StateChange) -> None:
        self._show_state()
        if change.new is WorkerState.FAILED:
            title = self.tr("{0} stays stopped").format(worker_title(change.worker))
            self._tell(
                title, shown(change.reason), "pipeline", QSystemTrayIcon.MessageIcon.Critical
            )

    @Slot(object)
    def _on_alarm(self, hint: AlarmHint) -> None:
        self._held_back += 1
        now_s = time.monotonic()
        if now_s - self._told_s < QUIET_S:
            return
        count, self._held_back, self._told_s = self._held_back, 0, now_s
        if count > 1:
            title = self.tr("%Ln new alarms", "", count)
        else:
            title = self.tr("New alarm: {0}").format(risk_word(hint.risk_level))
        place = camera_name(self._context.settings, hint.camera_id)
        text = f"{place} · {rule_words(hint.description)}"
        self._tell(title, text, "alarms", QSystemTrayIcon.MessageIcon.Warning)

    def _tell(self, title: str, text: str, page: str, icon: QSystemTrayIcon.MessageIcon) -> None:
        wanted = self._context.settings.console.notices
        if wanted == "off":
            return
        if wanted == "sound":
            QApplication.beep()
        # Who looks at the window sees it there.
        if not self._window.isActiveWindow() and self.icon.isVisible():
            self._opens = page
            self.icon.showMessage(title, text, icon, NOTICE_MS)

    # ------------------------------------------------------------------ what is asked for
    @Slot()
    def _on_tray_wanted(self) -> None:
        self._window.hide()
        self.icon.showMessage(
            self.tr("Signalbox goes on in the tray"),
            self.tr("A click on its icon brings the window back."),
            QSystemTrayIcon.MessageIcon.Information,
            NOTICE_MS,
        )

    @Slot()
    def _on_quit(self) -> None:
        """Quit from the menu; the question needs the window."""
        if self._context.controller.running:
            self._window.come_to_front()
        self._window.shutdown.ask_to_quit()

    @Slot(QSystemTrayIcon.ActivationReason)
    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in {
            QSystemTrayIcon.ActivationReason.Trigger,
            QSystemTrayIcon.ActivationReason.DoubleClick,
        }:
            self._window.come_to_front()

    @Slot()
    def _on_notice_clicked(self) -> None:
        # A tray of X11 reports any click on the icon as one on the notice that is up, also the
        # right click that has just opened the menu.
        if self._menu.isVisible():
            return
        self._window.come_to_front()
        if self._opens:
            self._window.show_page(self._opens)
