"""Stopping without a window: by signals of each system, and without waiting for one."""

from __future__ import annotations

import signal
import sys
import threading
import time

import pytest

from pipeline.runner import stop_on_signals, wait_for_stop

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="raises signals as Linux does")


@posix_only
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_asks_for_a_stop_and_the_handlers_of_before_come_back(name: str) -> None:
    """No traceback, no exception: the workers finish what they hold."""
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with stop_on_signals() as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        wait_for_stop(stop, None)
        assert stop.is_set()
        signal.raise_signal(number)  # an impatient second one changes nothing
    assert signal.getsignal(number) is before


@posix_only
@pytest.mark.parametrize("name", ["SIGINT", "SIGBREAK"])
def test_the_same_on_windows_which_has_no_pause_and_no_sigterm(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl+C and Ctrl+Break; nothing asks for what Windows lacks."""
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)
    monkeypatch.delattr(signal, "pause")
    number = getattr(signal, name)
    before = signal.getsignal(signal.SIGTERM)
    with monkeypatch.context() as windows:
        windows.setattr("pipeline.runner.sys.platform", "win32")
        # Registers with the real Windows, which is tried under Wine.
        windows.setattr("pipeline.console_close._register", lambda handler: None)
        with stop_on_signals() as stop:
            assert signal.getsignal(signal.SIGTERM) is before
            signal.raise_signal(number)
            wait_for_stop(stop, None)
            assert stop.is_set()


def test_a_wait_ends_by_itself_after_its_time() -> None:
    """For ``--duration``."""
    began_s = time.monotonic()
    wait_for_stop(threading.Event(), 0.01)
    assert time.monotonic() - began_s < 10.0
