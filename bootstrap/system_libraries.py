"""Finds shared libraries (and fonts) that Qt and OpenCV expect of a Linux system."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bootstrap import debian
from bootstrap.messages import SetupError

# Library -> Debian package. What the wheels' own binaries name (ldd) and do not carry themselves.
VIDEO = {
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
}
QT = {
    "libEGL.so.1": "libegl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libX11.so.6": "libx11-6",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
}
X11 = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
FONT_PACKAGE = "fonts-dejavu-core"
FONT_SUFFIXES = (".ttf", ".otf", ".ttc", ".pfb")
_TRIAL = {
    False: "import cv2",
    True: "import cv2, ctypes, pathlib, PySide6.QtWidgets, PySide6.QtNetwork\n"
    "folder = pathlib.Path(PySide6.__file__).parent / 'Qt' / 'plugins' / 'platforms'\n"
    "ctypes.CDLL(str(folder / 'libqxcb.so'))",
}


def ensure_libraries(*, window: bool) -> None:
    """See to the libraries a command needs, installing them where this process may.

    Args:
        window: Qt's too, not only OpenCV's.

    Raises:
        SetupError: some are missing; names them and their packages.
    """
    absent = _missing_libraries(window=window)
    fonts_absent = window and not any(_fonts())
    if not absent and not fonts_absent:
        return
    if absent and not fonts_absent and _works_nevertheless(window=window):
        return  # Carried by the environment itself (conda, Nix).
    packages = sorted({*absent.values(), *([FONT_PACKAGE] if fonts_absent else [])})
    if debian.can_install():
        debian.install(packages)
        absent = _missing_libraries(window=window)
        if not absent:
            return
    if absent:
        raise SetupError(_text(absent, packages))


def _missing_libraries(*, window: bool) -> dict[str, str]:
    wanted = dict(VIDEO)
    if window:
        wanted |= QT
        off_screen = os.environ.get("QT_QPA_PLATFORM", "").startswith(("offscreen", "minimal"))
        # Where they can be had for nothing, for the next start, too, which may have a screen.
        if not off_screen or debian.can_install():
            wanted |= X11
    return {name: package for name, package in wanted.items() if not _loads(name)}


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _works_nevertheless(*, window: bool) -> bool:
    trial = subprocess.run([sys.executable, "-c", _TRIAL[window]], capture_output=True, check=False)
    return trial.returncode == 0


def _fonts() -> Iterator[Path]:
    home = Path.home()
    folders = (
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".local/share/fonts",
        home / ".fonts",
    )
    for folder in folders:
        for place, _, names in os.walk(folder):
            yield from (Path(place, name) for name in names if name.lower().endswith(FONT_SUFFIXES))


def _text(absent: dict[str, str], packages: list[str]) -> str:
    names = ", ".join(sorted(absent))
    if debian.is_debian_like():
        return (
            f"This system lacks libraries that the window and the video need:\n    {names}\n"
            f"Install them and start again:\n    sudo apt-get install {' '.join(packages)}"
        )
    return (
        f"This system lacks libraries that the window and the video need:\n    {names}\n"
        "Install the packages of your distribution that carry them and start again.\n"
        f"(Debian's names for them: {' '.join(packages)})"
    )
