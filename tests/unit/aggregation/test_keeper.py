"""Retention, closing and counting: little by little, the oldest first, nothing that is owed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from pipeline.aggregation import keeper
from pipeline.aggregation.batch import Batch
from pipeline.aggregation.detections import Seen, read_detection
from pipeline.aggregation.keeper import Keeper
from pipeline.aggregation.situations import Situations
from pipeline.aggregation.store import AlarmReader
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.messages import MAX_INTEGER, LineCount, ZoneCount, encode, utc_now
from pipeline.settings_alarms import MaintenanceWindow, StorageSettings
from tests.support import messages as made
from tests.support.log_guard import ExpectLog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alarms.db"


@pytest.fixture
def writer(path: Path) -> Iterator[StoreWriter]:
    with closing(StoreWriter(path)) as made_writer:
        yield made_writer


def fill(writer: StoreWriter, count: int, *, sent: bool = True, said: str = "") -> None:
    """Store alarms a minute apart, each with its verdict, all of them closed."""
    for number in range(count):
        item = made.result(f"r{number}", level="low", at_s=60.0 * number, camera_id=f"c{number}")
        change = Situations("low", 30.0).note(item)
        assert change is not None
        writer.write(
            Batch(verdicts=writer.unknown([item]), changes=[(change, made.JPEG + said.encode())])
        )
        if sent:
            with writer.transaction():
                writer.alerts_sent([(change.alarm.alarm_id, change.alarm.risk_level)])


def count(writer: StoreWriter, table: str) -> int:
    return int(writer.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_what_is_too_old_goes_in_small_steps_with_its_picture(
    writer: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "STEP_ROWS", 4)
    fill(writer, 10)
    settings = StorageSettings(keep_alarms_days=1, keep_verdicts_days=1)
    later = max(utc_now(), made.NOON) + timedelta(days=3)
    tidy = Keeper(writer, settings)
    left = []
    while tidy.step(later):
        left.append(count(writer, "alarms"))
    assert left == [6, 2, 0]
    assert (count(writer, "results"), count(writer, "pictures")) == (0, 0)
    assert not list(writer.evidence.folder.rglob("*"))


def test_what_is_young_stays(writer: StoreWriter) -> None:
    fill(writer, 3)
    # Captured long ago, but stored just now.
    settings = StorageSettings(keep_alarms_days=0.01, keep_verdicts_days=0.01)
    assert Keeper(writer, settings).step(utc_now()) == 0


def test_an_alarm_whose_alert_is_owed_stays(writer: StoreWriter) -> None:
    fill(writer, 2, sent=False)
    Keeper(writer, StorageSettings()).step(utc_now() + timedelta(days=9999))
    assert count(writer, "alarms") == 2


def test_beyond_its_size_the_oldest_go_until_it_fits(
    writer: StoreWriter, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    expect_log("WARNING the alarm database has reached 10 MB")
    monkeypatch.setattr(keeper, "STEP_ROWS", 5)
    fill(writer, 40, said="x" * 400_000)
    tidy = Keeper(writer, StorageSettings(max_mb=10, keep_alarms_days=9999))
    now = max(utc_now(), made.NOON + timedelta(hours=1))
    while tidy.step(now):
        pass
    assert tidy.used_bytes() <= 10_000_000
    assert 0 < count(writer, "alarms") < 40
    (youngest,) = writer.connection.execute(
        "SELECT camera_id FROM alarms ORDER BY last_seen_us DESC LIMIT 1"
    ).fetchone()
    assert youngest == "c39"


def test_alarms_are_closed_when_quiet_and_open_again_when_they_go_on(writer: StoreWriter) -> None:
    fill(writer, 2)
    with writer.transaction():
        assert writer.close_alarms(made.NOON + timedelta(seconds=30)) == 1
        assert writer.close_alarms(made.NOON + timedelta(seconds=30)) == 0
    fill(writer, 1)
    assert count(writer, "alarms WHERE closed_us IS NOT NULL") == 0


def test_daily_counters_add_up(writer: StoreWriter, path: Path) -> None:
    day = date(2026, 3, 1)
    with writer.transaction():
        for _ in range(3):
            writer.add_daily(day, "cam-1", "line:gate:in", 2)
        writer.add_daily(day + timedelta(days=1), "cam-1", "alarms")
    with AlarmReader(path) as reader:
        assert [(c.camera_id, c.name, c.amount) for c in reader.daily(day, day)] == [
            ("cam-1", "line:gate:in", 6)
        ]
        assert len(reader.daily(day, date(2026, 3, 2))) == 2


def test_what_people_made_of_an_alarm_is_kept_in_order(writer: StoreWriter, path: Path) -> None:
    fill(writer, 1)
    with AlarmReader(path) as reader:
        assert reader.acknowledge("r0-0", "patrol sent")
        assert reader.mark_false("r0-0")
        assert not reader.acknowledge("another")
        said = reader.acknowledgements("r0-0")
    assert [(one.state, one.note) for one in said] == [
        ("acknowledged", "patrol sent"),
        ("false_alarm", "patrol sent"),
    ]
    assert said[0].at <= said[1].at


@pytest.mark.parametrize(
    ("camera", "seconds", "covered"),
    [("", 0, True), ("cam-1", 59, True), ("cam-2", 0, False), ("", 60, False), ("", -1, False)],
)
def test_maintenance_windows(camera: str, seconds: int, covered: bool) -> None:
    window = MaintenanceWindow(camera=camera, begin=made.NOON, end=made.NOON + timedelta(minutes=1))
    assert window.covers("cam-1", made.NOON + timedelta(seconds=seconds)) is covered


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has one zone for all processes")
@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        ("2026-03-24T21:59", False),  # before the first time, though on its weekday's eve
        ("2026-03-24T22:30", True),
        ("2026-03-25T00:59", True),
        ("2026-03-25T01:00", False),
        ("2026-03-17T22:30", False),  # a week before the first
        ("2026-03-31T21:59", False),
        ("2026-03-31T22:00", True),  # summer time began on the 29th: by the clock on the wall
        ("2026-04-01T00:59", True),
        ("2026-04-01T01:00", False),
        ("2026-04-02T22:30", False),
        ("2031-03-04T23:00", True),
    ],
)
def test_a_weekly_window_holds_by_the_clock_on_the_wall(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, moment: str, holds: bool
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    request.addfinalizer(time.tzset)
    request.addfinalizer(monkeypatch.undo)

    def local(text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone()

    window = MaintenanceWindow(
        begin=local("2026-03-24T22:00"), end=local("2026-03-25T01:00"), weekly=True
    )
    # As it stands in the file: with an offset, which says nothing of summer time.
    kept = MaintenanceWindow.model_validate_json(window.model_dump_json())
    assert kept.covers("cam-1", local(moment)) is holds
    assert not kept.is_over(local("2040-01-01T00:00"))


def test_a_weekly_window_is_shorter_than_a_week() -> None:
    with pytest.raises(ValueError, match="less than a week"):
        MaintenanceWindow(begin=made.NOON, end=made.NOON + timedelta(days=7), weekly=True)


def test_objects_that_cross_a_line_are_counted_by_day_once(writer: StoreWriter, path: Path) -> None:
    crossed = LineCount(line="gate", direction="in", object_class="car", count=3)
    stood = ZoneCount(zone="stop", object_class="bus", present=1, entered=0)
    came = ZoneCount(zone="stop", object_class="person", present=5, entered=2)
    for request in ("a", "b", "a"):  # Kafka may bring a frame again
        frame = replace(
            made.detection(request, due=0), line_counts=(crossed,), zone_counts=(stood, came)
        )
        seen = read_detection(encode(frame))
        assert seen.announced is None
        assert seen.counted is not None
        writer.write(Batch(counted=[seen.counted]))
    day = made.NOON.astimezone().date()
    with AlarmReader(path) as reader:
        counts = {(one.camera_id, one.name): one.amount for one in reader.daily(day, day)}
    assert counts == {
        ("cam-1", "line:gate:in:car"): 6,
        ("cam-1", "zone:stop:entered:person"): 4,
    }
    assert read_detection(encode(made.detection(due=0))) == Seen()
    assert read_detection(b"no JSON") == Seen()


def test_counts_beyond_every_bound_are_kept_within_it(writer: StoreWriter, path: Path) -> None:
    crossed = LineCount(line="gate", direction="in", object_class="car", count=MAX_INTEGER)
    frame = replace(made.detection(due=0), line_counts=(crossed,) * 1_100)
    seen = read_detection(encode(frame))
    assert seen.counted is not None
    writer.write(Batch(counted=[seen.counted]))
    day = made.NOON.astimezone().date()
    with AlarmReader(path) as reader:
        assert [one.amount for one in reader.daily(day, day)] == [MAX_INTEGER]


def test_a_frame_of_a_clock_that_was_never_set_means_nothing() -> None:
    frame = made.detection(due=1, timestamp=datetime(1, 1, 1, tzinfo=UTC))
    assert read_detection(encode(frame)) == Seen()
