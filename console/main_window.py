"""The window: puts bars, track diagram and pages together, and carries wishes between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from console import settings_keeper
from console.about import AboutDialog
from console.context import ConsoleContext
from console.controller import STOP_TIMEOUT_S
from console.crash import thread_stacks
from console.export import Exporter
from console.help import HelpDialog
from console.models.alarm_desk import AlarmDesk
from console.page_list import (
    PAGES,
    HasAlarm,
    HasFilter,
    HasLog,
    HasTopic,
    HasWall,
    HasWorker,
    KeepsState,
)
from console.reason_words import reason_words
from console.shutdown import Shutdown
from console.supervision.session_thread import SessionState
from console.supervision.wording import Level, worker_title
from console.theme.mark import window_icon
from console.ui_gap import UiGap
from console.widgets.nav_rail import NavRail
from console.widgets.notice_bar import NoticeBar
from console.widgets.painting import line
from console.widgets.status_bar import StatusBar
from console.widgets.top_bar import TopBar
from console.widgets.track_diagram import TrackDiagram
from console.widgets.worker_drawer import WorkerDrawer
from console.window_state import WindowState
from pipeline.paths import APP_NAME
from pipeline.settings import Settings
from pipeline.states import ENDED, WorkerName, WorkerState
from pipeline.support_selection import LogSelection

if TYPE_CHECKING:
    from pipeline.supervisor import StateChange

DEFAULT_SIZE = QSize(1440, 900)
FRAME = QSize(16, 40)
MINIMUM_SIZE = QSize(900, 560)
"""Fits a screen of 1366x768 at 150 %."""


class MainWindow(QMainWindow):
    """Assembles the parts; holds no logic of its own.

    Attributes:
        top_bar, rail, track, drawer, status_bar: the parts around the pages; `retranslate` makes
            new ones.
        exporter: Export logs.
        shutdown: the way out.
        theme_chosen, language_chosen: what was picked in the menus of the status bar.
    """

    theme_chosen = Signal(str)
    language_chosen = Signal(str)

    def __init__(self, context: ConsoleContext, ui_gap: UiGap) -> None:
        super().__init__()
        self._context = context
        self._ui_gap = ui_gap
        self._pages: dict[str, QWidget] = {}
        self._kept: dict[str, Any] = {}
        self._state = WindowState()
        self._troubles: dict[object, NoticeBar] = {}
        self._failed: dict[WorkerName, str] = {}
        self._wall_only = False
        self._was_maximized = False
        self.setWindowTitle(APP_NAME)
        self.setWindowIcon(window_icon())
        self.setMinimumSize(MINIMUM_SIZE)
        self.exporter = Exporter(context, ui_gap, self)
        self.exporter.seen = self._seen_logs
        self.shutdown = Shutdown(context.controller, self)
        self._make_parts()
        self._connect()
        self._add_shortcuts()
        self._restore()

    def _make_parts(self) -> None:
        """Make everything that shows words, but for the pages."""
        self.top_bar = TopBar(self._context)
        self.rail = NavRail(self._context.theme)
        self.track = TrackDiagram(self._context)
        self.status_bar = StatusBar(self._context, self._ui_gap)
        self._stack = QStackedWidget()
        self.drawer = WorkerDrawer(self._context)
        self._notices = QVBoxLayout()
        for spec in PAGES:
            self.rail.add_page(spec.key, spec.title(), spec.icon)
        self._fold = QToolButton()
        self.rail.add_tool(self._fold)
        self._lay_out()
        self._connect_parts()

    def _lay_out(self) -> None:
        content = QVBoxLayout()
        content.setSpacing(0)
        content.addWidget(self.track)
        self._track_line = line()
        content.addWidget(self._track_line)
        beside = QHBoxLayout()
        beside.setSpacing(0)
        beside.addWidget(self._stack, 1)
        beside.addWidget(self.drawer)
        content.addLayout(beside, 1)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        self._rail_line = line(vertical=True)
        middle.addWidget(self._rail_line)
        middle.addLayout(content, 1)
        self._notices.setSpacing(0)
        root = QWidget()
        column = QVBoxLayout(root)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top_bar)
        self._top_line = line()
        column.addWidget(self._top_line)
        column.addLayout(self._notices)
        column.addLayout(middle, 1)
        self._bottom_line = line()
        column.addWidget(self._bottom_line)
        column.addWidget(self.status_bar)
        # Takes the focus at the start and on a click beside everything: no ring anywhere.
        root.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCentralWidget(root)
        root.setFocus()

    def _connect_parts(self) -> None:
        self.rail.chosen.connect(self.show_page)
        self.top_bar.page_asked.connect(self.show_page)
        self.top_bar.export_asked.connect(self.exporter.ask)
        self.track.topic_opened.connect(self.show_topic)
        self.track.worker_opened.connect(self.drawer.toggle)
        self.drawer.page_asked.connect(self.show_worker)
        self.drawer.log_asked.connect(self.show_log)
        self.track.log_asked.connect(self.show_log)
        self.status_bar.theme_chosen.connect(self.theme_chosen)
        self.status_bar.language_chosen.connect(self.language_chosen)
        self.status_bar.about_asked.connect(self._on_about)
        self._fold.clicked.connect(self._on_fold)

    def _connect(self) -> None:
        self.shutdown.finished.connect(self._save)
        self._context.controller.stuck.connect(self._on_stuck)
        self._context.controller.state_changed.connect(self._on_state)
        self._context.controller.session_changed.connect(self._on_session)
        AlarmDesk.of(self._context).set_aside.connect(self._on_store_set_aside)

    def _add_shortcuts(self) -> None:
        controller = self._context.controller
        for keys, act in (
            ("F5", controller.start_all),
            ("Shift+F5", controller.stop_all),
            ("Ctrl+E", self.exporter.ask),
            ("Ctrl+F", self._on_filter),
            ("Ctrl+T", self._on_fold),
            ("F1", self._on_help),
            ("F11", self._on_full_screen),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)
        for number, spec in enumerate(PAGES, start=1):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            shortcut.activated.connect(lambda key=spec.key: self.show_page(key))
        self._leave_full_screen = QShortcut(QKeySequence("Esc"), self)
        self._leave_full_screen.setEnabled(False)
        self._leave_full_screen.activated.connect(self._on_full_screen)

    def _restore(self) -> None:
        if not self.restoreGeometry(self._state.geometry()):
            # The frame that the window manager adds has to fit on the screen, too.
            room = self.screen().availableSize() - FRAME
            self.resize(DEFAULT_SIZE.boundedTo(room).expandedTo(self.minimumSize()))
        self.track.set_folded(self._state.folded())
        self._show_fold()

    def open_first_page(self, key: str = "") -> None:
        """Make and show a page, the one of last time by default; after the first paint."""
        wanted = key or self._state.page()
        known = [spec.key for spec in PAGES]
        self.show_page(wanted if wanted in known else known[0])

    def welcome(self) -> None:
        """Ask the questions of the first start; then everything runs, or waits as it is."""
        from console.first_start.dialog import FirstStart

        questions = FirstStart(self._context, self)
        questions.decided.connect(self._on_decided)
        questions.skipped.connect(self._on_skipped)
        questions.open()

    @Slot()
    def _on_skipped(self) -> None:
        """Keep the settings as they are, so that the questions do not come again."""
        open_session = self._context.controller.open
        settings = self._context.settings
        settings_keeper.keep(
            self._context, self, settings, open_session, lambda _problem: open_session()
        )

    @Slot(object)
    def _on_decided(self, settings: Settings) -> None:
        controller = self._context.controller
        self.show_page("live")

        def refuse(problem: str) -> None:
            self.add_notice("danger", problem)
            controller.open()

        settings_keeper.keep(self._context, self, settings, controller.start_all, refuse)

    @Slot()
    def retranslate(self) -> None:
        """Make every part anew in the language of now; what was chosen and typed stays.

        Pages but the one in front wait until they are wanted.
        """
        front, folded = self.page_key, self.track.is_folded
        for key, page in self._pages.items():
            if isinstance(page, KeepsState):
                self._kept[key] = page.kept()
        before = self.takeCentralWidget()
        assert before is not None
        notices = before.findChildren(NoticeBar)
        self._pages.clear()
        self._make_parts()
        for notice in notices:
            self._notices.addWidget(notice)
        before.hide()
        before.deleteLater()
        self.track.set_folded(folded)
        self._show_fold()
        if front:
            self.show_page(front)
        self._show_surroundings()
        self._tell_again()

    # ------------------------------------------------------------------ pages
    @property
    def page_key(self) -> str:
        """The key of the page in front; empty before the first."""
        current = self._stack.currentWidget()
        return next((key for key, page in self._pages.items() if page is current), "")

    def page(self, key: str) -> QWidget:
        """Return a page, made when it is wanted for the first time."""
        if key not in self._pages:
            spec = next(spec for spec in PAGES if spec.key == key)
            page = spec.make(self._context)
            self._connect_page(page)
            self._pages[key] = page
            self._stack.addWidget(page)
            self._put_before_status_bar(page)
            if key in self._kept and isinstance(page, KeepsState):
                page.restore(self._kept.pop(key))
        return self._pages[key]

    def _put_before_status_bar(self, page: QWidget) -> None:
        """Have the Tab key go through the page as it lies in the window, not after everything."""
        before = page
        widget = page.nextInFocusChain()
        while widget is not None and widget is not page:
            if page.isAncestorOf(widget) and _takes_tab(widget):
                before = widget
            widget = widget.nextInFocusChain()
        for widget in self.status_bar.findChildren(QWidget):
            if _takes_tab(widget):
                self.setTabOrder(before, widget)
                before = widget

    def _connect_page(self, page: QWidget) -> None:
        """Carry the wishes of a page, by the names that pages give them."""
        for name, slot in (
            ("page_wanted", self.show_page),
            ("alarm_opened", self.show_alarm),
            ("log_asked", self.show_log),
            ("message", self._on_message),
        ):
            signal = getattr(page, name, None)
            if isinstance(signal, SignalInstance):
                signal.connect(slot)

    @Slot(str)
    def show_page(self, key: str) -> None:
        """Bring a page to the front."""
        self._stack.setCurrentWidget(self.page(key))
        self.rail.select(key)

    @Slot(str)
    def show_topic(self, topic: str) -> None:
        """Show a topic on the Kafka page."""
        self.show_page("kafka")
        page = self.page("kafka")
        if isinstance(page, HasTopic):
            page.show_topic(topic)

    @Slot(object)
    def show_worker(self, name: WorkerName) -> None:
        """Show a worker on the Pipeline page."""
        self.show_page("pipeline")
        page = self.page("pipeline")
        if isinstance(page, HasWorker):
            page.show_worker(name)

    @Slot(object)
    def show_log(self, name: WorkerName) -> None:
        """Show a worker's lines on the Logs page."""
        self.show_page("logs")
        page = self.page("logs")
        if isinstance(page, HasLog):
            page.show_worker(name.value)

    def _seen_logs(self) -> LogSelection:
        page = self._pages.get("logs")
        if page is not None and isinstance(page, HasLog):
            return page.selection()
        return LogSelection()

    @Slot(str)
    def show_alarm(self, alarm_id: str) -> None:
        """Show an alarm on the Alarms page."""
        self.show_page("alarms")
        page = self.page("alarms")
        if isinstance(page, HasAlarm):
            page.show_alarm(alarm_id)

    # ------------------------------------------------------------------ notices
    def add_notice(self, level: Level, text: str, details: str = "") -> NoticeBar:
        """Show a line below the top bar until it is dismissed."""
        notice = NoticeBar(self._context.theme, level, text, details)
        self._notices.addWidget(notice)
        return notice

    def _show_trouble(self, of: object, text: str, details: str = "") -> None:
        """Show what is wrong with something, in place of what was wrong with it before."""
        before = self._troubles.pop(of, None)
        if before is not None and isValid(before):
            before.deleteLater()
        if text:
            self._troubles[of] = self.add_notice("danger", text, details or text)

    @Slot(object)
    def _on_state(self, change: StateChange) -> None:
        """Tell of a worker that stays stopped, until it is started again."""
        if change.new is WorkerState.FAILED:
            before = self._failed.get(change.worker, change.reason)
            self._failed[change.worker] = change.reason
            for reason in {before, change.reason}:
                self._show_failed(reason)
        elif change.new is WorkerState.STARTING and change.worker in self._failed:
            self._show_failed(self._failed.pop(change.worker))
        if change.new in ENDED:
            self._show_trouble(("stuck", change.worker), "")

    def _show_failed(self, reason: str) -> None:
        """Tell once of a reason, whoever stays stopped for it."""
        names = [worker_title(name) for name in WorkerName if self._failed.get(name) == reason]
        text = self.tr("{0} stays stopped. {1}") if len(names) == 1 else ""
        text = text or self.tr("{0} stay stopped. {1}")
        words = text.format(", ".join(names), reason_words(reason)) if names else ""
        self._show_trouble(("failed", reason), words)

    @Slot(object)
    def _on_stuck(self, name: WorkerName) -> None:
        """Name a worker that does not stop, and say what to do; the way out asks by itself."""
        if self.shutdown.begun:
            return
        text = self.tr(
            "{0} has not stopped within {1} seconds. What it holds stays in Kafka and is read again "
            "at its next start. Wait for it, or quit and start Signalbox again; the details are for "
            "support."
        ).format(worker_title(name), f"{STOP_TIMEOUT_S:.0f}")
        self._show_trouble(("stuck", name), text, thread_stacks())

    def _tell_again(self) -> None:
        """Say in the language of now what is still wrong and was not dismissed."""
        for of in [of for of, notice in self._troubles.items() if isValid(notice)]:
            match of:
                case ("failed", str(reason)):
                    self._show_failed(reason)
                case ("stuck", WorkerName() as name):
                    self._on_stuck(name)
                case _:
                    self._on_session(self._context.controller.session_state)

    @Slot(object)
    def _on_session(self, state: SessionState) -> None:
        failed = state is SessionState.FAILED
        text = self.tr("The pipeline could not be opened. {0}")
        error = self._context.controller.session_error
        self._show_trouble(SessionState, text.format(error) if failed else "")

    @Slot(str)
    def _on_store_set_aside(self, name: str) -> None:
        text = self.tr(
            "The alarm database was damaged. It is kept as {0}, and a new one was begun: alarms "
            "from before are not in it."
        )
        self.add_notice("danger", text.format(name), name)

    @Slot(str, bool)
    def _on_message(self, text: str, is_bad: bool) -> None:
        self.status_bar.show_message(text, "danger" if is_bad else "info")

    # ------------------------------------------------------------------ keys
    @Slot()
    def _on_filter(self) -> None:
        if not self.page_key:
            return
        page = self.page(self.page_key)
        if isinstance(page, HasFilter):
            page.focus_filter()

    @Slot()
    def _on_help(self) -> None:
        HelpDialog(self, self.page_key).open()

    @Slot()
    def _on_about(self) -> None:
        AboutDialog(self, self._context.settings.updates.url).open()

    @Slot()
    def _on_fold(self) -> None:
        self.track.set_folded(not self.track.is_folded)
        self._show_fold()

    def _show_fold(self) -> None:
        folded = self.track.is_folded
        self._context.theme.icons.set_on(self._fold, "caret-down" if folded else "caret-up")
        text = self.tr("Unfold the track diagram") if folded else self.tr("Fold the track diagram")
        self._fold.setToolTip(f"{text} (Ctrl+T)")
        self._fold.setAccessibleName(text)

    @Slot()
    def _on_full_screen(self) -> None:
        """Show the camera wall alone, or everything again."""
        self._wall_only = not self._wall_only
        self.show_page("live")
        self._show_surroundings()
        self._leave_full_screen.setEnabled(self._wall_only)
        if self._wall_only:
            self._was_maximized = self.isMaximized()
            self.showFullScreen()
        elif self._was_maximized:
            self.showMaximized()
        else:
            self.showNormal()

    def _show_surroundings(self) -> None:
        page = self._pages.get("live")
        if page is not None and isinstance(page, HasWall):
            page.set_wall_only(wall_only=self._wall_only)
        if self._wall_only:
            self.drawer.close_up()
        for part in self._surroundings():
            part.setVisible(not self._wall_only)

    def _surroundings(self) -> tuple[QWidget, ...]:
        return (
            self.top_bar,
            self._top_line,
            self.rail,
            self._rail_line,
            self.track,
            self._track_line,
            self._bottom_line,
            self.status_bar,
        )

    # ------------------------------------------------------------------ in front, and the end
    @Slot()
    def come_to_front(self) -> None:
        """Show the window above the others; another start asked for it."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def _save(self) -> None:
        if not self._wall_only:
            self._state.save(self.saveGeometry(), self.page_key, folded=self.track.is_folded)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Never close at once: the way out stops the workers first."""
        event.ignore()
        self.shutdown.ask()


def _takes_tab(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None
