"""Fails a test that logs a warning or worse which it did not expect."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from loguru import logger

if TYPE_CHECKING:
    from loguru import Message


class ExpectLog:
    """What a test expects to be logged; call it with a pattern.

    Attributes:
        messages: what has been logged so far at WARNING and above, as "LEVEL text".
    """

    def __init__(self) -> None:
        self.messages: list[str] = []
        self._required: list[re.Pattern[str]] = []
        self._allowed: list[re.Pattern[str]] = []

    def __call__(self, pattern: str, *, maybe: bool = False) -> None:
        """Expect a message in which `pattern` is found, before or after this call.

        Args:
            pattern: regular expression, searched in "LEVEL text"; a dot matches newlines, too.
            maybe: it may also not come.
        """
        (self._allowed if maybe else self._required).append(re.compile(pattern, re.DOTALL))

    def problems(self) -> list[str]:
        """Return what was logged unexpectedly, and what was expected and did not come."""
        patterns = [*self._required, *self._allowed]
        unexpected = [
            f"logged unexpectedly: {message}"
            for message in self.messages
            if not any(pattern.search(message) for pattern in patterns)
        ]
        absent = [
            f"expected in the log, but not there: {pattern.pattern}"
            for pattern in self._required
            if not any(pattern.search(message) for message in self.messages)
        ]
        return unexpected + absent


class _StandardLibrary(logging.Handler):
    """Takes what libraries log (asyncio tells of lost exceptions that way)."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(f"{record.levelname} {record.getMessage()}")


@contextmanager
def watched_logs() -> Iterator[ExpectLog]:
    """Watch loguru and logging meanwhile; leaves loguru without any sink.

    Code under test that removes all sinks, as setting up the program's logging does, does not get
    rid of this one.
    """
    expected = ExpectLog()

    def sink(message: Message) -> None:
        record = message.record
        trace = record["extra"].get("trace", "") or record["exception"] or ""
        expected.messages.append(f"{record['level'].name} {record['message']}{trace}")

    def add() -> None:
        logger.add(sink, level="WARNING", format="{message}", catch=False)

    kind = type(logger)
    original = kind.remove

    def remove(self: object, handler_id: int | None = None) -> None:
        original(logger, handler_id)
        if handler_id is None:
            add()

    standard = _StandardLibrary(expected.messages)
    logger.remove()
    logger.configure(patcher=lambda _record: None)
    add()
    logging.getLogger().addHandler(standard)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "remove", remove)
        yield expected
    logging.getLogger().removeHandler(standard)
    logger.remove()
