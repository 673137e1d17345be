"""Installs system packages on Debian and Ubuntu, where this process may."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bootstrap.messages import SetupError, say

LOCK_TIMEOUT_S = 120
_APT = ("apt-get", "-q", "-y", "-o", f"DPkg::Lock::Timeout={LOCK_TIMEOUT_S}")


def is_debian_like() -> bool:
    """Whether packages here have Debian's names."""
    return Path("/etc/debian_version").exists()


def can_install() -> bool:
    """Whether this process may install packages here: root on Debian, Ubuntu and their kin."""
    is_root = sys.platform != "win32" and os.geteuid() == 0
    return is_root and is_debian_like() and shutil.which("apt-get") is not None


def install(packages: Sequence[str]) -> None:
    """Install `packages`, fetching the package lists only if they are not known here.

    Raises:
        SetupError: apt-get refused, with its last lines.
    """
    say(f"Installing system packages: {' '.join(packages)}")
    command = [*_APT, "install", "--no-install-recommends", *packages]
    result = _run(command)
    if result.returncode:
        say("  fetching the package lists")
        _run([*_APT, "update"])
        result = _run(command)
    if result.returncode:
        last = "\n".join(f"    {line}" for line in result.stdout.strip().splitlines()[-6:])
        raise SetupError(
            f"apt-get could not install them:\n{last}\n"
            f"Install them by hand and start again:\n    apt-get install {' '.join(packages)}"
        )


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
