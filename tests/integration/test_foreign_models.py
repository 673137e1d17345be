"""Models that are not ours, from packages that ship one, on a street picture.

Neither was made for streets, so what they find there is little, but it is placed exactly. The
copies with boxes are kept in build/foreign-models, to be looked at.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from pipeline.detection.boxes import overlaps
from pipeline.paths import RESOURCES
from tests.support.packages import NotFetchedError, file_of

ROOT: Final = RESOURCES.parent

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(900)]

PICTURES: Final = ROOT / "build" / "foreign-models"
LEAST_OVERLAP: Final = 0.5

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Foreign:
    """A model in a package, and what it must find on the picture.

    Attributes:
        file: of the wheel: package, version, path.
        family: what it is recognised as.
        words: options of the command.
        objects: (beginning of the class, where a person sees it in pixels).
        false_alarms: boxes on nothing that it is known to give.
    """

    file: tuple[str, str, str]
    family: str
    words: tuple[str, ...]
    objects: tuple[tuple[str, Box], ...]
    false_alarms: int


NUDENET: Final = Foreign(
    ("nudenet", "3.4.2", "nudenet/320n.onnx"),
    "yolo",
    ("--size", "640x960", "--confidence", "0.3"),
    (
        ("FACE", (112, 424, 156, 472)),
        ("FACE", (264, 431, 309, 476)),
        ("FEET_COVERED", (246, 805, 298, 863)),
        ("FEET_COVERED", (664, 815, 751, 881)),
    ),
    0,
)
"""Body parts; a YOLOv8 of 18 classes, exported with an input of any size."""
DDDDOCR: Final = Foreign(
    ("ddddocr", "1.6.1", "ddddocr/common_det.onnx"),
    "yolox",
    ("--confidence", "0.5"),
    (("class 0", (0, 252, 33, 320)), ("class 0", (588, 394, 647, 480))),
    1,
)
"""Signs and drawings on pictures; a YOLOX of one class, its grid not decoded inside."""


def fetched(package: str, version: str, name: str) -> Path:
    try:
        return file_of(package, version, name)
    except NotFetchedError as error:
        pytest.skip(str(error))


@pytest.fixture
def street() -> Path:
    """Two men before a bus in Madrid, two more people half outside, a no-parking sign."""
    return fetched("ultralytics", "8.4.190", "ultralytics/assets/bus.jpg")


@pytest.mark.parametrize("model", [NUDENET, DDDDOCR], ids=["nudenet", "ddddocr"])
def test_a_model_of_a_package_finds_what_is_there(model: Foreign, street: Path) -> None:
    path = fetched(*model.file)
    report = run(path, street, *model.words)
    assert report["model"]["family"] == model.family
    found = report["images"][0]["detectedObjects"]
    boxes = np.array([one["bbox"] for one in found], np.float32)
    shares = overlaps(np.array([box for _, box in model.objects], np.float32), boxes, 0.0)
    for (name, _), row in zip(model.objects, shares, strict=True):
        best = int(row.argmax())
        assert row[best] >= LEAST_OVERLAP
        assert found[best]["class"].startswith(name)
    strays = int((shares.max(axis=0) < LEAST_OVERLAP).sum())
    assert strays == model.false_alarms
    assert (PICTURES / path.stem / f"{street.stem}.detected.jpg").is_file()


def run(model: Path, picture: Path, *words: str) -> dict[str, Any]:
    """Return what the command says as JSON."""
    options = ["--json", "--output", str(PICTURES / model.stem), "--provider", "cpu", *words]
    ran = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "detect", str(model), str(picture), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    return report
