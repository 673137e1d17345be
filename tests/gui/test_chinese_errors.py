"""What is wrong with settings, camera lists and models is said in the language of the window."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from console.problem_words import problems_by_place
from console.window_texts import shown
from pipeline.cameras_csv import CsvError, plan_import
from pipeline.detection.model_trial import demo_picture, try_model
from pipeline.detection.models import BUNDLED_MODEL, ModelError, load_detector
from pipeline.settings import DetectionSettings, Settings, SettingsError, parse_settings
from pipeline.texts import Text, packed, say, unpacked, words_of
from tests.support.chinese import chinese, is_chinese
from tests.unit.detection.test_model_errors import complaint, nanodet_metadata, write_model

pytestmark = pytest.mark.usefixtures("chinese")
__all__ = ["chinese"]

SQUARE = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
CAMERA = {"id": "a", "name": "A", "source": "0"}
DARK = {"begin": "22:00", "end": "06:00", "detect": False}
MAIL = {"host": "m", "sender": "a@b", "recipients": ["c@d"]}


def of_camera(**changes: object) -> dict[str, Any]:
    return {"cameras": [CAMERA | changes]}


def of_llm(**changes: object) -> dict[str, Any]:
    return {"scheduler": {"llm": changes}}


def of_alarms(**changes: object) -> dict[str, Any]:
    return {"aggregator": {"alarms": changes}}


BROKEN: list[dict[str, Any]] = [
    {"detection": {"confidense": 1}},
    {"detection": {"qqqq": 1}},
    {"detection": {"confidence": 2, "iou": -1, "threads": "x", "device": "d" * 300, "model": 3}},
    {"detection": {"group_distance": 0, "batch": 2.5, "classes": "car", "providers": ["gpu"]}},
    {"detection": 4, "kafka": {"common": 1}},
    {"kafka": {"mode": "cluster"}},
    {"cameras": [CAMERA, CAMERA]},
    {"cameras": [{"id": "a b", "name": "", "loop": "perhaps"}]},
    of_camera(region=SQUARE[:2]),
    of_camera(region=[[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]]),
    of_camera(zones=[{"name": "A", "points": SQUARE}] * 2),
    of_camera(zones=[{"name": "A", "points": SQUARE[:1]}]),
    of_camera(region=SQUARE * 20),
    of_camera(lines=[{"name": "L", "points": [[0.5, 0.5], [0.5, 0.5]]}]),
    of_camera(schedule=[DARK | {"end": "22:00"}]),
    of_camera(schedule=[DARK | {"end": "x"}]),
    of_camera(schedule=[DARK | {"end": "6:00:00Z"}]),
    of_camera(schedule=[DARK | {"detect": True}]),
    of_camera(schedule=[DARK | {"confidence": 0.4}]),
    of_camera(ground={"image": SQUARE, "metres": [[0, 0], [1, 1], [2, 2], [0, 5]]}),
    of_llm(base_url="ftp://x"),
    of_llm(base_url="https://u:p@x"),
    of_llm(keys=[{"id": "k", "secret": "env:A"}] * 2),
    of_llm(keys=[{"id": "k", "secret": "sk-1"}]),
    of_llm(daily_cost=3),
    {"scheduler": {"assessor": "llm"}},
    of_alarms(webhook={"url": "nowhere"}),
    of_alarms(webhook={"secret": "s"}),
    of_alarms(mail={"host": "m"}),
    of_alarms(mail=MAIL | {"sender": "a\nb"}),
    of_alarms(maintenance=[{"begin": "2026-05-01T22:00:00", "end": "x"}]),
    of_alarms(maintenance=[{"begin": "2026-05-01T22:00:00Z", "end": "2026-04-01T22:00:00Z"}]),
    of_alarms(
        maintenance=[
            {"begin": "2026-05-01T22:00:00Z", "end": "2026-06-01T22:00:00Z", "weekly": True}
        ]
    ),
    {"updates": {"url": "http://x"}},
    {"updates": {"check": "at_start"}},
]


@pytest.mark.parametrize("table", BROKEN)
def test_what_is_wrong_with_settings(table: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(table)
    problems = [shown(problem) for problem in caught.value.problems]
    assert [words for words in problems if not is_chinese(words)] == []
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(table)
    at_fields = problems_by_place(refused.value)
    assert [words for words in at_fields.values() if not is_chinese(words)] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n",
        "name,source\n",
        "name,sourse\nA,demo\n",
        "name,source,qqqq\nA,demo,1\n",
        "name,source,name\nA,demo,B\n",
        'name,source\n"A,B',
        "name,source\n" + "A,demo\n" * 5000,
    ],
)
def test_what_is_wrong_with_a_camera_list(text: str) -> None:
    with pytest.raises(CsvError) as caught:
        plan_import(text, [])
    assert is_chinese(shown(words_of(caught.value)))


def test_what_is_wrong_with_lines_of_a_camera_list() -> None:
    plan = plan_import(
        "id,name,source,enabled,detections_per_second\n"
        "a b,Bad,demo,,\n"
        "c,C,demo,perhaps,100\n"
        "d,D,demo,,,more\n"
        "e,E,,,\n"
        "f,F,rtsp://***@h/1,,x\n"
        "g,G,demo,,\n"
        "g,G,demo,,\n",
        [],
    )
    problems = [shown(problem) for row in plan.rows for problem in row.problems]
    assert len(problems) == 8
    assert [words for words in problems if not is_chinese(words)] == []


def test_what_is_wrong_with_a_model(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_bytes(b"hello, I am a text")
    outputs = {"scores_32": 2, "distances_32": 32}
    some = write_model(tmp_path / "some.onnx", {}, {"out": 2})
    liar = write_model(tmp_path / "liar.onnx", {"family": "nanodet"}, outputs)
    named = {**nanodet_metadata(), "names": "[["}
    said = [
        complaint(tmp_path / "gone.onnx"),
        complaint(tmp_path / "text.onnx"),
        complaint(some),
        complaint(some, family="yolo"),
        complaint(liar),
        complaint(write_model(tmp_path / "names.onnx", named, outputs)),
        complaint(write_model(tmp_path / "less.onnx", nanodet_metadata(), {"boxes": 4})),
        complaint(BUNDLED_MODEL, family="yollox"),
        complaint(BUNDLED_MODEL, classes=("bycicle",)),
        complaint(BUNDLED_MODEL, input_size=(650, 390)),
    ]
    assert [shown(text) for text in said if not is_chinese(shown(text))] == []


def test_what_a_model_is_recognised_from() -> None:
    info = load_detector(BUNDLED_MODEL, providers=("cuda", "cpu")).info
    said = [shown(text) for text in (*info.evidence, info.reason)]
    assert [words for words in said if not is_chinese(words)] == []


def test_the_trial_of_a_model_in_its_own_process(tmp_path: Path) -> None:
    stop = threading.Event()
    file = write_model(tmp_path / "some.onnx", {}, {"out": 2})
    refused = DetectionSettings(model=str(file), providers=("cpu",))
    with pytest.raises(ModelError) as caught:
        try_model(refused, demo_picture(), (320, 180), stop)
    assert is_chinese(shown(words_of(caught.value)))
    asked = DetectionSettings(providers=("cuda", "cpu"))
    trial = try_model(asked, demo_picture(), (320, 180), stop)
    said = [shown(text) for text in (*trial.evidence, trial.reason)]
    assert [words for words in said if not is_chinese(words)] == []


def test_a_text_goes_through_json_and_back() -> None:
    inner = say("{place}: {problem}", place="a", problem=say("must not be empty"))
    text = say("{name}: cannot be read ({error})", name="a.csv", error=inner)
    back = unpacked(packed(text))
    assert back == text
    assert shown(back) == shown(text) == "a.csv：无法读取（a：不能为空）"


@pytest.mark.parametrize(
    "table",
    [
        {"text": "As it was."},
        {"text": "As it was.", "source": "{gone}", "values": {}},
        {"text": "As it was.", "source": "{0}", "values": {"a": 1}},
        {"text": "As it was.", "source": "{a.b}", "values": {"a": 1}},
        {"text": "As it was.", "source": "{a", "values": {"a": 1}},
        {"text": "As it was.", "source": 3, "values": {}},
        "As it was.",
    ],
)
def test_what_nobody_packed_is_plain_words(table: object) -> None:
    assert unpacked(table) == Text("As it was.")
