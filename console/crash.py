"""What is left behind when the program ends badly, and reading it at the next start.

A marker file lies in the run folder while the program runs; one that is found at the start, and
whose process is gone, tells of an abrupt end. Beside it, faulthandler writes the stacks of a hard
crash, and unhandled exceptions are kept as ``last-exception.txt``.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import psutil
from loguru import logger
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from pipeline import __version__
from pipeline.redact import redact_text


@dataclass(frozen=True, slots=True)
class AbruptEnd:
    """The run before ended without closing.

    Attributes:
        started: when that run began, local time.
        stacks: what faulthandler wrote, empty when the process was killed from outside.
    """

    started: datetime | None
    stacks: str


class RunMarker:
    """Marks a run from `begin` to `end`; one for each instance name."""

    def __init__(self, folder: Path, name: str) -> None:
        self._marker = folder / f"running-{name}.json"
        self._stacks = folder / f"crash-{name}.txt"
        self._file: IO[str] | None = None
        self._table: dict[str, Any] = {}

    def begin(self) -> AbruptEnd | None:
        """Mark this run; return how the one before ended if that was abrupt.

        Raises:
            OSError: the run folder cannot be written.
        """
        self._marker.parent.mkdir(parents=True, exist_ok=True)
        before = self._read_before()
        if before is not None and before.stacks:
            self._stacks.replace(self._stacks.with_name(f"last-{self._stacks.name}"))
        process = psutil.Process()
        table = {
            "pid": process.pid,
            "processStarted": process.create_time(),
            "started": datetime.now().astimezone().isoformat(timespec="seconds"),
            "version": __version__,
        }
        self._table = table
        self._marker.write_text(json.dumps(table), encoding="utf-8")
        self._file = self._stacks.open("w", encoding="utf-8")
        faulthandler.enable(self._file)
        return before

    def leave(self) -> None:
        """Note that the window is gone and the rest is being ended; that may take a while."""
        with contextlib.suppress(OSError):
            self._marker.write_text(json.dumps({**self._table, "leaving": True}), encoding="utf-8")

    def wait_until_left(self, timeout_s: float) -> bool:
        """Wait for the end of another run that is on its way out; False when it stays."""
        try:
            table = json.loads(self._marker.read_text(encoding="utf-8"))
            if not table["leaving"]:
                return False
            if _is_alive(table):
                psutil.Process(int(table["pid"])).wait(timeout_s)
        except (FileNotFoundError, psutil.NoSuchProcess):
            return True  # it was gone by then
        except (psutil.Error, OSError, ValueError, KeyError, TypeError):
            return False
        return True

    def other_pid(self) -> int | None:
        """Return the process of the run that is marked; None where that is not known."""
        try:
            return int(json.loads(self._marker.read_text(encoding="utf-8"))["pid"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _read_before(self) -> AbruptEnd | None:
        try:
            table = json.loads(self._marker.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            return AbruptEnd(None, self._read_stacks())
        if not isinstance(table, dict) or _is_alive(table):
            return None
        stacks = self._read_stacks()
        if table.get("leaving") and not stacks:
            return None  # all had stopped; Windows waits for the rest five seconds at a log-off
        return AbruptEnd(_time(table.get("started")), stacks)

    def _read_stacks(self) -> str:
        try:
            return self._stacks.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""

    def end(self) -> None:
        """Take the mark away: this run ends in order."""
        faulthandler.disable()
        if self._file is not None:
            self._file.close()
            self._file = None
        self._stacks.unlink(missing_ok=True)
        self._marker.unlink(missing_ok=True)


def _is_alive(table: dict[str, Any]) -> bool:
    """Whether the process that wrote a marker still runs; a reused process id is no such one."""
    try:
        process = psutil.Process(int(table["pid"]))
        if process.status() == psutil.STATUS_ZOMBIE:
            return False  # killed, and not yet collected by its parent
        return bool(abs(process.create_time() - float(table["processStarted"])) < 1.0)
    except (psutil.Error, KeyError, TypeError, ValueError):
        return False


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def install_exception_hooks(folder: Path, tell: Callable[[str, str], None]) -> None:
    """Log what nobody caught, keep it as a file, and tell people.

    Args:
        folder: where ``last-exception.txt`` goes.
        tell: called with one line and the details, from the thread that failed; must not raise.
    """

    def report(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None, where: str
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        details = redact_text("".join(traceback.format_exception(kind, error, trace)))
        logger.critical("unhandled error in {}: {}", where, details.rstrip())
        _keep(folder, details)
        tell(redact_text(f"{kind.__name__}: {error}"), details)

    def on_main(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        report(kind, error, trace, "the window")

    def on_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            name = arguments.thread.name if arguments.thread else "?"
            report(
                arguments.exc_type, arguments.exc_value, arguments.exc_traceback, f"thread {name}"
            )

    sys.excepthook = on_main
    threading.excepthook = on_thread


def thread_stacks() -> str:
    """Return what every thread of this process is doing, secrets masked; for support."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    parts = [
        f"{names.get(ident, 'thread')} ({ident})\n" + "".join(traceback.format_stack(frame))
        for ident, frame in sys._current_frames().items()
    ]
    return redact_text("\n".join(parts))


def _keep(folder: Path, details: str) -> None:
    text = f"Signalbox {__version__}, {datetime.now().astimezone().isoformat()}\n{details}"
    try:
        (folder / "last-exception.txt").write_text(text, encoding="utf-8")
    except OSError as error:
        logger.warning("last-exception.txt cannot be written: {}", error)


_QT_LEVELS = {
    QtMsgType.QtDebugMsg: "DEBUG",
    QtMsgType.QtInfoMsg: "INFO",
    QtMsgType.QtWarningMsg: "WARNING",
    QtMsgType.QtCriticalMsg: "ERROR",
    QtMsgType.QtFatalMsg: "CRITICAL",
}


def route_qt_messages() -> None:
    """Write Qt's own messages into the log."""

    def on_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        category = context.category or "qt"
        logger.log(_QT_LEVELS.get(kind, "WARNING"), "{}: {}", category, message)

    qInstallMessageHandler(on_message)


def leave_at_once(code: int) -> None:
    """End the process without waiting for threads that do not stop."""
    os._exit(code)
