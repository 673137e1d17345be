"""Qt objects in unreachable cycles end in the window's thread, whoever allocates meanwhile."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from console.garbage import GarbageCollector


class Cycle(QObject):
    """Holds itself, as a page does that is called back by its own parts."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


@pytest.fixture
def collector(qtbot: QtBot) -> Iterator[GarbageCollector]:
    gc.collect()
    made = GarbageCollector()
    made.start()
    yield made
    made.stop()
    made.deleteLater()


def let_go(ended_in: list[int]) -> None:
    """Make a cycle that nobody holds, and note in which thread it ends."""
    cycle = Cycle()
    weakref.finalize(cycle, lambda: ended_in.append(threading.get_ident()))


def allocate(kept: list[list[int]]) -> None:
    """Make so much that Python would collect all generations."""
    kept += [[number] for number in range(300_000)]


def test_a_cycle_ends_in_the_thread_of_the_window_however_much_others_allocate(
    qtbot: QtBot, collector: GarbageCollector
) -> None:
    ended_in: list[int] = []
    kept: list[list[int]] = []
    let_go(ended_in)
    busy = threading.Thread(target=allocate, args=(kept,))
    busy.start()
    busy.join()
    assert ended_in == []
    qtbot.waitUntil(lambda: ended_in == [threading.get_ident()])


def test_afterwards_python_collects_again(collector: GarbageCollector) -> None:
    assert not gc.isenabled()
    collector.stop()
    assert gc.isenabled()
    ended_in: list[int] = []
    let_go(ended_in)
    allocate([])
    assert ended_in == [threading.get_ident()]
