"""Runs the RTSP server of the tests as a child process that can be stopped, stalled and started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

SERVER: Final = Path(__file__).with_name("rtsp_server.py")
SYSTEM_PYTHON: Final = "/usr/bin/python3"
_CHECK: Final = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); "
    "from gi.repository import Gst, GstRtspServer; Gst.init(None); "
    "assert Gst.ElementFactory.find('x264enc')"
)


def why_unavailable() -> str:
    """Return why GStreamer's server cannot run here; empty where it can."""
    if sys.platform == "win32" or not Path(SYSTEM_PYTHON).exists():
        return "there is no system Python with GStreamer here"
    ran = subprocess.run(
        [SYSTEM_PYTHON, "-c", _CHECK], capture_output=True, text=True, timeout=60, check=False
    )
    if ran.returncode == 0:
        return ""
    return "GStreamer's RTSP server is not installed (see .ci/run)"


def free_port() -> int:
    """Return a port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RtspServer:
    """A camera at `address`. The port stays the same over restarts."""

    def __init__(self, **options: str) -> None:
        """Start it; `options` are those of rtsp_server.py, such as ``size="320x180"``."""
        self.port = free_port()
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self.start()

    @property
    def address(self) -> str:
        """Where it streams, without a login."""
        scheme = "rtsps" if "certificate" in self._options else "rtsp"
        return f"{scheme}://127.0.0.1:{self.port}/street"

    def start(self, **changes: str) -> None:
        """Start it, with other options than before if there are `changes`."""
        self._options |= changes
        words = [word for name, value in self._options.items() for word in (f"--{name}", value)]
        # What pytest and Qt set for themselves is no business of the system's Python.
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "QT_"))}
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, str(SERVER), "--port", str(self.port), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def resize(self, size: str) -> None:
        """Change the size of the pictures in mid-stream."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"size {size}\n")
        self._process.stdin.flush()

    def stall(self) -> None:
        """Let it stand still with its connections open."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it run again."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)
