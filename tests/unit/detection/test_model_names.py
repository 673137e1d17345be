"""Class names: from metadata, a file beside the model, or COCO; and nothing is ever executed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detection.models import ModelError
from pipeline.detection.models.coco import COCO_IDS, COCO_NAMES
from pipeline.detection.models.names import class_names, parse_names, parse_yaml_names

THREE = ("red", "fire hydrant", "it's")


@pytest.mark.parametrize(
    "text",
    [
        '["red", "fire hydrant", "it\'s"]',
        '{"0": "red", "1": "fire hydrant", "2": "it\'s"}',
        "{0: 'red', 1: 'fire hydrant', 2: \"it's\"}",
        "{2: \"it's\", 0: 'red', 1: 'fire hydrant'}",
        "['red', 'fire hydrant', \"it's\"]",
        "('red', 'fire hydrant', \"it's\")",
    ],
)
def test_metadata_as_json_and_as_python_writes_it(text: str) -> None:
    assert parse_names(text) == THREE


def test_numbers_without_a_name_keep_their_place() -> None:
    assert parse_names("{0: 'a', 2: 'c'}") == ("a", "class 1", "c")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "names",
        "{",
        "__import__('os').getcwd()",
        "[1, 2]",
        "{'a': 'b'}",
        "{-1: 'a'}",
        "{9999999: 'a'}",
        "{}",
        "[" * 5000,
        "(" * 300 + ")" * 300,
        "7",
        "[" * 100_000 + "]" * 100_000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_names(text)


@given(st.text(max_size=60))
def test_no_text_does_harm(text: str) -> None:
    for parse in (parse_names, parse_yaml_names):
        try:
            assert all(isinstance(name, str) for name in parse(text))
        except ValueError:
            continue


@pytest.mark.parametrize(
    "text",
    [
        "names: [red, 'fire hydrant', \"it's\"]",
        "names:\n  0: red\n  1: fire hydrant\n  2: it's\n",
        "names:\n- red\n- 'fire hydrant'\n- \"it's\"\nnc: 3\n",
        "path: x\nnames:  # three\n  - red # one\n\n  # and\n  - fire hydrant\n  - it's\ntrain: y",
        'names: {0: red, 1: fire hydrant, 2: "it\'s"}\n',
        'nc: 3\nnames: [red,\n  fire hydrant,\n  "it\'s"]\ntrain: images\n',
    ],
)
def test_a_data_sets_yaml_in_every_style(text: str) -> None:
    assert parse_yaml_names(text) == THREE


@pytest.mark.parametrize("text", ["", "nc: 3", "names:\n", "names: [a, b", "names: hello"])
def test_yaml_without_names_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_yaml_names(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [("m.names", "red\nblue\n\n"), ("m.txt", "\ufeffred\r\nblue"), ("m.yml", "names: [red, blue]")],
)
def test_a_file_beside_the_model(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = class_names(tmp_path / "m.onnx", {}, (2,))
    assert found.names == ("red", "blue")
    assert found.origin == f"class names from {name}: 2"


def test_metadata_goes_before_a_file(tmp_path: Path) -> None:
    (tmp_path / "m.names").write_text("x\ny", encoding="utf-8")
    assert class_names(tmp_path / "m.onnx", {"names": "['a', 'b']"}, (2,)).names == ("a", "b")


def test_too_few_names_say_both_numbers_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"3 classes, but the metadata has 2 names.*m\.names"):
        class_names(tmp_path / "m.onnx", {"names": "['a', 'b']"}, (3,))


def test_names_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"m\.onnx: the class names in its metadata"):
        class_names(tmp_path / "m.onnx", {"names": "open('x')"}, (3,))
    (tmp_path / "m.names").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ModelError, match=r"m\.names beside m\.onnx holds no class names"):
        class_names(tmp_path / "m.onnx", {}, (3,))


@pytest.mark.parametrize(
    ("counts", "names"),
    [((80,), COCO_NAMES), ((91,), COCO_IDS), ((), COCO_NAMES), ((2,), ("class 0", "class 1"))],
)
def test_without_any_names(tmp_path: Path, counts: tuple[int, ...], names: tuple[str, ...]) -> None:
    assert class_names(tmp_path / "m.onnx", {}, counts).names == names


def test_coco_has_80_classes_within_its_91_numbers() -> None:
    assert len(COCO_NAMES) == 80
    assert len(COCO_IDS) == 91
    assert (COCO_IDS[1], COCO_IDS[3], COCO_IDS[13], COCO_IDS[90]) == (
        "person",
        "car",
        "stop sign",
        "toothbrush",
    )
    assert (COCO_NAMES[0], COCO_NAMES[2], COCO_NAMES[11], COCO_NAMES[79]) == (
        "person",
        "car",
        "stop sign",
        "toothbrush",
    )
