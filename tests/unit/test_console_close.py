"""A closing console asks for the end and waits for it; Ctrl+C goes on to the signals."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from pipeline import console_close
from pipeline.console_close import ClosingConsole, stop_on_console_close

Handler = Callable[[int], bool]


class Windows:
    """Calls the handler that was registered, as Windows does: in a thread of its own.

    Attributes:
        is_released: whether the handler was taken back.
    """

    def __init__(self) -> None:
        self.is_released = False
        self._handler: Handler | None = None
        self._threads: list[threading.Thread] = []

    def register(self, handler: Handler) -> Callable[[], None]:
        self._handler = handler
        return self._release

    def close(self, returned: threading.Event) -> None:
        assert self._handler is not None
        handler = self._handler

        def call() -> None:
            assert handler(2)
            returned.set()

        thread = threading.Thread(target=call)
        thread.start()
        self._threads.append(thread)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _release(self) -> None:
        self.is_released = True


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[Windows]:
    made = Windows()
    monkeypatch.setattr(console_close, "_register", made.register)
    yield made
    made.join()


def test_windows_waits_also_after_all_is_stopped(
    windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would end the process before the last lines of the log, with a code of its own."""
    monkeypatch.setattr(console_close, "LONGEST_WAIT_S", 1.0)
    asked, returned = threading.Event(), threading.Event()
    with stop_on_console_close(asked.set):
        windows.close(returned)
        assert asked.wait(5)
    assert not returned.wait(0.1), "Windows would end the process now"
    assert not windows.is_released, "asked while the handler runs, Windows would not answer"


def test_without_such_an_event_the_handler_is_taken_back(windows: Windows) -> None:
    with stop_on_console_close(lambda: None):
        assert not windows.is_released
    assert windows.is_released


@pytest.mark.parametrize("kind", [2, 5, 6])
def test_every_end_of_a_console_asks(kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_close, "LONGEST_WAIT_S", 0.01)
    asked = threading.Event()
    closing = ClosingConsole(asked.set)
    assert closing.on_event(kind)
    assert closing.has_come
    assert asked.is_set()


def test_ctrl_break_asks_and_lets_windows_go_on_at_once() -> None:
    asked = threading.Event()
    closing = ClosingConsole(asked.set)
    assert closing.on_event(1)
    assert asked.is_set()
    assert not closing.has_come


@pytest.mark.parametrize("kind", [0, 3])
def test_others_are_left_to_the_signals(kind: int) -> None:
    asked = threading.Event()
    closing = ClosingConsole(asked.set)
    assert not closing.on_event(kind)
    assert not asked.is_set()
    assert not closing.has_come
