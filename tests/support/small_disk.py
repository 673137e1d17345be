"""A file system of a few megabytes, for what must go on where a disk is full (Linux, root)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def mount_small(folder: Path, size: int) -> str:
    """Put a file system of `size` bytes at `folder`; return why that is not possible here."""
    mount = shutil.which("mount")
    if sys.platform != "linux" or mount is None or os.geteuid() != 0:
        return "mounting a small disk needs Linux and root"
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stderr.strip() if done.returncode else ""


def unmount(folder: Path) -> None:
    """Take it away again, also while files of it are open."""
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no byte free; removing the file makes room again."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast
