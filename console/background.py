"""Work that would make the window wait, done in a thread of the pool, with its answer given back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal, Slot
from shiboken6 import isValid

ResultT = TypeVar("ResultT")

_pending: set[_Reply] = set()


class _Reply(QObject):
    """Brings one answer back into the thread that asked."""

    _arrived = Signal(object, object)

    def __init__(
        self,
        owner: QObject,
        on_done: Callable[[Any], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        super().__init__()
        self._owner = owner
        self._on_done = on_done
        self._on_failed = on_failed
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    def run(self, work: Callable[[], object]) -> None:
        """Do the work; called in a thread of the pool."""
        result: object = None
        failure: Exception | None = None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - handed on to whoever asked
            failure = error
        if isValid(self):
            self._arrived.emit(result, failure)

    @Slot(object, object)
    def _on_arrived(self, result: Any, failure: Exception | None) -> None:
        _pending.discard(self)
        if not isValid(self._owner):
            return
        if failure is not None:
            self._on_failed(failure)
        else:
            self._on_done(result)


def in_background(
    owner: QObject,
    work: Callable[[], ResultT],
    on_done: Callable[[ResultT], None],
    on_failed: Callable[[Exception], None],
    *,
    own_thread: bool = False,
) -> None:
    """Run `work` in a thread of the pool, then one of the callbacks in this one.

    Args:
        owner: when it is gone by then, neither callback is called.
        work: must touch no widget.
        on_done: takes the result.
        on_failed: takes the exception.
        own_thread: for work that may hang for long: the pool has few threads. Such a thread does
            not keep the program from ending.
    """
    reply = _Reply(owner, on_done, on_failed)
    _pending.add(reply)
    if own_thread:
        threading.Thread(target=reply.run, args=(work,), name="background", daemon=True).start()
    else:
        QThreadPool.globalInstance().start(lambda: reply.run(work))
