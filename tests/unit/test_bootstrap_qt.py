"""Before a window opens: the PySide6 that aborts is refused, and there must be a screen."""

from __future__ import annotations

import os
import sys

import pytest

from bootstrap.messages import SetupError
from bootstrap.qt import bad_pair, choose_platform


@pytest.mark.parametrize(
    ("python", "pyside", "refused"),
    [
        ((3, 11), "6.12.0", True),
        ((3, 11), "6.12.1", True),
        ((3, 11), "6.13.0", True),
        ((3, 11), "6.11.3", False),
        ((3, 11), "6.8.3", False),
        ((3, 12), "6.12.0", False),
        ((3, 13), "6.12.0", False),
    ],
)
def test_the_pair_that_aborts_is_refused(
    python: tuple[int, int], pyside: str, refused: bool
) -> None:
    reason = bad_pair(python, pyside)
    assert (reason is not None) == refused
    if reason is not None:
        assert "none_dealloc" in reason
        assert '"PySide6-Essentials<6.12"' in reason


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.setenv(name, "")


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")


@on_linux
@pytest.mark.usefixtures("no_display")
def test_a_window_without_a_display_is_refused_with_a_way_out() -> None:
    with pytest.raises(SetupError, match=r"main\.py run"):
        choose_platform("", ())


@on_linux
@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize("argument", ["--screenshot", "--screenshot=shot.png"])
def test_a_screenshot_needs_no_display(argument: str, capsys: pytest.CaptureFixture[str]) -> None:
    choose_platform("demo", (argument, "shot.png"))
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"
    assert "off screen" in capsys.readouterr().err


@on_linux
@pytest.mark.usefixtures("no_display")
def test_a_display_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    choose_platform("", ())
    assert not os.environ["QT_QPA_PLATFORM"]


@on_linux
def test_the_users_choice_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "vnc")
    choose_platform("test", ())
    assert os.environ["QT_QPA_PLATFORM"] == "vnc"


@on_linux
@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize("names", [(), ("kafka",), ("kafka", "doctor", "--rounds", "1")])
def test_benchmarks_run_on_a_server_without_a_display(names: tuple[str, ...]) -> None:
    choose_platform("bench", names)
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"


@on_linux
@pytest.mark.usefixtures("no_display")
def test_the_benchmark_of_the_window_wants_a_display() -> None:
    with pytest.raises(SetupError, match="no display"):
        choose_platform("bench", ("kafka", "gui"))
