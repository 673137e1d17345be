"""The window's services for tests of single pages and widgets: the real ones, nothing running."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.controller import PipelineController
from console.figures import Figures
from console.theme.theme import ThemeManager, ThemeMode
from console.ticker import Ticker
from console.timeline_keeper import TimelineKeeper
from console.window_state import keep_in_files
from pipeline.log_ring import LogRing
from pipeline.settings import Settings
from pipeline.telemetry import TelemetryHub


@contextmanager
def console_context(
    qtbot: QtBot, settings: Settings, theme: ThemeMode = "dark"
) -> Iterator[ConsoleContext]:
    """Give a context whose ticker ticks and whose pipeline is not open; tidy it up at the end."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    keep_in_files()
    hub = TelemetryHub()
    controller = PipelineController(settings, hub)
    figures = Figures(hub, controller, controller)
    ticker = Ticker(controller)
    manager = ThemeManager(app, theme)
    context = ConsoleContext(hub, manager, controller, ticker, LogRing(), figures)
    ticker.figures.connect(figures.sample)
    ticker.start()
    yield context
    ticker.stop()
    assert controller.wait_until_closed()
    timeline = controller.findChild(TimelineKeeper)
    if timeline is not None:
        timeline.close()
    assert QThreadPool.globalInstance().waitForDone(60_000)
    app.processEvents()
    manager.deleteLater()
    controller.deleteLater()
    app.processEvents()
