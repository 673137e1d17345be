"""The plate with the name that stands until the window is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console import early
from console.app import Console, Launch
from console.instance import SingleInstance, instance_name
from console.theme.tokens import DARK
from console.window_state import keep_in_files
from pipeline.logs import Logs
from pipeline.settings import demo_settings
from tests.support.windows import close_console

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> Iterator[None]:
    monkeypatch.setenv("SIGNALBOX_HOME", str(tmp_path))
    yield
    early.end()


def plates() -> list[early.Plate]:
    return [
        each
        for each in QApplication.topLevelWidgets()
        if isinstance(each, early.Plate) and each.isVisible()
    ]


def test_stands_until_it_is_taken_away() -> None:
    early.begin("console")
    (plate,) = plates()
    assert early.shown_s() is not None
    colors = _colors(plate.grab().toImage())
    assert {DARK.surface, DARK.ok, DARK.warning, DARK.text_strong} <= colors
    early.end()
    assert not plates()


def test_does_not_come_before_a_window_that_is_there_already() -> None:
    first = SingleInstance(instance_name("console"))
    assert first.claim()
    try:
        early.begin("console")
        assert not plates()
        assert early.shown_s() is None
    finally:
        first.release()


def test_goes_once_the_window_is_painted(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    early.begin("console")
    keep_in_files()
    with Logs(demo_settings().logs, tmp_path, terminal=False) as logs:
        console = Console(qapp, Launch(demo_settings(), page="settings"), logs)
        console.show()
        assert plates()
        qtbot.waitUntil(lambda: console.painted_s is not None)
        assert not plates()
        console.quit()
        close_console(console)


def test_is_seen_before_the_rest_of_the_program_is_imported(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "console.bench.cold_start"],
        cwd=ROOT,
        env={**os.environ, "SIGNALBOX_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    moments = json.loads(done.stdout.splitlines()[-1])
    assert moments["shownS"] < moments["paintedS"] < moments["readyS"]


def test_imports_little() -> None:
    """A plate that waits for the settings or the log would come no sooner than the window."""
    words = "import sys, console.early; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "PySide6.QtWidgets" in loaded
    assert not loaded & {"pydantic", "loguru", "qtawesome", "numpy", "console.app", "asyncio"}


def _colors(image: QImage) -> set[str]:
    return {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }
