"""What a producer could not deliver waits on disk: whole, in order, for the right cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.kafka import spool as spool_module
from pipeline.kafka.spool import Spooled, TopicSpool
from tests.support.log_guard import ExpectLog

SERVERS = "kafka-1:9092,kafka-2:9092"
MESSAGES = [Spooled(f"cam-{number}".encode(), bytes([number]) * 10) for number in range(5)]


def reopened(folder: Path, servers: str = SERVERS, topic: str = "topic") -> TopicSpool:
    return TopicSpool(folder, topic, servers)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder in which an earlier producer left all of `MESSAGES`."""
    spool = reopened(tmp_path / "spool")
    assert spool.save(MESSAGES) == 0
    spool.close()
    return tmp_path / "spool"


def test_messages_come_back_as_they_were(tmp_path: Path) -> None:
    message = Spooled(None, b"\x00\xff", (("a", b"\xfe"),))
    first = reopened(tmp_path)
    first.save([message, *MESSAGES])
    first.close()
    assert reopened(tmp_path).load() == [message, *MESSAGES]


def test_reading_removes_nothing(folder: Path) -> None:
    """A crash before the acknowledgement must find them again."""
    first = reopened(folder)
    assert first.load() == MESSAGES
    first.close()
    assert reopened(folder).load() == MESSAGES


def test_what_is_delivered_goes_and_the_rest_stays(folder: Path) -> None:
    spool = reopened(folder)
    spool.load()
    spool.save(MESSAGES[3:])
    spool.close()
    spool = reopened(folder)
    assert spool.load() == MESSAGES[3:]
    spool.save([])
    assert not list(folder.glob("*.spool"))


def test_each_topic_has_its_own_file(folder: Path) -> None:
    assert reopened(folder, topic="other").load() == []


def test_one_common_address_makes_it_the_same_cluster(folder: Path) -> None:
    """A list of brokers may grow between two starts."""
    assert reopened(folder, "kafka-3:9092, KAFKA-2:9092").load() == MESSAGES


def test_messages_for_another_cluster_are_left_alone(folder: Path, expect_log: ExpectLog) -> None:
    expect_log("5 messages in topic.spool wait for the broker kafka-1:9092,kafka-2:9092")
    other = reopened(folder, "elsewhere:9092")
    assert other.load() == []
    other.save([Spooled(b"k", b"mine")])
    other.close()
    expect_log("1 messages in topic.spool wait for the broker elsewhere:9092")
    assert reopened(folder).load() == MESSAGES


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x93\x02\xa1s\x90", b"{}"])
def test_a_damaged_file_is_told_and_not_written_over(
    content: bytes, folder: Path, expect_log: ExpectLog
) -> None:
    expect_log("cannot be read and is left as it is")
    folder.joinpath("topic.spool").write_bytes(content)
    spool = reopened(folder)
    assert spool.load() == []
    spool.save(MESSAGES)
    spool.close()
    assert content in {path.read_bytes() for path in folder.glob("*.spool")}
    assert reopened(folder).load() == MESSAGES


def test_the_newest_are_kept_where_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "SPOOL_MAX_BYTES", 25)
    spool = reopened(tmp_path)
    assert spool.save(MESSAGES) == 3
    spool.close()
    assert reopened(tmp_path).load() == MESSAGES[3:]


@pytest.mark.parametrize(
    "oldest_first",
    [("topic~7", "topic", "topic~31"), ("topic~31", "topic~7", "topic"), ("topic", "topic~7")],
)
def test_of_several_files_the_oldest_is_sent_first(
    tmp_path: Path, oldest_first: tuple[str, ...]
) -> None:
    """Several processes left one each, whose names tell nothing of when."""
    for number, name in enumerate(oldest_first):
        one = reopened(tmp_path)
        one.save([Spooled(name.encode(), bytes([number])), Spooled(name.encode(), b"second")])
        one.close()
        path = (tmp_path / "topic.spool").rename(tmp_path / f"{name}.aside")
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    for name in oldest_first:
        (tmp_path / f"{name}.aside").rename(tmp_path / f"{name}.spool")
    spool = reopened(tmp_path)
    assert [(one.key, one.payload) for one in spool.load()] == [
        (name.encode(), payload)
        for number, name in enumerate(oldest_first)
        for payload in (bytes([number]), b"second")
    ]
    spool.save([])
    spool.close()
    assert not list(tmp_path.glob("*.spool"))


def test_a_second_process_neither_sends_nor_harms_what_the_first_one_has(folder: Path) -> None:
    """What it leaves behind itself goes with the next start."""
    first = reopened(folder)
    assert first.load() == MESSAGES
    code = (
        "import sys; from pathlib import Path; from pipeline.kafka.spool import *;"
        f"spool = TopicSpool(Path(sys.argv[1]), 'topic', {SERVERS!r});"
        "assert spool.load() == [];"
        "spool.save([Spooled(b'k', b'second')]); spool.close()"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, timeout=30)
    first.save(MESSAGES[4:])
    first.close()
    third = reopened(folder)
    assert sorted(message.payload for message in third.load()) == [MESSAGES[4].payload, b"second"]
    third.save([])
    third.close()
    assert not list(folder.glob("*.spool"))


def test_a_write_that_fails_leaves_the_old_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    spool = reopened(folder)
    spool.load()
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            spool.save([Spooled(b"k", b"new")])
    spool.close()
    assert reopened(folder).load() == MESSAGES
