"""Lists of cameras as CSV: merged by id, refused by line, the same after going out and in."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cameras_csv import CsvError, decode_csv, export_csv, free_id, plan_import
from pipeline.redact import MASK
from pipeline.settings_cameras import CameraSettings

SECRET = "hun" + "ter2"
GATE = CameraSettings.model_validate(
    {
        "id": "gate",
        "name": "Gate",
        "source": f"rtsp://op:{SECRET}@10.0.0.7/1",
        "zones": [{"name": "Z", "points": [[0, 0], [1, 0], [1, 1]]}],
    }
)

texts = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=40).filter(str.strip)
cameras = st.builds(
    CameraSettings,
    id=st.from_regex(r"\A[A-Za-z0-9._-]{1,20}\Z"),
    name=texts,
    # What stands for credentials that were taken out is no part of a path.
    source=st.one_of(
        st.just("demo"),
        texts.filter(lambda text: MASK not in text).map(lambda text: f"/films/{text}.mp4"),
    ),
    enabled=st.booleans(),
    loop=st.booleans(),
    real_time=st.booleans(),
    start_offset_s=st.floats(0, 1e4),
    detections_per_second=st.floats(0.01, 60),
    assess_interval_s=st.floats(0.01, 1e4),
)
lists = st.lists(cameras, min_size=1, max_size=8, unique_by=lambda camera: camera.id)


@given(lists)
def test_a_list_comes_back_as_it_went_out(some: list[CameraSettings]) -> None:
    plan = plan_import(export_csv(some), [])
    assert list(plan.cameras) == some
    assert {row.action for row in plan.rows} == {"new"}
    again = plan_import(export_csv(some), some)
    assert {row.action for row in again.rows} == {"same"}
    assert list(again.cameras) == some


@given(st.text(max_size=300), st.lists(cameras, max_size=2, unique_by=lambda camera: camera.id))
def test_garbage_is_refused_or_leaves_usable_cameras(text: str, some: list[CameraSettings]) -> None:
    try:
        plan = plan_import("name,source\n" + text, some)
    except CsvError:
        return
    assert plan.cameras[: len(some)] or not some
    ids = [camera.id for camera in plan.cameras]
    assert len(ids) == len(set(ids))
    for row in plan.rows:
        assert (row.camera is None) == bool(row.problems) == (row.action == "refused")


@given(st.text(max_size=200))
def test_whatever_the_header_it_never_crashes(text: str) -> None:
    with contextlib.suppress(CsvError):
        assert plan_import(text, []).rows


def test_good_lines_are_taken_and_bad_ones_named_with_their_number() -> None:
    text = (
        "id;name;source;enabled;detections_per_second\n"
        "gate;Main gate;;no;2,5\n"
        "\n"
        ";North bridge;rtsp://10.0.0.8/1;yes;\n"
        "x y;Bad;demo;;\n"
        "gate;Again;demo;;\n"
        "slow;Slow;demo;perhaps;100\n"
        "empty;Empty;;;\n"
    )
    plan = plan_import(text, [GATE])
    assert [(row.line, row.action) for row in plan.rows] == [
        (2, "changed"),
        (4, "new"),
        (5, "refused"),
        (6, "refused"),
        (7, "refused"),
        (8, "refused"),
    ]
    gate, bridge = plan.cameras
    assert (gate.name, gate.enabled, gate.detections_per_second) == ("Main gate", False, 2.5)
    assert (gate.source, gate.zones) == (GATE.source, GATE.zones)
    assert (bridge.id, bridge.name) == ("north-bridge", "North bridge")
    assert "the id gate was already in line 2" in plan.rows[3].problems
    assert plan.rows[4].problems[0] == "enabled: write yes or no"
    assert plan.rows[4].problems[1].startswith("detections_per_second: must be 60 or less")
    assert plan.rows[5].problems == ("source: must not be empty",)


def test_what_was_drawn_does_not_go_out_and_survives_an_import() -> None:
    area = {"name": "Bay", "points": [[0, 0], [1, 0], [1, 1]]}
    drawn = CameraSettings.model_validate(
        {
            "id": "yard",
            "name": "Yard",
            "source": "demo",
            "region": [[0, 0], [1, 0], [1, 1]],
            "excluded": [area],
            "lines": [{"name": "Door", "points": [[0, 0.5], [1, 0.5]]}],
            "zones": [area],
            "ground": {
                "image": [[0, 0], [1, 0], [1, 1], [0, 1]],
                "metres": [[0, 0], [37.25, 0], [37.25, 20], [0, 20]],
            },
            "schedule": [{"begin": "22:00", "end": "05:30", "detect": False}],
        }
    )
    out = export_csv([drawn])
    for word in ("Bay", "Door", "37.25", "22:00"):
        assert word not in out
    plan = plan_import(out.replace("Yard", "Yard 2"), [drawn])
    assert plan.count("changed") == 1
    assert plan.cameras == (drawn.model_copy(update={"name": "Yard 2"}),)


def test_credentials_do_not_go_out_and_are_kept_on_the_way_back() -> None:
    text = export_csv([GATE])
    assert SECRET not in text
    assert "rtsp://***@10.0.0.7/1" in text
    assert plan_import(text, [GATE]).cameras == (GATE,)
    (row,) = plan_import(text, []).rows
    assert row.problems == ("source: write user name and password in place of ***",)


def test_no_text_about_a_line_holds_its_credentials() -> None:
    plan = plan_import(f"id,name,source\na b,,rtsp://op:{SECRET}@h/1\n", [])
    assert SECRET not in repr([(row.told, row.problems) for row in plan.rows])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "the first line must name the columns"),
        ("10.0.0.7,10.0.0.8\n", "the first line must name the columns"),
        ("name,source\n", "there is no camera below the header"),
        ("name,sauce\n", "did you mean source?"),
        ("name,name\nA,B", "the column name is there more than once"),
        ('name,source\n"A,B', "line 2: "),
    ],
)
def test_a_list_that_is_none_says_what_would_be_right(text: str, complaint: str) -> None:
    with pytest.raises(CsvError) as caught:
        plan_import(text, [])
    assert complaint in str(caught.value)


def test_fifty_cameras_come_in_at_once() -> None:
    text = "name,source\n" + "".join(f"Camera {n},rtsp://10.0.0.{n}/1\n" for n in range(50))
    plan = plan_import(text, [GATE])
    assert plan.count("new") == 50
    assert len({camera.id for camera in plan.cameras}) == 51


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_however_a_spreadsheet_saved_it(encoding: str) -> None:
    text = "name,source\n北门,demo\n"
    assert decode_csv(text.encode(encoding)) == text


def test_letters_that_cannot_be_told_are_said_so() -> None:
    with pytest.raises(CsvError, match="CSV UTF-8"):
        decode_csv(b"\xff\xfe\x00")


def test_ids_are_made_from_names() -> None:
    assert free_id("North Gate", []) == "north-gate"
    assert free_id("北门", ["camera"]) == "camera-2"
