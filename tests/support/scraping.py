"""Workers as real `run` processes, and what their metrics say over HTTP."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.support.stages import wait_until

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 60.0
_ADDRESS = re.compile(r"metrics on (http://\S+/metrics)")


@dataclass
class RunProcess:
    """One ``run`` process with a metrics port.

    Attributes:
        output: what it has printed.
        enter: what a command begins with to reach it.
    """

    process: subprocess.Popen[bytes]
    output: Path
    enter: Sequence[str] = ()

    @property
    def url(self) -> str:
        """Address of its metrics; empty until it is known."""
        found = _ADDRESS.search(self.output.read_text(errors="replace"))
        return found[1] if found else ""

    def samples(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Scrape it: value by name and labels."""
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self._scrape())
            for sample in family.samples
        }

    def _scrape(self) -> str:
        if self.enter:
            fetch = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())"
            command = [*self.enter, sys.executable, "-c", fetch, self.url]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
            if done.returncode:
                raise ConnectionError(done.stderr)
            return done.stdout
        with urllib.request.urlopen(self.url, timeout=5.0) as answer:
            return str(answer.read().decode())

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of the samples `name` that carry these labels; 0 without any."""
        wanted = set(labels.items())
        return sum(
            value
            for (sample, carried), value in self.samples().items()
            if sample == name and wanted <= carried
        )

    def is_in(self, worker: str, state: str) -> bool:
        """Return whether it answers and says that the worker is in that state."""
        assert self.process.poll() is None, self.output.read_text(errors="replace")[-3000:]
        try:
            return (
                self.url != ""
                and self.value("signalbox_worker_state", worker=worker, state=state) == 1
            )
        except (urllib.error.URLError, ConnectionError):
            return False

    def stop(self, timeout_s: float = 40.0) -> int:
        """Stop it as a service manager does; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)


@contextlib.contextmanager
def run_process(
    config: Path, workers: str, home: Path, enter: Sequence[str] = ()
) -> Iterator[RunProcess]:
    """Start workers in a process and wait until they are at work; it is killed at the end.

    `enter` is what its command begins with, to run it elsewhere.
    """
    home.mkdir(parents=True, exist_ok=True)
    output = home / "output.log"
    command = [sys.executable, "main.py", "run", "--config", str(config), "--workers", workers]
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [*enter, *command, "--metrics-port", "0"],
            cwd=ROOT,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=os.environ | {"SIGNALBOX_HOME": str(home)},
        )
        made = RunProcess(process, output, enter)
        try:
            for worker in workers.split(","):
                wait_until(
                    f"{worker} runs",
                    lambda: made.is_in(worker, "running"),  # noqa: B023
                    START_TIMEOUT_S,
                )
            yield made
        finally:
            process.kill()
            process.wait(10.0)
