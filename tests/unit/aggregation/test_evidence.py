"""Pictures as files: by day, whole or not at all, gone with their alarm; those of older versions."""

from __future__ import annotations

import errno
import gzip
import os
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.aggregation import keeper
from pipeline.aggregation.batch import Batch
from pipeline.aggregation.database import SCHEMA_VERSION, evidence_folder
from pipeline.aggregation.detections import read_detection
from pipeline.aggregation.evidence import ORPHAN_AGE_S, EvidenceFiles
from pipeline.aggregation.keeper import Keeper
from pipeline.aggregation.situations import Situations
from pipeline.aggregation.store import AlarmReader
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.messages import RiskLevel, encode, utc_now
from pipeline.settings_alarms import StorageSettings
from tests.support import messages as made
from tests.support.log_guard import ExpectLog

OLD_STORE = Path(__file__).parent / "data" / "alarms-5.db.gz"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alarms.db"


@pytest.fixture
def writer(path: Path) -> Iterator[StoreWriter]:
    with closing(StoreWriter(path)) as made_writer:
        yield made_writer


def files(path: Path) -> list[Path]:
    return sorted(file for file in evidence_folder(path).rglob("*") if file.is_file())


def raise_alarm(writer: StoreWriter, request: str = "r", camera: str = "cam-1") -> None:
    change = Situations("low", 30.0).note(made.result(request, level="low", camera_id=camera))
    assert change is not None
    writer.write(Batch(changes=[(change, made.JPEG)]))


def test_a_picture_lies_in_the_folder_of_its_day_under_a_name_for_people(
    writer: StoreWriter, path: Path
) -> None:
    raise_alarm(writer, camera="../over there?")
    (file,) = files(path)
    local = made.NOON.astimezone()
    assert file.parent.name == f"{local:%Y-%m-%d}"
    assert file.name.startswith(f"{local:%H%M%S}_..-over-there-_")
    assert file.read_bytes() == made.JPEG
    with AlarmReader(path) as reader:
        assert reader.evidence("r-0") == made.JPEG
        file.unlink()
        assert reader.evidence("r-0") is None


def test_a_picture_that_is_replaced_goes(writer: StoreWriter, path: Path) -> None:
    situations = Situations("low", 30.0)
    levels: tuple[RiskLevel, ...] = ("low", "high")
    for number, level in enumerate(levels):
        change = situations.note(made.result(f"r{number}", level=level, at_s=number))
        assert change is not None
        writer.write(Batch(changes=[(change, made.JPEG + level.encode())]))
    (file,) = files(path)
    assert file.read_bytes() == made.JPEG + b"high"


def test_what_cannot_be_written_whole_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = EvidenceFiles(tmp_path / "pictures")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        evidence.write("2026-01-01/one.jpg", made.JPEG)
    assert not [file for file in (tmp_path / "pictures").rglob("*") if file.is_file()]


def test_files_without_an_alarm_go_once_they_are_old(writer: StoreWriter, path: Path) -> None:
    raise_alarm(writer)
    (named,) = files(path)
    orphan, half, young = (
        named.with_name("orphan.jpg"),
        named.with_name("half.jpg.part"),
        named.with_name("young.jpg"),
    )
    for file in (orphan, half, young):
        file.write_bytes(b"x")
    long_ago_s = time.time() - 2 * ORPHAN_AGE_S
    for file in (named, orphan, half):
        os.utime(file, (long_ago_s, long_ago_s))
    Keeper(writer, StorageSettings()).step(utc_now())
    assert files(path) == sorted([named, young])


def test_a_store_of_an_older_version_is_taken_over_and_its_pictures_become_files(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(gzip.decompress(OLD_STORE.read_bytes()))
    monkeypatch.setattr(keeper, "STEP_PICTURES", 2)
    pictures = {f"old-{n}-0": made.JPEG + bytes([n]) * 500 for n in range(3)}
    with closing(StoreWriter(path)) as writer, AlarmReader(path) as reader:
        version = writer.connection.execute("PRAGMA user_version").fetchone()
        assert version == (SCHEMA_VERSION,)
        assert [item.request_id for item in writer.open_verdicts()] == ["half"]
        tidy = Keeper(writer, StorageSettings(keep_alarms_days=99_999, keep_verdicts_days=99_999))
        for moved in (0, 2, 3):
            assert len(files(path)) == moved
            assert {name: reader.evidence(name) for name in pictures} == pictures
            tidy.step(utc_now())
        assert writer.connection.execute("SELECT count(*) FROM evidence").fetchone() == (0,)
        entry = reader.one("old-1-0")
        assert entry is not None
        assert (entry.state, entry.note) == ("acknowledged", "seen long ago")
        with writer.transaction():
            writer.alerts_sent([(a.alarm_id, a.risk_level) for a in writer.owed_alerts()])
        Keeper(writer, StorageSettings()).step(utc_now() + timedelta(days=999))
    assert files(path) == []


def test_pictures_stay_with_a_damaged_database(path: Path, expect_log: ExpectLog) -> None:
    expect_log("ERROR the alarm database is damaged")
    with closing(StoreWriter(path)) as writer:
        raise_alarm(writer)
    path.write_bytes(b"somebody else's file" * 100)
    with closing(StoreWriter(path)) as writer:
        assert files(path) == []
        raise_alarm(writer, "another")
    (aside,) = path.parent.glob("alarms.db.damaged-*-evidence")
    assert [file.read_bytes() for file in aside.rglob("*.jpg")] == [made.JPEG]
    assert len(files(path)) == 1


def test_what_was_asked_is_kept_with_the_alarm(writer: StoreWriter, path: Path) -> None:

    detection = made.detection("r", due=1, idle=2)
    announced = read_detection(encode(detection)).announced
    assert announced is not None
    assert announced.groups == {0}
    item = made.result("r", level="high")
    change = Situations("low", 30.0).note(item)
    assert change is not None
    first = Batch(announced=[announced], verdicts=[item], changes=[(change, None)])
    writer.write(first)
    with AlarmReader(path) as reader:
        asked = reader.asked("r-0")
    assert asked.detection is not None
    assert asked.detection.detected_objects == detection.detected_objects
    assert asked.detection.traffic_groups[0].group_image_base64 is None
    assert asked.result is not None
    assert asked.result.results == item.results


def test_what_was_asked_is_kept_also_when_the_verdict_comes_first(
    writer: StoreWriter, path: Path
) -> None:

    raise_alarm(writer)
    announced = read_detection(encode(made.detection("r"))).announced
    assert announced is not None
    writer.write(Batch(announced=[announced]))
    with AlarmReader(path) as reader:
        assert reader.asked("r-0").detection is not None
        assert reader.asked("another").detection is None
