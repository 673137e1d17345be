"""Exported alarms: every spreadsheet opens the table, no cell is a formula, names fit any disk."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.alarm_export import HEADINGS, picture_name, write_folder, write_table
from pipeline.aggregation.situations import Alarm
from pipeline.aggregation.store import AlarmEntry, AlarmReader
from pipeline.settings import demo_settings
from tests.support.alarms import alarm, store_alarms

ANY_TEXT = st.text(st.characters(exclude_characters="\0"), max_size=60)


def entry(made: Alarm, note: str = "") -> AlarmEntry:
    return AlarmEntry(made, "new", note)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_heading_has_its_value(tmp_path: Path) -> None:
    write_table([entry(alarm("a"), "seen")], demo_settings(), tmp_path / "t.csv")
    (row,) = read(tmp_path / "t.csv")
    assert tuple(row) == HEADINGS
    assert row["camera"] == "Market & 3rd"
    assert row["risk"] == "Vehicle–pedestrian conflict (medium)"
    assert row["note"] == "seen"
    assert datetime.fromisoformat(row["first_seen"]).tzinfo is not None


def test_the_file_begins_with_the_mark_that_excel_wants(tmp_path: Path) -> None:
    write_table([], demo_settings(), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(tmp_path: Path, start: str) -> None:
    dangerous = f"{start}cmd|' /C calc'!A0"
    write_table([entry(alarm("a"), dangerous)], demo_settings(), tmp_path / "t.csv")
    assert read(tmp_path / "t.csv")[0]["note"] == f"'{dangerous}"


@given(note=ANY_TEXT, said=ANY_TEXT)
def test_any_text_is_written_and_read_back(note: str, said: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        write_table([entry(replace(alarm("a"), description=said), note)], demo_settings(), path)
        (row,) = read(path)
        for wanted, got in ((note, row["note"]), (said, row["description"])):
            clean = wanted.encode("utf-8", "replace").decode()
            assert got in {clean, f"'{clean}"}


def test_a_table_that_fails_half_way_leaves_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    write_table([entry(alarm("a"), "seen")], demo_settings(), file)
    before = file.read_bytes()
    with pytest.raises(ValueError, match="zip"):  # one row more than names: as if the disk was full
        write_table([entry(alarm("a"), "seen")] * 2, demo_settings(), file, ["one.jpg"])
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


@given(camera=ANY_TEXT, kind=ANY_TEXT)
def test_picture_names_fit_every_disk(camera: str, kind: str) -> None:
    name = picture_name(entry(replace(alarm("a"), camera_id=camera, risk_type=kind)))
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,124}\.jpg", name)


def test_two_alarms_of_one_second_keep_both_pictures(tmp_path: Path) -> None:
    store = tmp_path / "alarms.db"
    moment = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    twins = [replace(alarm(name), first_seen=moment) for name in ("a", "b")]
    store_alarms(store, *twins, picture=b"jpeg")
    with AlarmReader(store) as reader:
        number = write_folder(reader.newest(), demo_settings(), reader, tmp_path / "out")
    rows = read(tmp_path / "out" / "alarms.csv")
    assert number == 2
    assert len({row["picture"] for row in rows}) == 2
    for row in rows:
        assert (tmp_path / "out" / row["picture"]).read_bytes() == b"jpeg"


def test_an_alarm_without_picture_has_an_empty_name(tmp_path: Path) -> None:
    store = tmp_path / "alarms.db"
    store_alarms(store, alarm("a"))
    with AlarmReader(store) as reader:
        number = write_folder(reader.newest(), demo_settings(), reader, tmp_path)
    assert number == 0
    assert read(tmp_path / "alarms.csv")[0]["picture"] == ""
