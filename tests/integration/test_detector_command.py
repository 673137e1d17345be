"""`main.py detect`: what it prints and writes, and its exit codes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import pytest

from commands import detect
from pipeline.detection.images import read_image
from pipeline.detection.models.families import FAMILIES
from pipeline.paths import RESOURCES

pytestmark = pytest.mark.integration


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    capture = cv2.VideoCapture(str(RESOURCES / "demo" / "market-street-1906.mp4"))
    ok, frame = capture.read()
    capture.release()
    assert ok
    path = tmp_path / "street.png"
    cv2.imwrite(str(path), frame)
    return path


def run(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    detect.add_arguments(parser)
    return detect.run(parser.parse_args([str(word) for word in words]))


def test_a_table_and_a_copy_with_boxes(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("bundled", picture, "--provider", "cpu") == 0
    printed = capsys.readouterr().out
    assert "nanodet-g.onnx (nanodet) on CPU" in printed
    assert "person" in printed
    copy = read_image(picture.with_suffix(".detected.jpg"))
    assert copy.shape == read_image(picture).shape


def test_the_family_is_told_with_its_evidence(
    picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("bundled", picture, "--provider", "cpu", "--json") == 0
    evidence = json.loads(capsys.readouterr().out)["model"]["evidence"]
    assert run("bundled", picture, "--provider", "cpu") == 0
    printed = capsys.readouterr().out
    assert "the metadata names the family nanodet" in evidence
    assert "class names from the metadata: 80" in evidence
    assert all(f"\n  {reason}\n" in printed for reason in evidence)


def test_a_family_is_picked_by_name(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("bundled", picture, "--provider", "cpu", "--family", "nanodet") == 0
    assert "nanodet was picked" in capsys.readouterr().out
    assert run("bundled", picture, "--provider", "cpu", "--family", "yolo") == 2
    assert "nanodet-g.onnx cannot be read as yolo" in capsys.readouterr().err
    assert run("bundled", picture, "--family", "yolo99") == 2
    assert "`yolo99` is no model family. Did you mean `yolo" in capsys.readouterr().err


def test_the_help_names_every_family() -> None:
    parser = argparse.ArgumentParser()
    detect.add_arguments(parser)
    text = " ".join(parser.format_help().split())
    assert f"file: {', '.join(FAMILIES)}" in text


def test_json_holds_the_boxes(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("bundled", picture, "--json", "--output", tmp_path / "out") == 0
    report = json.loads(capsys.readouterr().out)
    objects = report["images"][0]["detectedObjects"]
    assert len(objects) > 3
    assert {"class", "confidence", "bbox"} == set(objects[0])
    assert (tmp_path / "out" / "street.detected.jpg").is_file()


def test_pictures_that_cannot_be_read_do_not_stop_the_others(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "notes.jpg"
    text.write_text("no picture")
    assert run("bundled", tmp_path / "gone.jpg", text, picture) == 1
    printed = capsys.readouterr()
    assert "gone.jpg does not exist" in printed.err
    assert "notes.jpg is not a picture" in printed.err
    assert "street.png" in printed.out


def test_a_folder_that_cannot_be_made_is_not_blamed_on_the_picture(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert run("bundled", picture, "--output", tmp_path / "file" / "out") == 1
    told = capsys.readouterr().err
    assert f"The copy of {picture} cannot be written, since {tmp_path / 'file'}" in told
    assert "--output" in told


def test_a_model_that_cannot_be_used_ends_with_2(
    picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(picture.with_name("none.onnx"), picture) == 2
    assert "none.onnx does not exist" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [("--size", "640"), ("--confidence", "2"), ("--iou", "x"), ("--provider", "tpu")]
)
def test_options_that_make_no_sense_end_with_2(picture: Path, words: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("bundled", picture, *words)
    assert ended.value.code == 2
