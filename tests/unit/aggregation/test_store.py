"""The store: repeats change nothing, the window reads beside the writer, damage is survived."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.aggregation import database
from pipeline.aggregation.batch import Batch
from pipeline.aggregation.database import DatabaseTooNewError, from_us, to_us
from pipeline.aggregation.joiner import Joined
from pipeline.aggregation.situations import Alarm, Change, Situations
from pipeline.aggregation.store import AlarmFilter, AlarmReader
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.messages import RiskAssessmentResult, RiskLevel
from tests.support import messages as made
from tests.support.log_guard import ExpectLog

BETTER_JPEG = made.JPEG + b" of the worst moment"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "alarms.db"


@pytest.fixture
def writer(path: Path) -> Iterator[StoreWriter]:
    with closing(StoreWriter(path)) as made_writer:
        yield made_writer


@pytest.fixture
def reader(path: Path) -> Iterator[AlarmReader]:
    with AlarmReader(path) as made_reader:
        yield made_reader


def alarm_of(item: RiskAssessmentResult) -> Alarm:
    change = Situations("low", 30.0).note(item)
    assert change is not None
    return change.alarm


def put(
    writer: StoreWriter,
    request: str = "request-1",
    jpeg: bytes | None = made.JPEG,
    *,
    is_new: bool = True,
    is_escalation: bool = False,
    **changes: Any,
) -> Alarm:
    alarm = alarm_of(made.result(request, **({"level": "low"} | changes)))
    is_new = is_new and not is_escalation
    writer.write(Batch(changes=[(Change(alarm, is_new, is_escalation), jpeg)]))
    return alarm


def add(writer: StoreWriter, item: RiskAssessmentResult) -> bool:
    """Store a verdict; return whether it was new."""
    fresh = writer.unknown([item])
    writer.write(Batch(verdicts=fresh))
    return bool(fresh)


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_a_repeated_verdict_is_told_and_changes_nothing(writer: StoreWriter, path: Path) -> None:
    assert add(writer, made.result())
    assert not add(writer, made.result(level="high"))
    assert rows(path, "SELECT message_id, risk_level FROM results") == [("request-1-0", "none")]
    assert rows(path, "SELECT received FROM requests") == [(1,)]


def test_a_verdict_that_was_not_assessed_has_no_level_of_risk(
    writer: StoreWriter, path: Path
) -> None:
    add(writer, made.result("failed", error="the server answered 500"))
    found = "SELECT risk_level FROM results UNION ALL SELECT risk_level FROM requests"
    assert rows(path, found) == [("not_assessed",), ("not_assessed",)]
    assert [item.risk_level for item in writer.open_verdicts()] == ["not_assessed"]


def test_an_older_database_says_of_errors_that_they_were_not_assessed(path: Path) -> None:
    with closing(StoreWriter(path)) as old:
        add(old, made.result("failed", error="the server answered 500"))
        add(old, made.result("harmless"))
        add(old, made.result("risky", level="high"))
        add(old, made.result("missing", group_count=2))
    levels = "risk_level = CASE risk_level WHEN 'high' THEN 'high' ELSE 'none' END"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            f"UPDATE results SET {levels}; UPDATE requests SET {levels};"
            f"PRAGMA user_version = {database.SCHEMA_VERSION - 1};"
        )
    with closing(StoreWriter(path)):
        assert dict(rows(path, "SELECT request_id, risk_level FROM results")) == {
            "failed": "not_assessed",
            "harmless": "none",
            "risky": "high",
            "missing": "none",
        }
        assert dict(rows(path, "SELECT request_id, risk_level FROM requests")) == {
            "failed": "not_assessed",
            "harmless": "none",
            "risky": "high",
            "missing": "not_assessed",
        }


def test_a_transaction_that_fails_leaves_nothing(writer: StoreWriter, path: Path) -> None:
    def fail_in_the_middle() -> None:
        with writer.transaction():
            writer.add_results([made.result()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_the_middle()
    assert rows(path, "SELECT count(*) FROM results") == [(0,)]
    assert add(writer, made.result())


def test_the_verdicts_own_picture_is_not_stored_twice(writer: StoreWriter, path: Path) -> None:
    add(writer, made.result(level="high", evidence=b"x" * 10_000))
    assert rows(path, "SELECT max(length(message)) < 2000 FROM results") == [(1,)]


def test_open_requests_are_found_again_and_closed_ones_are_not(path: Path) -> None:
    with closing(StoreWriter(path)) as first:
        add(first, made.result("open", 0, group_count=3, level="low"))
        add(first, made.result("open", 2, group_count=3))
        add(first, made.result("closed", 0, group_count=2))
        first.write(Batch(joined=[Joined("closed", "cam-1", 2, 1, "none")]))
    with closing(StoreWriter(path)) as second:
        found = second.open_verdicts()
        assert [(item.request_id, item.group_index, item.risk_level) for item in found] == [
            ("open", 0, "low"),
            ("open", 2, "none"),
        ]
        assert {item.group_count for item in found} == {3}
        assert second.closed(["open", "closed", "never seen"]) == {"closed"}
        assert add(second, made.result("closed", 1, group_count=2))
        assert rows(path, "SELECT received FROM requests WHERE request_id = 'closed'") == [(2,)]


def test_an_alarm_is_read_as_it_was_written(writer: StoreWriter, reader: AlarmReader) -> None:
    alarm = put(writer, level="medium")
    (entry,) = reader.newest()
    assert entry.alarm == alarm
    assert (entry.state, entry.note) == ("new", "")
    assert reader.one(alarm.alarm_id) == entry
    assert reader.evidence(alarm.alarm_id) == made.JPEG
    assert reader.one("another") is None
    assert reader.evidence("another") is None


def test_the_picture_is_that_of_the_worst_moment(writer: StoreWriter, reader: AlarmReader) -> None:
    alarm = put(writer)
    put(writer, jpeg=b"of a calmer moment", is_new=False)
    assert reader.evidence(alarm.alarm_id) == made.JPEG
    put(writer, jpeg=BETTER_JPEG, level="high", is_escalation=True)
    assert reader.evidence(alarm.alarm_id) == BETTER_JPEG
    assert [entry.alarm.risk_level for entry in reader.newest()] == ["high"]


def test_an_acknowledged_alarm_that_grows_worse_is_new_again(
    writer: StoreWriter, reader: AlarmReader
) -> None:
    alarm = put(writer)
    assert reader.acknowledge(alarm.alarm_id, "seen by me")
    put(writer, is_new=False)  # it goes on
    (entry,) = reader.newest()
    assert (entry.state, entry.note) == ("acknowledged", "seen by me")
    put(writer, level="high", is_escalation=True)
    (entry,) = reader.newest()
    assert (entry.state, entry.note) == ("new", "seen by me")


def test_marks_and_notes(writer: StoreWriter, reader: AlarmReader) -> None:
    alarm_id = put(writer).alarm_id
    assert reader.mark_false(alarm_id, "a shadow")
    assert reader.reopen(alarm_id)
    entry = reader.one(alarm_id)
    assert entry is not None
    assert (entry.state, entry.note) == ("new", "a shadow")
    assert not reader.acknowledge("another")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (AlarmFilter(), ["d", "c", "b", "a"]),
        (AlarmFilter(camera_id="cam-2"), ["c"]),
        (AlarmFilter(min_level="medium"), ["d", "b"]),
        (AlarmFilter(min_level="high"), ["d"]),
        (AlarmFilter(state="acknowledged"), ["a"]),
        (AlarmFilter(since=made.result(at_s=100).timestamp), ["d", "c"]),
        (AlarmFilter(until=made.result(at_s=100).timestamp), ["b", "a"]),
        (AlarmFilter(text="MEDIUM because"), ["b"]),
        (AlarmFilter(text="100 %"), ["a"]),
        (AlarmFilter(camera_id="cam-1", min_level="low", text="because"), ["d", "b", "a"]),
    ],
)
def test_filters(
    writer: StoreWriter, reader: AlarmReader, wanted: AlarmFilter, expected: list[str]
) -> None:
    levels: dict[str, RiskLevel] = {"a": "low", "b": "medium", "c": "low", "d": "high"}
    for number, (name, level) in enumerate(levels.items()):
        camera = "cam-2" if name == "c" else "cam-1"
        put(writer, name, level=level, camera_id=camera, at_s=50.0 * number)
    reader.acknowledge("a-0", "100 % sure")
    assert [entry.alarm.alarm_id[0] for entry in reader.newest(wanted)] == expected
    assert len(reader.newest(wanted, limit=1)) == 1


def test_counts(writer: StoreWriter, reader: AlarmReader) -> None:
    for number in range(3):
        put(writer, f"r{number}", at_s=float(number))
    reader.acknowledge("r0-0")
    assert reader.counts(made.result(at_s=1).timestamp) == (2, 2)


def test_without_a_database_there_are_no_alarms(path: Path, reader: AlarmReader) -> None:
    assert reader.newest() == []
    assert reader.counts(made.NOON) == (0, 0)
    assert reader.evidence("x") is None
    path.parent.mkdir()
    path.touch()  # its writer has begun, but has made no table yet
    assert reader.newest() == []
    with closing(StoreWriter(path)) as writer:
        put(writer)
        assert len(reader.newest()) == 1


def test_many_threads_read_and_acknowledge_while_the_writer_writes(
    writer: StoreWriter, reader: AlarmReader
) -> None:
    done = threading.Event()

    def use(number: int) -> int:
        used = 0
        while not done.is_set() or used == 0:
            for entry in reader.newest():
                reader.acknowledge(entry.alarm.alarm_id, f"by {number}")
                used += 1
        return used

    with ThreadPoolExecutor(4) as pool:
        users = [pool.submit(use, number) for number in range(4)]
        try:
            for number in range(40):
                put(writer, f"r{number}")
        finally:
            done.set()
        assert all(user.result() > 0 for user in users)
    assert len(reader.newest()) == 40


def test_an_alert_is_owed_until_it_was_sent_at_the_alarms_level(writer: StoreWriter) -> None:
    put(writer)
    put(writer, level="high", is_escalation=True)
    with writer.transaction():
        writer.alerts_sent([("request-1-0", "low")])
    assert [alarm.risk_level for alarm in writer.owed_alerts()] == ["high"]
    with writer.transaction():
        writer.alerts_sent([("request-1-0", "high")])
    assert writer.owed_alerts() == []
    put(writer, level="high", is_new=False)  # goes on: nothing to tell


def test_recent_alarms_are_those_that_may_go_on(writer: StoreWriter) -> None:
    put(writer, "old", at_s=0.0)
    put(writer, "young", at_s=60.0)
    recent = writer.recent_alarms(made.result(at_s=30.0).timestamp)
    assert [alarm.alarm_id for alarm in recent] == ["young-0"]


@pytest.mark.parametrize("damage", ["no database at all", "a page in the middle"])
def test_a_damaged_database_is_set_aside_and_a_new_one_begun(
    path: Path, reader: AlarmReader, expect_log: ExpectLog, damage: str
) -> None:
    with closing(StoreWriter(path)) as writer:
        for number in range(200):
            put(writer, f"r{number}", jpeg=b"x" * 500)
    assert len(reader.newest(limit=1000)) == 200
    content = bytearray(path.read_bytes())
    if damage == "no database at all":
        content[:] = b"somebody else's file" * 100
    else:
        content[8192:40_000] = b"\xa5" * (40_000 - 8192)
    path.write_bytes(content)
    expect_log(r"ERROR the alarm database is damaged .* kept as alarms\.db\.damaged-.* new one")
    with closing(StoreWriter(path)) as writer:
        assert add(writer, made.result())
        # The reader goes on with the new one.
        assert reader.newest() == []
        put(writer)
        assert len(reader.newest()) == 1
    (aside,) = [
        file
        for file in path.parent.iterdir()
        if "damaged" in file.name
        and "-wal" not in file.name
        and "-shm" not in file.name
        and file.is_file()
    ]
    assert aside.read_bytes() == bytes(content)


def test_a_large_database_is_trusted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(StoreWriter(path)) as writer:
        for number in range(50):
            put(writer, f"r{number}")
    monkeypatch.setattr(database, "CHECK_TIME_S", -1.0)
    monkeypatch.setattr(database, "_CHECK_STEP", 1)
    with closing(StoreWriter(path)) as writer:
        put(writer, "one more")
    assert rows(path, "SELECT count(*) FROM alarms") == [(51,)]
    assert [file.name for file in path.parent.iterdir() if "damaged" in file.name] == []


def test_a_database_of_a_newer_version_is_left_alone(path: Path) -> None:
    StoreWriter(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(DatabaseTooNewError, match="version 99"):
        StoreWriter(path)
    assert [file.name for file in path.parent.iterdir() if "damaged" in file.name] == []


def test_a_database_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(database._MIGRATIONS[0])
        connection.execute("PRAGMA user_version = 1")
        values = ("m-0", "m", "cam-1", 0, 2, 1, 2, "low", b"{}")
        connection.execute("INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        connection.commit()
    with closing(StoreWriter(path)) as writer:
        assert writer.open_verdicts() == []
        assert writer.closed(["m"]) == {"m"}
        assert add(writer, made.result("m", 1, group_count=2))


def test_a_folder_that_cannot_be_made_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        StoreWriter(tmp_path / "file" / "alarms.db")


@example(datetime(1, 1, 1, tzinfo=UTC))
@example(datetime.max.replace(tzinfo=UTC))
@given(made.timestamps)
def test_times_survive_the_database_to_the_microsecond(moment: datetime) -> None:
    assert from_us(to_us(moment)) == moment


@given(st.integers())
def test_any_number_is_a_time(number: int) -> None:
    assert from_us(number).tzinfo is UTC


@given(made.results)
def test_any_valid_verdict_can_be_stored(item: RiskAssessmentResult) -> None:
    # In memory: a file for each example would take long, and is no other SQLite.
    store = StoreWriter.__new__(StoreWriter)
    store._connection = sqlite3.connect(":memory:", isolation_level=None)
    with closing(store):
        database._migrate(store._connection)
        store.add_results(store.unknown([item]))
        change = Situations("low", 30.0).note(item)
        if change is not None:
            store.put_alarm(change)
            # Where time zones are other than UTC, the moment is the same.
            assert store.owed_alerts() == [change.alarm]
