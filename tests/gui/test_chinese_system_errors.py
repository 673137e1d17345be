"""What the operating system, SQLite and TLS refuse is said in the language of the window."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from console import settings_keeper
from console.models.log_filter import LogFilter, LogFilterError
from console.models.regex_words import regex_problem
from console.window_texts import cause, said
from pipeline import system_words
from pipeline.settings import Settings
from pipeline.texts import Text, cause_of, say, words_of
from tests.support.chinese import HAN, chinese, slips
from tests.support.console_parts import console_context
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.usefixtures("chinese")
__all__ = ["chinese"]


def refused(act: Callable[[], object]) -> Exception:
    with pytest.raises((OSError, sqlite3.Error, UnicodeError)) as caught:
        act()
    return caught.value


def ask_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    socket.create_connection(("127.0.0.1", port), 5)


def ask_database(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT * FROM sqlite_master")


def wait_in_vain() -> None:
    near, far = socket.socketpair()
    with near, far:
        near.settimeout(0.01)
        near.recv(1)


def test_what_really_fails(tmp_path: Path) -> None:
    text = tmp_path / "a.csv"
    acts: dict[str, Callable[[], object]] = {
        "文件或文件夹不存在": (tmp_path / "gone.csv").read_text,
        "文件已存在": tmp_path.mkdir,
        "连接被拒绝": ask_nobody,
        "名称无法解析": lambda: socket.getaddrinfo("name.invalid", 80, flags=socket.AI_NUMERICHOST),
        "超时": wait_in_vain,
        "文件不是数据库": lambda: ask_database(text),
        "无法打开数据库文件": lambda: ask_database(tmp_path / "no" / "a.db"),
        "不是 UTF-8 文本（第 4 字节）": lambda: text.read_text("utf-8"),
    }
    text.write_bytes(b"name\xff" + b"x" * 200)
    assert {words: cause(refused(act)) for words, act in acts.items()} == {
        words: words for words in acts
    }


def test_the_file_is_named_unless_the_sentence_has_it(tmp_path: Path) -> None:
    gone = tmp_path / "gone.csv"
    error = refused(gone.read_text)
    assert said(error) == f"文件或文件夹不存在：{gone}"
    assert words_of(error) == f"No such file or directory: {gone}"
    text = say("{name}: cannot be read ({error})", name="gone.csv", error=cause_of(error))
    assert text == "gone.csv: cannot be read (No such file or directory)"


def test_settings_that_cannot_be_saved(qtbot: QtBot, tmp_path: Path, expect_log: ExpectLog) -> None:
    expect_log("the settings cannot be saved")
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    told: list[str] = []
    with console_context(qtbot, Settings()) as made:
        context = replace(made, settings_path=in_the_way / "signalbox.toml")
        settings_keeper.keep(
            context, QObject(made.controller), Settings(), lambda: None, told.append
        )
        qtbot.waitUntil(lambda: bool(told))
    assert slips(told[0]) == []


def test_every_sentence_is_translated() -> None:
    texts = [Text(source, source) for source in system_words.sources()]
    assert [text for text in texts if not HAN.search(cause(OSError(text)))] == []


@pytest.mark.skipif(sys.platform != "linux", reason="the words of Linux")
@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_english_is_what_the_system_says(number: int) -> None:
    """So that it is found when searched for, and a number never gets another's words."""
    error = OSError(number, os.strerror(number))
    plain = os.strerror(number)
    assert cause_of(error) in {plain, f"{plain} (error {number})"}


def test_what_is_not_known_keeps_its_number() -> None:
    assert cause(OSError(errno.ENOTTY, "Not a typewriter")) == (
        f"Not a typewriter（错误码 {errno.ENOTTY}）"
    )
    assert cause(OSError("in our own words")) == "in our own words"


@pytest.mark.parametrize("pattern", ["(", ")", "[a", "*", "a**", "a{3,1}", "\\", r"\q", "[z-a]"])
def test_what_is_wrong_with_a_pattern(pattern: str) -> None:
    with pytest.raises(LogFilterError) as caught:
        LogFilter(text=pattern, regex=True).search()
    words = regex_problem(caught.value.problem)
    assert words.startswith("第 ")
    assert not re.search(r"[A-Za-z]{2}", words)
