"""Work in the background: its answer comes back in the GUI thread, or not at all."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QObject, QThreadPool
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from console.background import in_background


@pytest.mark.parametrize("own_thread", [False, True])
def test_the_answer_arrives_in_the_thread_that_asked(qtbot: QtBot, own_thread: bool) -> None:
    owner = QObject()
    seen: list[tuple[int, int]] = []
    in_background(
        owner,
        threading.get_ident,
        lambda worker: seen.append((worker, threading.get_ident())),
        lambda error: pytest.fail(str(error)),
        own_thread=own_thread,
    )
    qtbot.waitUntil(lambda: bool(seen))
    ((worker, answered),) = seen
    assert answered == threading.get_ident()
    assert worker != answered


def test_a_failure_is_handed_over(qtbot: QtBot) -> None:
    owner = QObject()
    failures: list[Exception] = []

    def fail() -> None:
        raise OSError("no disk")

    in_background(owner, fail, lambda _: pytest.fail("no answer was due"), failures.append)
    qtbot.waitUntil(lambda: bool(failures))
    assert str(failures[0]) == "no disk"


def test_an_owner_that_is_gone_is_not_called(qtbot: QtBot) -> None:
    owner = QObject()
    go = threading.Event()
    called: list[object] = []
    in_background(owner, go.wait, called.append, called.append)
    delete(owner)
    go.set()
    assert QThreadPool.globalInstance().waitForDone(60_000)
    done: list[object] = []
    witness = QObject()
    in_background(witness, lambda: 1, done.append, done.append)
    qtbot.waitUntil(lambda: done == [1])
    assert called == []
