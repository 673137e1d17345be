"""Broken settings at the start: the version before them is offered, and never taken by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from commands.gui import _launch
from console import i18n
from console.app import Console
from console.widgets.notice_bar import NoticeBar
from console.window_state import keep_in_files
from pipeline import settings_file
from pipeline.logs import Logs
from pipeline.settings import Settings, demo_settings
from tests.support.log_guard import ExpectLog
from tests.support.windows import close_console, press

BROKEN = '[kafka]\nmode = "embeded"\n'
USE = "Use the last good settings of"


@pytest.fixture
def path(tmp_path: Path, expect_log: ExpectLog) -> Path:
    """A settings file that was saved twice, then broken by hand."""
    expect_log("the settings could not be used")
    file = tmp_path / "config" / "signalbox.toml"
    settings_file.save(demo_settings(), file)
    settings_file.save(Settings(), file)
    file.write_text(BROKEN, encoding="utf-8")
    return file


@contextmanager
def started(qtbot: QtBot, qapp: QApplication, path: Path) -> Iterator[Console]:
    """Start the program's window with this settings file; it is gone at the end."""
    keep_in_files()
    launch = _launch(path, chosen=False)
    with Logs(launch.settings.logs, path.parent, terminal=False) as logs:
        console = Console(qapp, launch, logs)
        console.show()
        qtbot.waitUntil(lambda: console.painted_s is not None)
        qtbot.waitUntil(lambda: bool(console.window.page_key))
        try:
            yield console
        finally:
            console.quit()
            close_console(console)


def notices(console: Console) -> list[str]:
    return [bar.accessibleName() for bar in console.window.findChildren(NoticeBar)]


def offer(console: Console) -> NoticeBar:
    (bar,) = console.window.findChildren(NoticeBar)
    return bar


def test_the_last_good_settings_are_taken_up_on_a_click(
    qtbot: QtBot, qapp: QApplication, path: Path
) -> None:
    with started(qtbot, qapp, path) as console:
        assert console.context.settings == Settings(), "nothing is taken without being asked"
        assert "signalbox.toml.broken-1" in notices(console)[0]
        press(qtbot, offer(console), USE)
        qtbot.waitUntil(lambda: console.context.settings == demo_settings())
        qtbot.waitUntil(lambda: any("in use again" in text for text in notices(console)))
        qtbot.waitUntil(lambda: len(notices(console)) == 1)
    assert settings_file.load(path) == demo_settings()
    kept = path.with_name("signalbox.toml.broken-1")
    assert kept.read_text(encoding="utf-8") == BROKEN


def test_defaults_that_are_kept_are_not_asked_about_again(
    qtbot: QtBot, qapp: QApplication, path: Path
) -> None:
    with started(qtbot, qapp, path) as console:
        press(qtbot, offer(console), "Keep defaults")
        qtbot.waitUntil(path.exists)
        qtbot.waitUntil(lambda: notices(console) == ["The defaults are kept."])
        assert console.context.settings == Settings()
    assert settings_file.last_good(path) is not None, "the good version is still there"
    assert _launch(path, chosen=False).broken is None


def test_who_does_not_choose_is_asked_at_the_next_start(
    qtbot: QtBot, qapp: QApplication, path: Path, expect_log: ExpectLog
) -> None:
    expect_log("there is no settings file any more")
    with started(qtbot, qapp, path):
        pass
    assert not path.exists()
    with started(qtbot, qapp, path) as console:
        assert "no settings file any more" in notices(console)[0]
        press(qtbot, offer(console), USE)
        qtbot.waitUntil(lambda: console.context.settings == demo_settings())


def test_the_offer_follows_the_language(qtbot: QtBot, qapp: QApplication, path: Path) -> None:
    with started(qtbot, qapp, path) as console:
        try:
            console.window.language_chosen.emit("zh_CN")
            qtbot.waitUntil(lambda: "保留默认设置" in button_texts(console))
            assert notices(console)[0].startswith("设置文件无法使用")
        finally:
            i18n.install("en")


def test_without_a_good_version_none_is_offered(
    qtbot: QtBot, qapp: QApplication, path: Path
) -> None:
    path.with_name("signalbox.toml.bak").write_text(BROKEN, encoding="utf-8")
    with started(qtbot, qapp, path) as console:
        assert len(notices(console)) == 1
        assert USE not in " ".join(button_texts(console))


def button_texts(console: Console) -> list[str]:
    return [button.text() for button in offer(console).findChildren(QPushButton)]


def test_what_cannot_be_written_leaves_the_offer(
    qtbot: QtBot, qapp: QApplication, path: Path, expect_log: ExpectLog
) -> None:
    expect_log("the settings cannot be saved")
    with started(qtbot, qapp, path) as console:
        bar = offer(console)
        # In place of the file stands a folder, which no file can replace.
        path.mkdir()
        (path / "something").touch()
        press(qtbot, bar, USE)
        qtbot.waitUntil(lambda: any("cannot be saved" in text for text in notices(console)))
        assert bar.isVisible()
        assert console.context.settings == Settings()
