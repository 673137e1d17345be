"""A closing console asks for the end and waits for it; other events go on to the signals."""

from __future__ import annotations

import threading

import pytest

from pipeline import console_close
from pipeline.console_close import closing_handler


@pytest.mark.parametrize("kind", [2, 5, 6])
def test_it_asks_and_waits_until_all_is_done(kind: int) -> None:
    asked, done, returned = threading.Event(), threading.Event(), threading.Event()
    handler = closing_handler(asked.set, done)

    def windows() -> None:
        assert handler(kind)
        returned.set()

    thread = threading.Thread(target=windows)
    thread.start()
    assert asked.wait(5)
    assert not returned.wait(0.1), "Windows would end the process now"
    done.set()
    assert returned.wait(5)
    thread.join()


@pytest.mark.parametrize("kind", [0, 1, 3])
def test_ctrl_c_and_ctrl_break_are_signals(kind: int) -> None:
    asked = threading.Event()
    assert not closing_handler(asked.set, threading.Event())(kind)
    assert not asked.is_set()


def test_it_does_not_wait_longer_than_windows_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_close, "LONGEST_WAIT_S", 0.01)
    assert closing_handler(lambda: None, threading.Event())(2)
