"""What tests of the window share: its services with nothing running, and the window itself.

A module that wants other settings has a fixture `settings` of its own.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.garbage import collect_what_is_due
from console.main_window import MainWindow
from pipeline.settings import Settings, demo_settings
from tests.support.console_parts import console_context
from tests.support.windows import shown_window

WAIT_MS = 20_000
"""How long a test waits for what it expects: a busy machine takes more than pytest-qt's 5 s now and
then. What comes sooner ends the wait."""

for _wait in (QtBot.waitUntil, QtBot.waitSignal):
    assert _wait.__kwdefaults__
    assert _wait.__kwdefaults__["timeout"] == 5000
    _wait.__kwdefaults__["timeout"] = WAIT_MS


@pytest.fixture(autouse=True)
def _garbage_is_collected_here() -> Iterator[None]:
    """As in the program: no Qt object ends in another thread (see `console/garbage.py`)."""
    gc.disable()
    yield
    # What is left of the widgets would be painted anew for the theme of the next test.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.enable()
    collect_what_is_due()


@pytest.fixture(autouse=True)
def _region_of_no_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dates and numbers are the same wherever the tests run."""
    monkeypatch.setattr(QLocale, "system", QLocale.c)


@pytest.fixture
def settings() -> Settings:
    return demo_settings()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the settings are kept; there is no file yet."""
    return tmp_path / "settings.toml"


@pytest.fixture
def context(qtbot: QtBot, settings: Settings, path: Path) -> Iterator[ConsoleContext]:
    with console_context(qtbot, settings) as made:
        yield replace(made, settings_path=path)


@pytest.fixture
def make_window(qtbot: QtBot, context: ConsoleContext) -> Iterator[Callable[[], MainWindow]]:
    """Makes windows as the program does; they are gone at the end."""
    with ExitStack() as made:
        yield lambda: made.enter_context(shown_window(qtbot, context))


@pytest.fixture
def window(make_window: Callable[[], MainWindow]) -> MainWindow:
    """The window of the program."""
    return make_window()
