"""Logging: whatever a message holds reaches the file and the ring as it is."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loguru import logger

from pipeline.log_files import LogFileWriter
from pipeline.logs import Logs
from pipeline.settings import LogSettings
from tests.support.log_guard import ExpectLog

ROOT = Path(__file__).resolve().parents[2]
SEED_FAULT = (
    'KafkaError{code=_INVALID_ARG,val=-186,str="No such configuration property: '
    '"max.poll.records""}'
)


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    with Logs(LogSettings(level="DEBUG"), tmp_path) as made:
        yield made


def file_text(logs: Logs, worker: str = "console") -> str:
    logs.flush()
    assert logs.folder is not None
    return (logs.folder / f"{worker}.log").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [SEED_FAULT, "{}", "{0}", "{", "}", "<red>hot</red>", "</blue>", "%s %d", "a\nb", "警报 ü é"],
)
def test_a_message_is_written_as_it_is(logs: Logs, text: str) -> None:
    logger.info("{}", text)
    logger.info(text)
    assert [line.message for line in logs.ring.since(0)] == [text, text]
    assert file_text(logs).count(f"- {text}\n") == 2


def test_half_a_surrogate_pair_is_escaped_in_the_file(logs: Logs) -> None:
    logger.info("broken {}", "\ud83d")
    assert "broken \\ud83d" in file_text(logs)


@given(st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_no_text_ever_stops_the_log(logs: Logs, text: str) -> None:
    before = logs.ring.last_sequence
    logger.info("{}", text)
    logger.info(text)
    assert logs.ring.last_sequence == before + 2


def test_each_worker_has_its_own_file(logs: Logs, expect_log: ExpectLog) -> None:
    expect_log("broker away")
    with logger.contextualize(worker="detection"):
        logger.info("camera opened")
    logger.bind(worker="kafka").warning("broker away")
    assert "camera opened" in file_text(logs, "detection")
    assert "broker away" in file_text(logs, "kafka")
    assert [line.worker for line in logs.ring.since(0)] == ["detection", "kafka"]


def test_secrets_are_masked_in_message_and_traceback(logs: Logs, expect_log: ExpectLog) -> None:
    expect_log("cannot open")
    try:
        raise ConnectionError("rtsp://admin:hunter2@10.0.0.7/1 refused; sasl.password=hunter2")
    except ConnectionError as error:
        logger.opt(exception=True).error("cannot open: {}", error)
    shown = file_text(logs)
    assert "hunter2" not in shown
    assert "ConnectionError" in shown
    assert "hunter2" not in logs.ring.since(0)[0].message


def test_the_standard_library_and_warnings_come_in(logs: Logs, expect_log: ExpectLog) -> None:
    expect_log("closed early")
    expect_log("task {failed}")
    logging.getLogger("aiohttp.client").warning("closed %s {}", "early")
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logging.getLogger("asyncio").exception("task {failed}")
    lines = logs.ring.since(0)
    assert [line.level for line in lines] == ["WARNING", "ERROR"]
    assert lines[0].message == "closed early {}"
    assert "ZeroDivisionError" in lines[1].message


def test_the_level_can_be_changed_while_the_program_runs(logs: Logs) -> None:
    logs.set_level("WARNING")
    logger.info("too quiet")
    logs.set_level("TRACE")
    logger.trace("quiet, but wanted")
    messages = [line.message for line in logs.ring.since(0)]
    assert "too quiet" not in messages
    assert messages.count("quiet, but wanted") == 1
    assert logs.level == "TRACE"


def test_two_processes_never_share_a_file(tmp_path: Path) -> None:
    first = LogFileWriter(tmp_path, max_bytes=1000, backups=1)
    second = LogFileWriter(tmp_path, max_bytes=1000, backups=1)
    try:
        assert first.folder.name == "streaming"
        assert second.folder.name == "streaming-2"
    finally:
        first.close()
        second.close()
    third = LogFileWriter(tmp_path, max_bytes=1000, backups=1)
    assert third.folder.name == "streaming"
    third.close()


def test_files_are_rotated_and_only_so_many_kept(tmp_path: Path) -> None:
    writer = LogFileWriter(tmp_path, max_bytes=1000, backups=2)
    for number in range(200):
        writer.put("detection", f"line {number:04} {'x' * 50}\n")
    writer.close()
    files = sorted(path.name for path in writer.folder.glob("detection.log*"))
    assert files == ["detection.log", "detection.log.1", "detection.log.2"]
    assert all((writer.folder / name).stat().st_size <= 1000 for name in files)
    assert "line 0199" in (writer.folder / "detection.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("refused", ["os.rename", "os.remove"])
def test_files_that_cannot_be_renamed_or_removed_cost_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    def held_open(*_: object) -> None:
        raise PermissionError(13, "The process cannot access the file")

    writer = LogFileWriter(tmp_path, max_bytes=100, backups=2)
    for name in ("detection.log.1", "detection.log.2"):
        (writer.folder / name).touch()
    # What Windows answers while a viewer holds the file, or an older one.
    monkeypatch.setattr(refused, held_open)
    for number in range(20):
        writer.put("detection", f"line {number} {'x' * 40}\n")
    writer.close()
    text = (writer.folder / "detection.log").read_text(encoding="utf-8")
    assert text.count("line ") == 20


def test_no_logging_call_formats_twice() -> None:
    """An f-string is formatted again once an argument joins it; exc_info is such an argument."""
    faults = []
    for folder in ("bootstrap", "commands", "console", "pipeline"):
        for path in (ROOT / folder).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and _is_logging(call.func):
                    keywords = {keyword.arg for keyword in call.keywords}
                    formatted = [arg for arg in call.args[:2] if isinstance(arg, ast.JoinedStr)]
                    if formatted or "exc_info" in keywords:
                        faults.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert faults == []


def _is_logging(function: ast.expr) -> bool:
    levels = {"trace", "debug", "info", "success", "warning", "error", "critical", "exception"}
    return (
        isinstance(function, ast.Attribute)
        and function.attr in levels
        and ast.unparse(function.value).partition("(")[0].split(".")[0] in {"logger", "log"}
    )
