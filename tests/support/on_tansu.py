"""Runs a command of main.py against a Tansu broker that lives as long as the command.

``python -m tests.support.on_tansu selftest --mode e2e --bootstrap BROKER``: the word BROKER is
replaced by the broker's address, BROKER_PID by its process id (``selftest --fault freeze
--broker-pid BROKER_PID`` stops it for a while). The exit code is the command's.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.integration.tansu import running_tansu

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Run it and return its exit code."""
    with (
        tempfile.TemporaryDirectory(prefix="signalbox-tansu-") as folder,
        running_tansu(Path(folder)) as broker,
    ):
        facts = {"BROKER": broker.bootstrap_servers, "BROKER_PID": str(broker.pid)}
        words = [facts.get(word, word) for word in arguments]
        command = [sys.executable, str(ROOT / "main.py"), *words]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
