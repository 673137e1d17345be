"""The installed console: a real window of the `windows` platform on a screen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.windows.conftest import KEPT, PROGRAM
from tests.windows.wine import Wine, windows_path

pytestmark = [
    pytest.mark.windows,
    pytest.mark.timeout(600),
    pytest.mark.usefixtures("runnable"),
]

WINDOWED = f"{PROGRAM}\\Signalbox.exe"
LEAST_COLOURS = 2000
"""Of a console with four living cameras; an empty one has some hundred."""


def test_the_demo_shows_living_cameras(wine: Wine, tmp_path: Path) -> None:
    picture, report = tmp_path / "demo.png", tmp_path / "demo.json"
    arguments = ["--duration", "40", "--screenshot", windows_path(picture)]
    done = wine.run(WINDOWED, "demo", *arguments, "--json", windows_path(report), timeout_s=240)
    logs = (wine.drive / "users").glob("*/AppData/Local/Signalbox/Logs/*/console.log")
    log = "\n".join(path.read_text(encoding="utf-8") for path in logs)
    assert done.code == 0, f"{done.output}\n{log}"
    shutil.copyfile(picture, KEPT / "demo.png")
    figures = json.loads(report.read_text(encoding="utf-8"))
    (KEPT / "demo.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    assert figures["passed"], figures
    assert len(figures["shownFps"]) == 4
    assert all(fps > 0 for fps in figures["shownFps"].values()), figures
    assert "Traceback" not in log

    image = cv2.imdecode(np.frombuffer(picture.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    height, width = image.shape[:2]
    assert (width, height) >= (1000, 600)
    colours = len(np.unique(image.reshape(-1, 3), axis=0))
    wall = image[height // 4 : 3 * height // 4, width // 6 : 5 * width // 6]
    assert colours > LEAST_COLOURS
    assert wall.std() > 20, "the wall shows no pictures"
