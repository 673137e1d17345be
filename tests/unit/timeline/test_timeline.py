"""The timeline: what counts as an event, that it is kept whatever the disk does, one list of all."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from pipeline.aggregation.store import AlarmReader
from pipeline.kafka.lag import LagSnapshot, LinkLag
from pipeline.kafka.lag_rules import LagStatus
from pipeline.messages import utc_now
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.telemetry import SWITCHED_OFF, CameraEvent, CameraView, KeyView
from pipeline.texts import Text, say, verbatim
from pipeline.timeline import store
from pipeline.timeline.events import SUBJECTS, Event, What
from pipeline.timeline.merged import TimelineFilter, timeline
from pipeline.timeline.store import TimelineWriter, read_events
from pipeline.timeline.watch import PATIENCE, Watch, of_worker
from tests.support.alarms import alarm, store_alarms
from tests.support.log_guard import ExpectLog
from tests.support.stages import wait_until

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def seconds(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


def test_everything_that_can_happen_is_about_something() -> None:
    assert set(SUBJECTS) == set(What)


def looks(*steps: tuple[float, str, Sequence[CameraEvent]]) -> list[Event]:
    """Look at a camera; each step is when, how it is, and what happened since the one before."""
    watch = Watch()
    happened: list[CameraEvent] = []
    told = []
    for second, state, new in steps:
        happened += new
        view = CameraView("cam-1", "Gate", state=state, detail=verbatim(f"it is {state}"))
        told += watch.cameras([view], list(happened), seconds(second))
    return told


def lost(second: float, away_s: float = 5.0) -> CameraEvent:
    return CameraEvent("cam-1", "lost", verbatim("no route"), seconds(second), away_s)


def returned(second: float, away_s: float = 9.0) -> CameraEvent:
    return CameraEvent("cam-1", "returned", verbatim("no route"), seconds(second), away_s)


def told_of(events: list[Event]) -> list[tuple[What, datetime]]:
    return [(event.what, event.at) for event in events]


def key(key_id: str, condition: str, reason: str = "") -> KeyView:
    return KeyView(key_id, "••••1a2b", condition, 0, 0, 0, None, reason)


def test_a_key_that_is_disabled_is_told_once_until_it_is_used_again() -> None:
    watch = Watch()
    refused = verbatim("the server answered 401")
    off = key("off", "disabled", SWITCHED_OFF)
    told = []
    for second, views in enumerate(
        [
            [key("a", "ready"), key("b", "ready"), off],
            [key("a", "disabled", refused), key("b", "cooling"), off],
            [key("a", "disabled", refused), key("b", "ready"), off],
            [],  # the worker starts again
            [key("a", "disabled", refused), key("b", "ready"), off],
            [key("a", "ready"), key("b", "ready"), off],
            [key("a", "disabled", refused), key("b", "ready"), off],
        ]
    ):
        told += watch.keys(views, seconds(second))
    assert told_of(told) == [(What.KEY_DISABLED, seconds(1)), (What.KEY_DISABLED, seconds(6))]
    assert [event.detail for event in told] == ["a: the server answered 401"] * 2
    assert told[0].who == WorkerName.SCHEDULER.value


LIVE_AT_FIRST: Final = [(float(second), "live", ()) for second in range(5)]


def test_a_lost_camera_and_its_return_are_told_with_when_they_began() -> None:
    told = looks(
        *LIVE_AT_FIRST,
        (6.0, "stalled", ()),
        (10.0, "reconnecting", [lost(9.5)]),
        (11.0, "reconnecting", ()),
        (14.0, "live", [returned(13.5)]),
        (15.0, "live", ()),
        (20.0, "live", ()),
    )
    assert told_of(told) == [
        (What.CAMERA_LIVE, seconds(0)),
        (What.CAMERA_LOST, seconds(4.5)),
        (What.CAMERA_LIVE, seconds(13.5)),
    ]
    assert [event.detail for event in told] == ["", "no route", ""]


def test_a_camera_that_was_lost_and_came_back_between_two_looks_is_told() -> None:
    told = looks(*LIVE_AT_FIRST, (30.0, "live", [lost(20), returned(21)]), (31.0, "live", ()))
    assert told_of(told) == [
        (What.CAMERA_LIVE, seconds(0)),
        (What.CAMERA_LOST, seconds(15)),
        (What.CAMERA_LIVE, seconds(21)),
    ]


def test_events_are_told_once_also_when_the_oldest_are_gone() -> None:
    watch = Watch()
    kept: deque[CameraEvent] = deque(maxlen=4)
    told = []
    for number in range(10):
        kept += [lost(20 * number + 10), returned(20 * number + 12)]
        told += watch.cameras([], list(kept), seconds(20 * number + 13))
        told += watch.cameras([], list(kept), seconds(20 * number + 14))
    assert len(told) == 20
    assert len(set(told_of(told))) == 20


def test_a_lost_camera_that_a_new_worker_finds_alive_is_back() -> None:
    """The worker that told of the loss has ended; the new one knows of none."""
    steps = [(float(second), "live", ()) for second in range(40, 45)]
    told = looks(*LIVE_AT_FIRST, (10.0, "reconnecting", [lost(9)]), (20.0, "stopped", ()), *steps)
    assert told_of(told)[-1] == (What.CAMERA_LIVE, seconds(40))


def test_a_short_blip_and_stopping_are_no_events() -> None:
    blip = [(second, "reconnecting", ()) for second in (5.0, 6.0, 9.0)]
    rest = [(10.0, "live", ()), (20.0, "live", ()), (30.0, "stopped", ()), (60.0, "connecting", ())]
    assert told_of(looks(*LIVE_AT_FIRST, *blip, *rest)) == [(What.CAMERA_LIVE, seconds(0))]


def lag(status: LagStatus, *, broker_ok: bool = True) -> LagSnapshot:
    link = LinkLag(7, 1.0, status, 1.0, 1.0, ())
    error = None if broker_ok else "no broker answered"
    return LagSnapshot(1.0, broker_ok, error, {("group", "topic"): link})


def test_lag_is_told_when_it_stays_and_not_while_all_is_well() -> None:
    watch = Watch()
    told = []
    step = [LagStatus.UNKNOWN] * 3 + [LagStatus.OK] * 9 + [LagStatus.STALL] * 5
    step += [LagStatus.OK] * 2 + [LagStatus.STALL] * 2 + [LagStatus.OK] * 5
    for second, status in enumerate(step):
        told += watch.lag(lag(status), seconds(second))
    assert [(event.what, event.who, event.detail) for event in told] == [
        (What.LAG_STALLED, "group topic", "7"),
        (What.LAG_OK, "group topic", ""),
    ]
    away = [watch.lag(lag(LagStatus.OK, broker_ok=False), seconds(90 + n)) for n in range(5)]
    assert [event.what for events in away for event in events] == [What.BROKER_AWAY]
    assert timedelta(0) < PATIENCE


@pytest.mark.parametrize(
    ("new", "what"),
    [
        (WorkerState.RUNNING, What.WORKER_RUNNING),
        (WorkerState.FAILED, What.WORKER_FAILED),
        (WorkerState.STARTING, None),
    ],
)
def test_worker_states(new: WorkerState, what: What | None) -> None:
    change = StateChange(WorkerName.DETECTION, WorkerState.STARTING, new, verbatim("because"), 0.0)
    event = of_worker(change, NOON)
    assert (event.what if event else None) == what
    if event:
        assert (event.who, event.detail, event.subject) == ("detection", "because", "worker")


def test_what_is_noted_is_read_newest_first(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "timeline.db"
    with contextlib.closing(TimelineWriter(path, keep_days=99_999)) as writer:
        for number in range(5):
            writer.note(Event(seconds(number), What.STARTED, "detection", str(number)))
    assert [event.detail for event in read_events(path, *EVER, limit=3)] == ["4", "3", "2"]
    assert [event.at for event in read_events(path, seconds(1), seconds(3), 99)] == [
        seconds(2),
        seconds(1),
    ]
    assert read_events(tmp_path / "none.db", *EVER, limit=3) == []


def test_what_the_pipeline_says_is_read_with_what_it_is_made_of(tmp_path: Path) -> None:
    path = tmp_path / "timeline.db"
    cause = say("{source} cannot be opened: {cause}", source="a.mp4", cause=say("no picture"))
    details = [cause, "42", verbatim("as somebody else says it"), ""]
    with contextlib.closing(TimelineWriter(path, keep_days=1e5)) as writer:
        for second, detail in enumerate(details):
            writer.note(Event(seconds(second), What.CAMERA_LOST, "cam-1", detail))
    read = [event.detail for event in read_events(path, *EVER, limit=9)][::-1]
    assert read == details
    assert isinstance(read[0], Text)
    assert (read[0].source, read[0].values) == (cause.source, cause.values)


def test_a_timeline_of_the_first_version_is_read_and_written_on(tmp_path: Path) -> None:
    path = tmp_path / "timeline.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """
            CREATE TABLE events (
                number INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, what TEXT NOT NULL,
                who TEXT NOT NULL, detail TEXT NOT NULL
            );
            CREATE INDEX events_by_time ON events (at_us);
            INSERT INTO events (at_us, what, who, detail)
                VALUES (1000000, 'camera-lost', 'cam-1', 'no route');
            PRAGMA user_version = 1;
            """
        )
    (old,) = read_events(path, *EVER, limit=9)
    assert (old.what, old.who, old.detail) == (What.CAMERA_LOST, "cam-1", "no route")
    with contextlib.closing(TimelineWriter(path, keep_days=1e5)) as writer:
        writer.note(Event(seconds(5), What.CAMERA_LOST, "cam-1", say("no picture")))
    assert [event.detail for event in read_events(path, *EVER, limit=9)] == [
        "no picture",
        "no route",
    ]


def test_old_events_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "timeline.db"
    with contextlib.closing(TimelineWriter(path, keep_days=1)) as writer:
        writer.note(Event(utc_now() - timedelta(days=2), What.STARTED_ALL))
        writer.note(Event(utc_now(), What.STOPPED_ALL))
    assert [event.what for event in read_events(path, *EVER, limit=9)] == [What.STOPPED_ALL]


def test_several_processes_may_write_to_it(tmp_path: Path) -> None:
    path = tmp_path / "timeline.db"
    writers = [TimelineWriter(path) for _ in range(3)]
    threads = [
        threading.Thread(
            target=lambda w=w: [w.note(Event(utc_now(), What.STARTED_ALL)) for _ in range(50)]
        )
        for w in writers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for writer in writers:
        writer.close()
    assert len(read_events(path, *EVER, limit=999)) == 150


@pytest.mark.parametrize("attempt", range(10))
def test_several_processes_may_make_it_at_once(tmp_path: Path, attempt: int) -> None:
    """SQLite refuses one of two that change the mode of a new file, without waiting."""
    path = tmp_path / f"timeline-{attempt}.db"
    ready, done = threading.Barrier(16), list[int]()

    def write() -> None:
        ready.wait()
        with store._writing(path) as connection:
            done.append(connection.execute("SELECT 1").fetchone()[0])

    threads = [threading.Thread(target=write) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [1] * 16


def test_what_cannot_be_written_waits(
    tmp_path: Path, expect_log: ExpectLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "AGAIN_S", 0.05)
    expect_log("WARNING the timeline cannot be written")
    path = tmp_path / "timeline.db"
    path.mkdir()  # nobody can write there
    with contextlib.closing(TimelineWriter(path)) as writer:
        writer.note(Event(utc_now(), What.STARTED_ALL))
        writer.note(Event(utc_now(), What.STOPPED_ALL))
        wait_until("it was tried", lambda: writer._is_told)
        shutil.rmtree(path)
        wait_until("it is written", lambda: len(_read(path)) == 2)


def _read(path: Path) -> list[Event]:
    with contextlib.suppress(Exception):
        return read_events(path, *EVER, limit=9)
    return []


def test_a_damaged_timeline_is_set_aside(tmp_path: Path, expect_log: ExpectLog) -> None:
    expect_log("ERROR the timeline is damaged .* kept as timeline.db.damaged")
    path = tmp_path / "timeline.db"
    path.write_bytes(b"garbage " * 1000)
    with contextlib.closing(TimelineWriter(path)) as writer:
        writer.note(Event(utc_now(), What.STARTED_ALL))
    assert len(read_events(path, *EVER, limit=9)) == 1
    assert len(list(tmp_path.glob("timeline.db.damaged-*"))) == 1


def test_one_list_of_everything(tmp_path: Path) -> None:
    path, database = tmp_path / "timeline.db", tmp_path / "alarms.db"
    now = utc_now()
    store_alarms(database, alarm("clash", "high", ago=timedelta(minutes=5)))
    with contextlib.closing(TimelineWriter(path)) as writer:
        writer.note(Event(now - timedelta(minutes=9), What.CAMERA_LOST, "cam-1", "no answer"))
        writer.note(Event(now - timedelta(minutes=1), What.WORKER_STOPPED, "detection"))
    with AlarmReader(database) as alarms:
        alarms.acknowledge("clash", "patrol sent")
        soon = utc_now() + timedelta(seconds=1)
        wanted = TimelineFilter(now - timedelta(hours=1), soon)
        assert [(event.what, event.detail) for event in timeline(alarms, path, wanted)] == [
            (What.ALARM_ACKNOWLEDGED, "patrol sent"),
            (What.WORKER_STOPPED, ""),
            (What.ALARM_RAISED, "high vehicle-pedestrian-conflict"),
            (What.CAMERA_LOST, "no answer"),
        ]
        of_camera = TimelineFilter(now - timedelta(hours=1), soon, who="cam-1")
        assert len(timeline(alarms, path, of_camera)) == 3
        lost = TimelineFilter(now - timedelta(hours=1), soon, frozenset({"camera", "worker"}))
        assert [event.what for event in timeline(alarms, path, lost)] == [
            What.WORKER_STOPPED,
            What.CAMERA_LOST,
        ]
        assert len(timeline(alarms, path, wanted, limit=1)) == 1
