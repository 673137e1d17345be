"""Where Signalbox keeps its files, per user and per platform.

``SIGNALBOX_HOME`` moves everything below one folder (portable use, tests).
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

APP_NAME = "Signalbox"
HOME_VARIABLE = "SIGNALBOX_HOME"

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
"""Read-only files that ship with the program (model, demo clip, icons)."""


def _base(platform_folder: Path, portable_name: str) -> Path:
    home = os.environ.get(HOME_VARIABLE)
    return Path(home).expanduser() / portable_name if home else platform_folder


def settings_file() -> Path:
    """The settings of this user (TOML)."""
    folder = platformdirs.user_config_path(APP_NAME, appauthor=False)
    return _base(folder, "config") / "signalbox.toml"


def data_folder() -> Path:
    """What must survive a restart: alarms database, spooled messages."""
    return _base(platformdirs.user_data_path(APP_NAME, appauthor=False) / "data", "data")


def log_folder() -> Path:
    """The log files, one folder for all workers: ``<log folder>/streaming/detection.log``."""
    return _base(platformdirs.user_log_path(APP_NAME, appauthor=False), "logs")


def runtime_folder() -> Path:
    """Small files about the running program: run marker, crash traces."""
    return _base(platformdirs.user_data_path(APP_NAME, appauthor=False) / "run", "run")


def shown(path: Path) -> str:
    """Return `path` for people and logs, with the user's home folder as ``~``."""
    try:
        return str(Path("~") / path.expanduser().resolve().relative_to(Path.home()))
    except (ValueError, OSError):
        # Somewhere else, or a place that cannot be looked at now, such as a share that is away.
        return str(path)
