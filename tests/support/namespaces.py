"""Network namespaces joined by virtual cables: machines of their own, as far as Kafka can tell."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

SUBNET = "198.18.231"
"""Of the addresses set aside for benchmarks (RFC 2544): no real network has them."""


@dataclass(frozen=True)
class Machine:
    """One namespace.

    Attributes:
        name: of the namespace.
        address: under which the others reach it.
    """

    name: str
    address: str

    @property
    def enter(self) -> tuple[str, ...]:
        """What a command begins with to run there."""
        return ("ip", "netns", "exec", self.name)


@contextlib.contextmanager
def machines(count: int) -> Iterator[list[Machine]]:
    """Give namespaces that reach each other and are reached from here; take them away after.

    The first one holds the switch. The test is skipped where they cannot be made.
    """
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("NETWORK NAMESPACES NEED ROOT AND iproute2: scaling out was not tried")
    made = [
        Machine(f"sb{os.getpid()}-{number}", f"{SUBNET}.{number + 1}") for number in range(count)
    ]
    switch, here = made[0].name, f"sb{os.getpid()}"
    try:
        try:
            for machine in made:
                _ip("netns", "add", machine.name)
                _ip("-n", machine.name, "link", "set", "lo", "up")
        except subprocess.CalledProcessError as error:
            pytest.skip(f"NETWORK NAMESPACES CANNOT BE MADE HERE: {error.stderr.strip()}")
        _ip("-n", switch, "link", "add", "switch", "type", "bridge")
        _ip("-n", switch, "addr", "add", f"{made[0].address}/24", "dev", "switch")
        _ip("-n", switch, "link", "set", "switch", "up")
        for number, machine in enumerate(made[1:], 1):
            port = f"port{number}"
            _ip(
                *("link", "add", "cable", "netns", machine.name, "type", "veth"),
                *("peer", "name", port, "netns", switch),
            )
            _plug(switch, port)
            _ip("-n", machine.name, "addr", "add", f"{machine.address}/24", "dev", "cable")
            _ip("-n", machine.name, "link", "set", "cable", "up")
        _ip("link", "add", here, "type", "veth", "peer", "name", "porthere", "netns", switch)
        _plug(switch, "porthere")
        _ip("addr", "add", f"{SUBNET}.200/24", "dev", here)
        _ip("link", "set", here, "up")
        yield made
    finally:
        # A cable goes with either of its ends.
        for machine in made:
            subprocess.run(["ip", "netns", "del", machine.name], capture_output=True, check=False)


def _plug(switch: str, port: str) -> None:
    _ip("-n", switch, "link", "set", port, "master", "switch")
    _ip("-n", switch, "link", "set", port, "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, check=True, text=True)
