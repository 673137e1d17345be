"""The program with a window: made, painted, filled, run, and ended in order.

No asyncio loop runs in the GUI thread: nothing here needs one, and the scheduler has its own in its
thread.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from loguru import logger
from PySide6.QtCore import QEvent, QEventLoop, QObject, QThreadPool, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from console import accessibility, early, i18n, settings_keeper
from console.context import ConsoleContext
from console.controller import PipelineController
from console.crash import (
    AbruptEnd,
    RunMarker,
    install_exception_hooks,
    leave_at_once,
    route_qt_messages,
)
from console.crash_report import CrashReport, when_started
from console.figures import Figures
from console.garbage import GarbageCollector
from console.instance import SingleInstance, instance_name
from console.language_change import LanguageChange
from console.main_window import MainWindow
from console.power import PowerWatch
from console.second_start import Outcome, SecondStart
from console.session_end import held_up
from console.settings_offer import BrokenSettings, SettingsOffer
from console.signals import QuitSignals
from console.theme.theme import ThemeManager
from console.ticker import Ticker
from console.timeline_keeper import TimelineKeeper
from console.tray import Tray
from console.ui_gap import UiGap
from console.update_question import ask_at_start
from console.window_state import keep_in_files
from pipeline import __version__
from pipeline.logs import Logs
from pipeline.paths import log_folder, runtime_folder
from pipeline.settings import Settings
from pipeline.telemetry import TelemetryHub

SWITCH_INTERVAL_S = 0.001
"""Halves the longest gaps of the GUI thread beside busy Python threads."""

SESSION_END_MS = 4000
"""Windows waits five seconds for a program when the user logs off."""

SESSION_HELD_MS = 15_000
"""Where Windows shows why it waits: workers that hang have had their ten seconds by then."""

SESSION_HURRY_MS = 3000
"""From then on what is unread stays unread: what is under way must still get settled in time."""

LEAVING_S = 30.0
"""How long a start waits for a run before that is on its way out and has no window any more."""

POOL_TIMEOUT_MS = 5000
"""At the end: how long to wait for alarm queries, imports and the like."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How the window is started.

    Attributes:
        settings: what it works with.
        settings_path: where changes are kept; None when they hold for this run only.
        kind: ``console`` or ``demo``; each may run once for a user.
        start_all: start the workers as soon as the window stands.
        page: the page to begin with; empty for the one of last time.
        first: ask what to watch: there are no settings of this user yet.
        broken: told at once, where the settings of the user could not be used.
        terminal: log to the terminal, too.
        on_ready: called with the console when its pages are there, before workers start.
    """

    settings: Settings
    settings_path: Path | None = None
    kind: str = "console"
    start_all: bool = False
    page: str = ""
    first: bool = False
    broken: BrokenSettings | None = None
    terminal: bool = False
    on_ready: Callable[[Console], None] = field(default=lambda _console: None)


class _FirstPaint(QObject):
    """Tells when a widget has been painted for the first time."""

    happened = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            # After the paint event, so that the picture is on the screen.
            QTimer.singleShot(0, self.happened.emit)
        return super().eventFilter(watched, event)


class Console(QObject):
    """Everything the running program consists of.

    Attributes:
        context: what pages work with.
        window: the main window.
        tray: the icon beside the clock, where there is one.
        ui_gap: how long the window was away.
        painted_s: monotonic seconds of the first paint; None before.
        exit_code: what the process will return.
    """

    failed = Signal(str, str)

    def __init__(self, app: QApplication, launch: Launch, logs: Logs) -> None:
        super().__init__()
        self._app = app
        self._launch = launch
        self._logs = logs
        settings = launch.settings
        hub = TelemetryHub()
        controller = PipelineController(settings, hub, self)
        ticker = Ticker(self)
        figures = Figures(hub, controller, self)
        ticker.figures.connect(figures.sample)
        self.context = ConsoleContext(
            hub=hub,
            theme=ThemeManager(app, settings.console.theme),
            controller=controller,
            ticker=ticker,
            log_ring=logs.ring,
            figures=figures,
            settings_path=launch.settings_path,
            is_demo=launch.kind == "demo",
        )
        self.ui_gap = UiGap(self)
        self._garbage = GarbageCollector(self)
        self.painted_s: float | None = None
        self.exit_code = 0
        self.window = MainWindow(self.context, self.ui_gap)
        self._language = LanguageChange(self.window, self.context.theme)
        self.window.theme_chosen.connect(self._on_theme)
        self.window.language_chosen.connect(self._on_language)
        controller.settings_changed.connect(self._on_settings)
        self.window.shutdown.remembered.connect(self._on_close_choice)
        self._timeline = TimelineKeeper.of(self.context)
        self.tray = Tray(self.context, self.window)
        self.window.shutdown.finished.connect(self._on_shut_down)
        self.failed.connect(self._on_failed)
        app.commitDataRequest.connect(self._on_session_end)
        self._power = PowerWatch()
        self._power.going_to_sleep.connect(controller.rest)
        self._power.awoke.connect(controller.wake)

    def show(self) -> None:
        """Show the window; the rest follows after its first paint."""
        self.ui_gap.start()
        self._garbage.start()
        _FirstPaint(self.window).happened.connect(self._after_first_paint)
        self.window.show()

    @Slot()
    def _after_first_paint(self) -> None:
        self.painted_s = time.monotonic()
        early.end()
        if self._launch.broken is not None:
            SettingsOffer(self.context, self.window, self._launch.broken)
        self.window.open_first_page(self._launch.page)
        self.context.ticker.start()
        self._launch.on_ready(self)
        if self.context.settings.updates.check == "at_start":
            ask_at_start(self.window, self.context.settings.updates.url, self._tell_of_update)
        if self._launch.start_all:
            self.context.controller.start_all()
        elif self._launch.first:
            # Which broker is opened is one of the questions.
            self.window.welcome()
        else:
            self.context.controller.open()

    def _tell_of_update(self, words: Callable[[], str], link: str) -> None:
        self.window.add_notice("info", words, link)

    def tell_abrupt_end(self, abrupt: AbruptEnd) -> None:
        """Tell that the last run did not end in order, with what is known of it."""
        logger.warning("the last run, started {}, ended abruptly", abrupt.started or "?")

        def words() -> str:
            return self.tr("The last run, started {0}, ended abruptly.").format(
                when_started(abrupt)
            )

        notice = self.window.add_notice("warning", words)

        def open_report() -> None:
            report = CrashReport(abrupt, self.window)
            report.export_asked.connect(self.window.exporter.ask)
            report.open()

        notice.add_action(lambda: self.tr("Report…"), open_report)

    def quit(self, code: int | None = None, *, hurry: bool = True) -> None:
        """End the program in order, without asking."""
        if code is not None:
            self.exit_code = code
        self.window.shutdown.begin(hurry=hurry)

    @Slot()
    def on_quit_signal(self) -> None:
        """A signal asked the process to end."""
        logger.info("asked to quit by a signal")
        self.quit()

    @Slot()
    def on_quit_asked(self) -> None:
        """Another process of this user asked for the end, such as the installer."""
        logger.info("asked to quit by another process")
        self.quit()

    @Slot()
    def _on_session_end(self) -> None:
        """The user logs off, or the machine shuts down: there are a few seconds left."""
        logger.info("asked to quit by the end of the session")
        # The process is ended soon after this returns; what is accepted is settled before.
        rest = QEventLoop(self)
        self.window.shutdown.finished.connect(rest.quit)
        reason = self.tr("The workers finish what is under way, so that nothing is lost.")
        with held_up(self.window, reason) as is_held:
            QTimer.singleShot(SESSION_HELD_MS if is_held else SESSION_END_MS, rest, rest.quit)
            QTimer.singleShot(SESSION_HURRY_MS, rest, self.quit)
            self.quit(hurry=False)
            rest.exec()

    @Slot(str)
    def _on_theme(self, mode: str) -> None:
        """Use another theme now, and at the next start."""
        self._change_looks({"theme": mode})

    @Slot(str)
    def _on_language(self, code: str) -> None:
        """Use another language now, and at the next start."""
        self._change_looks({"language": code})

    @Slot(str)
    def _on_close_choice(self, choice: str) -> None:
        """Do the same at every close from now on."""
        self._change_looks({"on_close": choice})

    def _change_looks(self, changes: dict[str, str]) -> None:
        def changed(settings: Settings) -> Settings:
            looks = settings.console.model_copy(update=changes)
            return settings.model_copy(update={"console": looks})

        # What is seen follows at once, whether or not it can be kept.
        newest = settings_keeper.newest(self.context)
        self.context.controller.apply_settings(changed(self.context.settings))
        settings_keeper.keep(self.context, self, changed(newest), lambda: None, self._tell_not_kept)

    def _tell_not_kept(self, problem: str) -> None:
        self.window.add_notice("warning", problem)

    @Slot(object)
    def _on_settings(self, settings: Settings) -> None:
        self.context.theme.set_mode(settings.console.theme)
        self._logs.set_level(settings.logs.level)
        self._language.follow(settings.console.language)

    @Slot()
    def _on_shut_down(self) -> None:
        self._app.exit(self.exit_code)

    @Slot(str, str)
    def _on_failed(self, text: str, details: str) -> None:
        self.window.add_notice(
            "danger",
            lambda: self.tr("Something went wrong inside Signalbox: {0}").format(text),
            details,
        )

    def close(self) -> bool:
        """Wait for every thread; False when a worker is still at work."""
        self._power.release()
        self.window.hide()
        self.tray.hide()
        self.context.ticker.stop()
        self.window.exporter.wait()
        QThreadPool.globalInstance().waitForDone(POOL_TIMEOUT_MS)
        is_closed = self.context.controller.wait_until_closed()
        self._timeline.close()
        self._garbage.stop()
        return is_closed


def run(launch: Launch) -> int:
    """Run the program until it is quit and return the exit code; 0 if it runs already.

    Raises:
        OSError: the log or run folder cannot be written.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    app = early.application()
    app.setApplicationVersion(__version__)
    keep_in_files()
    accessibility.install()
    name = instance_name(launch.kind)
    instance = SingleInstance(name)
    marker = RunMarker(runtime_folder(), launch.kind)
    if not _claimed(instance, marker):
        outcome = _beside_other(launch, instance, marker)
        if outcome is Outcome.ANSWERED:
            early.end()
            told = "Signalbox is running already; its window was brought to the front.\n"
            sys.stderr.write(told)
        if outcome is not Outcome.GONE:
            return 0 if outcome is Outcome.ANSWERED else 1
    with Logs(launch.settings.logs, log_folder(), terminal=launch.terminal) as logs:
        code, in_time = _run_marked(app, launch, logs, instance, marker)
        instance.release()
        marker.end()
    if not in_time:
        leave_at_once(code or 1)
    return code


def _claimed(instance: SingleInstance, marker: RunMarker) -> bool:
    """Take the name, also from a run that is on its way out; False when another one has it."""
    return instance.claim() or (marker.wait_until_left(LEAVING_S) and instance.claim())


def _beside_other(launch: Launch, instance: SingleInstance, marker: RunMarker) -> Outcome:
    """Wait for the run that has the name; gone when it has ended, and the name is ours."""
    second = SecondStart(launch.settings.console.language)
    while instance.other is not None:
        outcome = second.wait_for(instance.other, marker.other_pid())
        if outcome is not Outcome.GONE or _claimed(instance, marker):
            return outcome
    return Outcome.ANSWERED


def _run_marked(
    app: QApplication, launch: Launch, logs: Logs, instance: SingleInstance, marker: RunMarker
) -> tuple[int, bool]:
    """Run between the marks of the run; return the exit code, and whether all threads ended."""
    abrupt = marker.begin()
    route_qt_messages()
    logger.info("Signalbox {} starts", __version__)
    i18n.install(launch.settings.console.language)
    console = Console(app, launch, logs)
    install_exception_hooks(runtime_folder(), console.failed.emit)
    if abrupt is not None:
        console.tell_abrupt_end(abrupt)
    instance.raise_asked.connect(console.window.come_to_front)
    instance.quit_asked.connect(console.on_quit_asked)
    signals = QuitSignals(console)
    signals.asked.connect(console.on_quit_signal)
    console.show()
    app.exec()
    signals.release()
    marker.leave()
    in_time = console.close()
    logger.info("Signalbox ends")
    return console.exit_code, in_time
