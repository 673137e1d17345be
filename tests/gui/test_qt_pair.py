"""This PySide6 on this Python keeps its references: many calls into Qt do not abort it."""

from __future__ import annotations

import subprocess
import sys

CALLS = 20_000
"""The unsound pair aborts after some 5,500 calls that return nothing."""

PROGRAM = f"""
import sys
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication([])
label = QLabel()
before = sys.getrefcount(None)
for _ in range({CALLS}):
    label.setText("text")
    label.update()
print(before - sys.getrefcount(None))
"""


def test_calls_that_return_nothing_keep_the_reference_to_none() -> None:
    # In a process of its own: an abort would take the whole test run with it.
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    # From Python 3.12 on None is immortal, and its count does not move.
    assert abs(int(run.stdout)) < 1000
