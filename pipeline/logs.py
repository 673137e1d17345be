"""Logging, set up once per process: files per worker, the window's ring, the terminal.

Whatever a message holds (braces, ``<red>``, newlines, half a surrogate pair) is written as it is:
nothing after the call formats it again. Secrets are masked before any sink sees the record.
"""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Self

from loguru import logger

from pipeline.log_files import LogFileWriter
from pipeline.log_ring import LogRing
from pipeline.redact import redact_text
from pipeline.settings import LogSettings

if TYPE_CHECKING:
    from loguru import Message, Record

DEFAULT_WORKER = "console"

_FORMAT = (
    "{time:YYYY-MM-DD HH:mm:ss.SSS} | {level: <8} | {name}:{function}:{line} - "
    "{message}{extra[trace]}\n"
)
_TERMINAL_FORMAT = (
    "<dim>{time:HH:mm:ss.SSS}</dim> <level>{level: <8}</level> {extra[worker]: <11} "
    "{message}{extra[trace]}\n"
)


class Logs:
    """The process's logging; a context manager.

    Attributes:
        ring: newest lines, for the window.
        folder: where the files are; None while no file is written.
    """

    def __init__(
        self, settings: LogSettings, parent: Path | None, *, terminal: bool = False
    ) -> None:
        """Route loguru, the standard library's logging and warnings.

        Args:
            settings: level and rotation.
            parent: log folder of the user; None to write no files.
            terminal: also write to stderr, where there is one.

        Raises:
            OSError: the log folder cannot be written.
        """
        self.ring = LogRing()
        self._files: LogFileWriter | None = None
        if parent is not None:
            self._files = LogFileWriter(
                parent,
                max_bytes=settings.rotation_mb * 1_000_000,
                backups=settings.keep_files,
            )
        self.folder = self._files.folder if self._files else None
        self._terminal = terminal
        logger.configure(patcher=_prepare)
        logger.remove()
        self._level: str = settings.level
        self._handlers = self._add_handlers(settings.level)
        logging.basicConfig(handlers=[_ToLoguru()], level=logging.INFO, force=True)
        logging.captureWarnings(capture=True)

    @property
    def level(self) -> str:
        """The lowest level that is written."""
        return self._level

    def set_level(self, level: str) -> None:
        """Write lines of this level and above from now on; nothing is lost meanwhile."""
        if level == self._level:
            return
        # The new ones first: a line of this very moment may come twice, but none goes missing.
        before, self._handlers, self._level = self._handlers, self._add_handlers(level), level
        for handler in before:
            logger.remove(handler)
        logger.info("the log level is {} now", level)

    def _add_handlers(self, level: str) -> list[int]:
        handlers = [logger.add(self._to_sinks, level=level, format=_file_format, diagnose=False)]
        if self._terminal and sys.stderr is not None:  # no stderr without a console on Windows
            handlers.append(
                logger.add(sys.stderr, level=level, format=_terminal_format, diagnose=False)
            )
        return handlers

    def flush(self) -> None:
        """Wait until every line so far is in its file."""
        if self._files is not None:
            self._files.flush()

    def close(self) -> None:
        """End logging: the files are complete and closed."""
        logger.remove()
        logging.captureWarnings(capture=False)
        logging.basicConfig(handlers=[logging.NullHandler()], force=True)
        if self._files is not None:
            self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _to_sinks(self, message: Message) -> None:
        record = message.record
        worker = str(record["extra"]["worker"])
        trace = str(record["extra"]["trace"])
        self.ring.append(record["time"], record["level"].name, worker, record["message"] + trace)
        if self._files is not None:
            self._files.put(worker, str(message))


def _prepare(record: Record) -> None:
    """Give the record its worker, and mask secrets in message and traceback."""
    extra = record["extra"]
    extra.setdefault("worker", DEFAULT_WORKER)
    record["message"] = redact_text(record["message"])
    extra["trace"] = ""
    if record["exception"] is not None:
        kind, value, trace = record["exception"]
        if kind is not None:
            lines = "".join(traceback.format_exception(kind, value, trace)).rstrip()
            extra["trace"] = "\n" + redact_text(lines)
        # Formatted above; loguru must not add the raw one.
        record["exception"] = None


def _file_format(_record: Record) -> str:
    return _FORMAT


def _terminal_format(_record: Record) -> str:
    return _TERMINAL_FORMAT


class _ToLoguru(logging.Handler):
    """Hands records of the standard library's logging to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        exception = record.exc_info if record.exc_info and record.exc_info[0] else None
        logger.opt(depth=6, exception=exception).log(level, "{}", record.getMessage())
