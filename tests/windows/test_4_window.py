"""The installed console: a real window of the `windows` platform on a screen."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from console import power
from tests.windows.conftest import KEPT, PROGRAM, note_figure
from tests.windows.wine import Wine, at_most, wait_until, windows_path

pytestmark = [
    pytest.mark.windows,
    at_most(600),
    pytest.mark.usefixtures("runnable"),
]

WINDOWED = f"{PROGRAM}\\Signalbox.exe"
SEND = """
import ctypes, sys
user = ctypes.windll.user32
title, message, w_param, l_param = sys.argv[1], *(int(word) for word in sys.argv[2:])
window = user.FindWindowW(None, title)
assert window, title
user.SendMessageW.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_size_t, ctypes.c_ssize_t]
print("answer", user.SendMessageW(window, message, w_param, l_param))
"""
"""Sends a message to a window as Windows does, and tells the answer."""

ENDSESSION_LOGOFF = -0x80000000
WM_QUERYENDSESSION = 0x0011
SHUTDOWN_CALLS = "user32.ShutdownBlockReasonCreate;user32.ShutdownBlockReasonDestroy"
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
    note_figure(f"demo ready {figures['startupS']:.1f} s after the program's start")
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


def show_calls_of(wine: Wine, functions: str) -> None:
    """Have Wine tell the calls of these functions, and of no others, where ``+relay`` is asked for."""
    key = "HKCU\\Software\\Wine\\Debug"
    done = wine.run("reg", "add", key, "/v", "RelayInclude", "/d", functions, "/f", timeout_s=60)
    assert done.code == 0, done.output


def listening(wine: Wine) -> set[str]:
    """Return the addresses that programs of this Windows listen at."""
    found = set()
    for process in wine.processes():
        with contextlib.suppress(psutil.Error):
            for each in process.net_connections(kind="inet"):
                if each.status == psutil.CONN_LISTEN:
                    found.add(each.laddr.ip)
    return found


def test_sleep_waking_and_the_end_of_the_session_are_heard(wine: Wine, tmp_path: Path) -> None:
    script = tmp_path / "send.py"
    script.write_text(SEND, encoding="utf-8")
    home = tmp_path / "home"
    log, detection = (
        home / "logs" / "streaming" / name for name in ("console.log", "detection.log")
    )

    def send(title: str, message: int, w_param: int, l_param: int = 0) -> str:
        words = [windows_path(script), title, *map(str, (message, w_param, l_param))]
        done = wine.run(f"{PROGRAM}\\runtime\\python.exe", *words, timeout_s=60)
        assert done.code == 0, done.output
        return done.output

    def said(text: str) -> bool:
        return text in log.read_text(encoding="utf-8")

    show_calls_of(wine, SHUTDOWN_CALLS)
    running = wine.start(WINDOWED, "demo", home=windows_path(home), debug="+relay")
    wait_until(detection.exists, 120, "starting the demo")
    wait_until(lambda: "opened" in detection.read_text(encoding="utf-8"), 120, "opening cameras")
    assert listening(wine) == {"127.0.0.1"}, "no firewall asks about it"
    send(power.TITLE, power.WM_POWERBROADCAST, power.PBT_APMSUSPEND)
    wait_until(lambda: said("the machine goes to sleep"), 20, "hearing of sleep")
    send(power.TITLE, power.WM_POWERBROADCAST, power.PBT_APMRESUMEAUTOMATIC)
    wait_until(lambda: said("the machine is awake again"), 20, "hearing of waking")

    assert "answer 1" in send(power.TITLE, WM_QUERYENDSESSION, 0, ENDSESSION_LOGOFF)
    done = running.wait(60)
    assert done.code == 0, done.output[-4000:]
    # Wine's function says that it is not implemented, so nothing is to be taken back.
    (told,) = re.findall(r"Call user32\.ShutdownBlockReasonCreate\(([^)]*)\)", done.output)
    assert re.fullmatch(r'0*[1-9a-f][0-9a-f]*,[0-9a-f]+ L"The workers finish what .*"', told)
    assert "ShutdownBlockReasonDestroy(" not in done.output
    lines = log.read_text(encoding="utf-8")
    assert "asked to quit by the end of the session" in lines
    assert lines.rstrip().endswith("Signalbox ends")
    assert "Traceback" not in lines
