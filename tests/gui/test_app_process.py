"""The program as a process: demo with picture and figures, kill and restart, second start, quit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
import pytest
from PySide6.QtGui import QImage

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 60.0
KEPT = ROOT / "build" / "demo"
"""The pictures of the last run, for looking at."""


@contextmanager
def program(home: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the program beside the test; it is gone at the end."""
    environment = {**os.environ, "SIGNALBOX_HOME": str(home)}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def demo(home: Path, *arguments: str) -> AbstractContextManager[subprocess.Popen[str]]:
    return program(home, "demo", *arguments)


def wait_for_line(file: Path, words: str) -> str:
    """Wait until a file holds these words; return all of it."""
    deadline_s = time.monotonic() + START_TIMEOUT_S
    text = ""
    while words not in text:
        assert time.monotonic() < deadline_s, f"{words!r} not in: {text}"
        time.sleep(0.05)
        text = file.read_text(encoding="utf-8") if file.exists() else ""
    return text


def wait_until_running(process: subprocess.Popen[str]) -> str:
    """Read the demo's log until everything shows; return it."""
    lines = []
    deadline_s = time.monotonic() + START_TIMEOUT_S
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if "the demo is alive" in line:
            return "".join(lines)
        assert time.monotonic() < deadline_s, "".join(lines)
    raise AssertionError("the demo ended early:\n" + "".join(lines))


def test_demo_ends_in_time_with_a_picture_and_figures(tmp_path: Path) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    picture, figures = KEPT / "demo.png", KEPT / "demo.json"
    with demo(
        tmp_path, "--duration", "14", "--screenshot", str(picture), "--json", str(figures)
    ) as process:
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    for word in ("WARNING", "ERROR", "CRITICAL", "Traceback", "QThread"):
        assert word not in output, output
    assert "UI gap, steady" in output
    report = json.loads(figures.read_text(encoding="utf-8"))
    assert report["passed"]
    assert len(report["shownFps"]) == 4
    assert all(fps > 5 for fps in report["shownFps"].values()), report
    assert report["detectedFps"] > 4
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1440, 900)
    colours = {
        image.pixelColor(x, y).rgb() for x in range(100, 1100, 40) for y in range(240, 680, 40)
    }
    assert len(colours) > 50, "the wall shows no pictures"


def test_after_a_kill_it_starts_again_and_says_so(tmp_path: Path) -> None:
    with demo(tmp_path) as first:
        wait_until_running(first)
        first.kill()
        first.wait(timeout=30)
    assert list((tmp_path / "run").glob("running-*"))
    with demo(tmp_path, "--duration", "4") as second:
        output, _ = second.communicate(timeout=120)
    assert second.returncode == 0, output
    assert "ended abruptly" in output
    assert not list((tmp_path / "run").glob("running-*"))


def test_a_second_start_leaves_it_to_the_first(tmp_path: Path) -> None:
    with demo(tmp_path) as first:
        wait_until_running(first)
        with demo(tmp_path) as second:
            output, _ = second.communicate(timeout=60)
        assert second.returncode == 0
        assert "running already" in output
        assert first.poll() is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that stops a process")
@pytest.mark.parametrize("comes_back", [True, False])
def test_a_second_start_beside_a_run_that_hangs_says_so_and_goes_on_with_it(
    tmp_path: Path, *, comes_back: bool
) -> None:
    with demo(tmp_path) as first:
        wait_until_running(first)
        first.send_signal(signal.SIGSTOP)
        with demo(tmp_path) as second:
            assert second.stdout is not None
            line = second.stdout.readline()
            assert line == "Signalbox is running already, but does not answer.\n"
            assert second.poll() is None
            first.send_signal(signal.SIGCONT if comes_back else signal.SIGKILL)
            if comes_back:
                output, _ = second.communicate(timeout=60)
                assert second.returncode == 0
                assert "brought to the front" in output
                assert first.poll() is None
            else:
                assert "ended abruptly" in wait_until_running(second)


def test_it_listens_to_this_machine_only(tmp_path: Path) -> None:
    """No firewall asks about a program that nobody outside can reach."""
    with demo(tmp_path) as process:
        wait_until_running(process)
        connections = psutil.Process(process.pid).net_connections(kind="inet")
        listening = {each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN}
        outside = [each for each in connections if each.raddr and each.raddr.ip != "127.0.0.1"]
    assert listening == {"127.0.0.1"}
    assert outside == []


def test_another_process_closes_it_in_order(tmp_path: Path) -> None:
    with demo(tmp_path) as process:
        wait_until_running(process)
        command = [sys.executable, "main.py", "quit", "--wait", "40"]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"SIGNALBOX_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (0, "Signalbox has closed.\n"), done
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output
    assert "asked to quit by another process" in output
    assert not list((tmp_path / "run").glob("running-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with demo(tmp_path) as process:
        wait_until_running(process)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert "asked to quit by a signal" in output
    assert "embedded broker stopped" in output
    assert "Signalbox ends" in output
    assert not list((tmp_path / "run").glob("running-*"))
    assert not [child for child in children if child.is_running()]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_broken_settings_are_set_aside_and_told(tmp_path: Path) -> None:
    file = tmp_path / "config" / "signalbox.toml"
    file.parent.mkdir()
    file.write_text('[kafka]\nmode = "embeded"\n')
    with program(tmp_path) as process:
        log = wait_for_line(tmp_path / "logs" / "streaming" / "console.log", "could not be used")
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert "kafka.mode" in log
    assert not file.exists()
    assert (file.parent / "signalbox.toml.broken-1").read_text() == '[kafka]\nmode = "embeded"\n'


def test_broken_settings_of_the_command_line_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[detection]\nconfidense = 0.5\n")
    with program(tmp_path, "--config", str(file)) as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "did you mean `confidence`?" in output
    assert file.exists()
