"""The guards themselves: a test that warns or leaves a thread must fail."""

from __future__ import annotations

import logging
import threading

import pytest
from loguru import logger

from pipeline.logs import Logs
from pipeline.settings import LogSettings
from tests.support import thread_guard
from tests.support.log_guard import ExpectLog, watched_logs
from tests.support.thread_guard import no_thread_left


def test_a_warning_is_a_problem_unless_expected(expect_log: ExpectLog) -> None:
    expect_log("camera|broker", maybe=True)
    with watched_logs() as expected:
        logger.info("fine")
        logger.warning("camera {} lost", 3)
        logger.error("broker gone")
        expected(r"ERROR broker")
    assert expected.problems() == ["logged unexpectedly: WARNING camera 3 lost"]


def test_an_expected_message_must_come_unless_it_only_may() -> None:
    with watched_logs() as expected:
        expected("this one")
        expected("or that one", maybe=True)
    assert expected.problems() == ["expected in the log, but not there: this one"]


def test_setting_up_the_programs_logging_does_not_end_the_watch(expect_log: ExpectLog) -> None:
    expect_log("inside|library|after", maybe=True)
    with watched_logs() as expected:
        with Logs(LogSettings(level="DEBUG"), None):
            logger.warning("inside")
            logging.getLogger("library").warning("through the standard library")
        logger.warning("after")
    assert [message.split(maxsplit=1)[1] for message in expected.messages] == [
        "inside",
        "through the standard library",
        "after",
    ]


def test_the_log_of_the_standard_library_is_watched(expect_log: ExpectLog) -> None:
    logging.getLogger("asyncio").error("Task exception was never retrieved")
    expect_log("never retrieved")


def test_a_thread_left_behind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_guard, "GRACE_S", 0.05)
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="the-forgotten-one")
    try:
        with pytest.raises(AssertionError, match="the-forgotten-one"), no_thread_left():
            thread.start()
    finally:
        release.set()
        thread.join()
