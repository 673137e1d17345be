"""A machine that sleeps: every process stands still, and goes on as if no time had passed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process"),
]

ROOT = Path(__file__).resolve().parents[2]
ASLEEP_S = 15.0
"""Longer than the consumer groups' session: the broker has given their partitions away by then."""


def test_after_sleep_the_work_goes_on_and_nothing_is_lost(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "main.py", "selftest", "--mode", "e2e", "--duration", "40"]
    process = subprocess.Popen(
        [*command, "--json", str(report)],
        cwd=ROOT,
        env=os.environ | {"SIGNALBOX_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if "Detection started" in line:
            break
    process.send_signal(signal.SIGSTOP)
    time.sleep(ASLEEP_S)  # sleep itself is what is tried
    process.send_signal(signal.SIGCONT)
    rest, _ = process.communicate(timeout=180)
    assert process.returncode == 0, seen + rest
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert figures["passed"], figures
    assert "Traceback" not in seen + rest
