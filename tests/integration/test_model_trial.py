"""A model is tried in a process of its own: what it finds, what is wrong with it, and a crash."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from pipeline.detection import model_trial
from pipeline.detection.model_trial import ModelTrial, TrialStoppedError, demo_picture, try_model
from pipeline.detection.models import BUNDLED_MODEL, AmbiguousModelError, ModelError
from pipeline.settings import DetectionSettings
from tests.unit.detection.families.networks import Network, street

pytestmark = pytest.mark.integration


def attempt(**settings: object) -> ModelTrial:
    made = DetectionSettings.model_validate({"providers": ("cpu",), **settings})
    return try_model(made, demo_picture(), (320, 240), threading.Event())


def ambiguous(path: Path) -> Path:
    """Write a model with one row a cell, which may be YOLOv6's, YOLOX's, or YOLOv5's."""
    net = Network()
    one = net.const([1.0])
    table = net.among_cells(net.row(*net.centre(), one, net.scores), 8)
    net.output("rows", table, [1, 525, 8])
    return net.save(path)


def test_the_bundled_model_finds_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_trial, "REPEAT", 2)
    trial = attempt(providers=("cuda", "cpu"), threads=1)
    assert trial.family == "nanodet"
    assert trial.provider == "CPU"
    assert trial.reason == "CUDA is not in this build of onnxruntime"
    assert any("metadata" in line for line in trial.evidence)
    assert trial.counts["person"] >= 3
    assert 1 < trial.milliseconds < 10_000
    assert trial.pixels.shape == (210, 320, 4)
    bare = attempt(confidence=1.0)
    assert not bare.counts
    assert np.any(bare.pixels != trial.pixels)


def test_what_is_wrong_with_a_file_is_said_as_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "half.onnx"
    path.write_bytes(BUNDLED_MODEL.read_bytes()[:100_000])
    with pytest.raises(ModelError, match=r"half\.onnx is not a complete ONNX model"):
        attempt(model=str(path))
    with pytest.raises(ModelError, match=r"gone\.onnx does not exist"):
        attempt(model=str(tmp_path / "gone.onnx"))


def test_an_ambiguous_model_offers_its_families_and_runs_as_the_one_picked(tmp_path: Path) -> None:
    path = str(ambiguous(tmp_path / "m.onnx"))
    with pytest.raises(AmbiguousModelError, match="Pick one") as caught:
        attempt(model=path)
    assert set(caught.value.families) == {"yolo", "yolov5", "yolox"}
    settings = DetectionSettings(model=path, family="yolov5", providers=("cpu",))
    trial = try_model(settings, street(), (320, 240), threading.Event())
    assert trial.family == "yolov5"
    assert sum(trial.counts.values()) == 1


def test_a_crash_of_the_process_is_an_error_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashing = tmp_path / "main.py"
    crashing.write_text("import os\nos.abort()\n", encoding="utf-8")
    monkeypatch.setattr(model_trial, "_MAIN", crashing)
    with pytest.raises(ModelError, match=r"ended the process that tried it \(code -?\d+\)"):
        attempt()


def test_a_trial_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = tmp_path / "main.py"
    waiting.write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    monkeypatch.setattr(model_trial, "_MAIN", waiting)
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began_s = time.monotonic()
    with pytest.raises(TrialStoppedError):
        try_model(DetectionSettings(), demo_picture(), (320, 240), stop)
    assert time.monotonic() - began_s < 10
    monkeypatch.setattr(model_trial, "TIMEOUT_S", 0.2)
    with pytest.raises(ModelError, match="gave no boxes within 0 s"):
        attempt()
