"""Dialogs that are open while the theme or the language of the window changes."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QMenu,
    QMessageBox,
    QProgressDialog,
    QTreeWidget,
)
from pytestqt.qtbot import QtBot

import console
from console import i18n
from console.context import ConsoleContext
from console.help import HelpDialog
from console.language_change import LanguageChange
from console.main_window import MainWindow
from console.widgets.connection_dialog import ConnectionDialog
from console.widgets.dialog_buttons import MessageBox
from console.widgets.status_bar import StatusBar
from pipeline.messages import utc_now
from pipeline.settings import Settings, demo_settings
from pipeline.settings_alarms import MaintenanceWindow
from tests.support.chinese import HAN, visible_texts
from tests.support.dialogs import DIALOGS, opened

ONE_OF_EACH: Final = {
    "HelpDialog": "help",
    "AboutDialog": "about",
    "CrashReport": "crash",
    "ExportDialog": "export",
    "CameraDialog": "camera",
    "AreaDialog": "areas",
    "CameraImport": "import",
    "ConnectionDialog": "connection",
    "DeadLetterDialog": "dead letters",
    "JavaDialog": "java",
    "KeyDialog": "key",
    "PromptDialog": "prompt",
    "MaintenanceDialog": "maintenance",
    "DailyDialog": "daily",
    "ReplayDialog": "replay",
    "MinuteDialog": "minute",
    "CourseDialog": "course",
    "FirstStart": "first start 1.1",
}


@pytest.fixture(autouse=True)
def _english_again(qapp: QApplication) -> Iterator[None]:
    del qapp
    i18n.install("en")
    yield
    i18n.install("en")


@pytest.fixture
def settings() -> Settings:
    """Settings whose list of times of maintenance is coloured: one is now."""
    demo = demo_settings()
    now = MaintenanceWindow(begin=utc_now(), end=utc_now() + timedelta(hours=1))
    alarms = demo.aggregator.alarms.model_copy(update={"maintenance": (now,)})
    aggregator = demo.aggregator.model_copy(update={"alarms": alarms})
    return demo.model_copy(update={"aggregator": aggregator})


def picture(dialog: QDialog) -> QImage:
    if isinstance(dialog, ConnectionDialog):
        (table,) = dialog.findChildren(QTreeWidget)
        for row in range(table.topLevelItemCount()):
            item = table.topLevelItem(row)
            assert item is not None
            item.setText(2, "1 ms")  # measured: never twice the same
    for _ in range(3):
        QCoreApplication.processEvents()
    if dialog.focusWidget() is not None:
        dialog.focusWidget().clearFocus()
    return dialog.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def test_every_dialog_is_tried() -> None:
    for module in pkgutil.walk_packages(console.__path__, "console."):
        if ".bench" not in module.name:
            importlib.import_module(module.name)
    ours = {
        kind.__name__
        for kind in [*QDialog.__subclasses__(), *QProgressDialog.__subclasses__()]
        if kind.__module__.startswith("console.")
    }
    assert ours == set(ONE_OF_EACH)


def test_an_open_dialog_is_of_the_new_theme_all_over(
    qtbot: QtBot, context: ConsoleContext, window: MainWindow
) -> None:
    stale = []
    for name in DIALOGS:
        context.theme.set_mode("dark")
        with opened(qtbot, name, context, window) as dialog:
            dark = picture(dialog)
            context.theme.set_mode("light")
            changed = picture(dialog)
            size = dialog.size()
        with opened(qtbot, name, context, window) as fresh:
            fresh.resize(size)
            wanted = picture(fresh)
        assert dark != wanted
        if changed != wanted:
            stale.append(name)
    assert stale == []


def test_a_language_waits_for_every_dialog(
    qtbot: QtBot, context: ConsoleContext, window: MainWindow
) -> None:
    change = LanguageChange(window, context.theme)
    for name in ONE_OF_EACH.values():
        speaks = i18n.current()
        wanted = "en" if speaks == "zh_CN" else "zh_CN"
        bar = window.status_bar
        with opened(qtbot, name, context, window) as dialog:
            before = visible_texts(dialog)
            change.follow(wanted)
            QCoreApplication.processEvents()
            assert i18n.current() == speaks, name
            assert visible_texts(dialog) == before, name
        qtbot.waitUntil(made_anew(window, bar))
        assert i18n.current() == wanted


def made_anew(window: MainWindow, bar: StatusBar) -> Callable[[], bool]:
    """Whether the window has another status bar than before."""
    return lambda: window.status_bar is not bar


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_language_waits_for_questions_files_and_menus(
    qtbot: QtBot, context: ConsoleContext, window: MainWindow
) -> None:
    change = LanguageChange(window, context.theme)
    question = MessageBox(QMessageBox.Icon.Question, "?", "?", parent=window)
    files = QFileDialog(window)
    files.setOption(QFileDialog.Option.DontUseNativeDialog)
    menu = QMenu(window)
    menu.addAction("?")
    for shown in (question, files, menu):
        bar, speaks = window.status_bar, i18n.current()
        shown.popup(window.pos()) if isinstance(shown, QMenu) else shown.open()
        qtbot.waitUntil(shown.isVisible)
        change.follow("en" if speaks == "zh_CN" else "zh_CN")
        QCoreApplication.processEvents()
        assert i18n.current() == speaks
        shown.close()
        qtbot.waitUntil(made_anew(window, bar))
        assert i18n.current() != speaks


def test_a_wish_that_is_taken_back_while_a_dialog_is_open_changes_nothing(
    qtbot: QtBot, context: ConsoleContext, window: MainWindow
) -> None:
    change = LanguageChange(window, context.theme)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    (help_,) = window.findChildren(HelpDialog)
    bar = window.status_bar
    change.follow("zh_CN")
    change.follow("en")
    help_.close()
    qtbot.waitUntil(lambda: not change.is_waiting)
    QCoreApplication.processEvents()
    assert window.status_bar is bar
    assert not HAN.search(window.top_bar.start_button.text())
