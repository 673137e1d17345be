"""The window: puts bars, track diagram and pages together, and carries wishes between them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QSize, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from console import settings_keeper
from console.about import AboutDialog
from console.context import ConsoleContext
from console.dropping import Dropping
from console.export import Exporter
from console.help import HelpDialog
from console.models.alarm_desk import AlarmDesk
from console.page_list import PAGES
from console.page_stack import PageStack
from console.shutdown import Shutdown
from console.supervision.wording import Level
from console.theme.mark import window_icon
from console.troubles import Troubles
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

DEFAULT_SIZE = QSize(1440, 900)
FRAME = QSize(16, 40)
MINIMUM_SIZE = QSize(900, 560)
"""Fits a screen of 1366x768 at 150 %."""


class MainWindow(QMainWindow):
    """Assembles the parts; holds no logic of its own.

    Attributes:
        pages: the pages, one in front.
        top_bar, rail, track, drawer, status_bar: the parts around them; `retranslate` makes new
            ones, as it does of the pages.
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
        self._state = WindowState()
        self._wall_only = False
        self._was_maximized = False
        self.setWindowTitle(APP_NAME)
        self.setWindowIcon(window_icon())
        self.setMinimumSize(MINIMUM_SIZE)
        self.exporter = Exporter(context, ui_gap, self)
        self.shutdown = Shutdown(context.controller, self)
        self._troubles = Troubles(
            context.controller, self._tell_trouble, lambda: self.shutdown.begun, self
        )
        self._make_parts(PageStack(context))
        self._dropping = Dropping(self, lambda: self.pages)
        self._dropping.message.connect(self._on_message)
        self._connect()
        self._add_shortcuts()
        self._restore()

    def _make_parts(self, pages: PageStack) -> None:
        """Make everything that shows words, around pages that are made when they are wanted."""
        self.pages = pages
        self.exporter.seen = pages.seen_logs
        self.top_bar = TopBar(self._context)
        self.rail = NavRail(self._context.theme)
        self.track = TrackDiagram(self._context)
        self.status_bar = StatusBar(self._context, self._ui_gap)
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
        beside.addWidget(self.pages, 1)
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
        self.pages.shown.connect(self.rail.select)
        self.pages.made.connect(self._put_before_status_bar)
        self.pages.message.connect(self._on_message)
        self.rail.chosen.connect(self.show_page)
        self.top_bar.page_asked.connect(self.show_page)
        self.top_bar.export_asked.connect(self.exporter.ask)
        self.track.topic_opened.connect(self.pages.show_topic)
        self.track.worker_opened.connect(self.drawer.toggle)
        self.drawer.page_asked.connect(self.pages.show_worker)
        self.drawer.log_asked.connect(self.pages.show_log)
        self.track.log_asked.connect(self.pages.show_log)
        self.track.room_changed.connect(self._show_fold)
        self.status_bar.theme_chosen.connect(self.theme_chosen)
        self.status_bar.language_chosen.connect(self.language_chosen)
        self.status_bar.about_asked.connect(self._on_about)
        self._fold.clicked.connect(self._on_fold)

    def _connect(self) -> None:
        self.shutdown.finished.connect(self._save)
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
            shortcut.activated.connect(lambda key=spec.key: self._go_to(key))
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
        front, track = self.page_key, self.track
        kept = self.pages.kept()
        before = self.takeCentralWidget()
        assert before is not None
        notices = before.findChildren(NoticeBar)
        self._make_parts(PageStack(self._context, kept))
        for notice in notices:
            self._notices.addWidget(notice)
        before.hide()
        before.deleteLater()
        # Fields for dates and numbers have theirs from the window.
        self.setLocale(QLocale())
        self.track.take_over(track)
        self.track.set_folded(track.is_folded)
        self._show_fold()
        if front:
            self.show_page(front)
        self._show_surroundings()
        self._troubles.tell_again()
        self._settle()

    def _settle(self) -> None:
        """Lay out what is new before it is painted: squeezed parts would be seen for a moment."""
        central = self.centralWidget()
        assert central is not None
        central.show()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)

    @property
    def page_key(self) -> str:
        """The key of the page in front; empty before the first."""
        return self.pages.front

    @Slot(str)
    def show_page(self, key: str) -> None:
        """Bring a page to the front."""
        self.pages.show_page(key)

    def _go_to(self, key: str) -> None:
        """Bring a page to the front for somebody who goes on with the keyboard."""
        self.show_page(key)
        self.pages.enter()

    @Slot(QWidget)
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

    # ------------------------------------------------------------------ notices
    def add_notice(
        self, level: Level, text: str | Callable[[], str], details: str = ""
    ) -> NoticeBar:
        """Show a line below the top bar until it is dismissed.

        A text that can be asked for again follows a change of the language.
        """
        words = text if isinstance(text, str) else text()
        notice = NoticeBar(self._context.theme, level, words, details)
        if not isinstance(text, str):
            notice.keep_said(text)
        self._notices.addWidget(notice)
        return notice

    def _tell_trouble(self, text: str, details: str) -> NoticeBar:
        return self.add_notice("danger", text, details)

    @Slot(str)
    def _on_store_set_aside(self, name: str) -> None:
        def words() -> str:
            return self.tr(
                "The alarm database was damaged. It is kept as {0}, and a new one was begun: "
                "alarms from before are not in it."
            ).format(name)

        self.add_notice("danger", words, name)

    @Slot(str, bool)
    def _on_message(self, text: str, is_bad: bool) -> None:
        self.status_bar.show_message(text, "danger" if is_bad else "info")

    # ------------------------------------------------------------------ keys
    @Slot()
    def _on_filter(self) -> None:
        self.pages.focus_filter()

    @Slot()
    def _on_help(self) -> None:
        HelpDialog(self, self.page_key).open()

    @Slot()
    def _on_about(self) -> None:
        AboutDialog(self, self._context.settings.updates.url).open()

    @Slot()
    def _on_fold(self) -> None:
        if not self.track.has_room:
            self._on_message(self._no_room_words(), is_bad=False)
            return
        self.track.set_folded(not self.track.is_folded)
        self._show_fold()

    @Slot()
    def _show_fold(self) -> None:
        folded = self.track.is_folded
        self._context.theme.icons.set_on(self._fold, "caret-down" if folded else "caret-up")
        text = self.tr("Unfold the track diagram") if folded else self.tr("Fold the track diagram")
        has_room = self.track.has_room
        self._fold.setEnabled(has_room)
        self._fold.setToolTip(f"{text} (Ctrl+T)" if has_room else self._no_room_words())
        self._fold.setAccessibleName(text)

    def _no_room_words(self) -> str:
        return self.tr("The window is too narrow for the whole track diagram")

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
        self.pages.show_wall_only(wall_only=self._wall_only)
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

    # ------------------------------------------------------------------ files from outside
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Say whether what comes along can be dropped here."""
        self._dropping.enter(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what was dropped."""
        self._dropping.drop(event)

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
