"""Two schedulers as processes of their own, of which one is killed in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from pipeline import settings_file
from pipeline.settings import Settings

STOP_TIMEOUT_S: Final = 15.0
SHOWN_OUTPUT_CHARACTERS: Final = 400
_MAIN = Path(__file__).resolve().parents[2] / "main.py"


class SchedulerProcesses:
    """Starts ``run --workers scheduler`` twice, with the same settings."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._folder = folder
        self._config = folder / "schedulers.toml"
        settings_file.save(settings, self._config)
        self._running = {number: self._start(number) for number in (1, 2)}

    def kill_first(self) -> int:
        """Kill the first one as a power cut would (SIGKILL); return its process id."""
        process = self._running.pop(1)
        process.kill()
        process.wait(STOP_TIMEOUT_S)
        return process.pid

    def failures(self) -> dict[str, str]:
        """Return what those said that ended by themselves."""
        return {
            f"scheduler process {number}": self._last_words(number)
            for number, process in self._running.items()
            if process.poll() is not None
        }

    def stop(self) -> None:
        """End those that are left."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_TIMEOUT_S)
        self._running.clear()

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        program = (
            [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, str(_MAIN)]
        )
        with self._output(number).open("wb") as output:
            return subprocess.Popen(
                [*program, "run", "--workers", "scheduler", "--config", str(self._config)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | {"SIGNALBOX_HOME": str(self._folder / f"scheduler-{number}")},
            )

    def _output(self, number: int) -> Path:
        return self._folder / f"scheduler-{number}.txt"

    def _last_words(self, number: int) -> str:
        text = self._output(number).read_text(encoding="utf-8", errors="replace")
        return f"ended by itself: {text[-SHOWN_OUTPUT_CHARACTERS:].strip()}"
