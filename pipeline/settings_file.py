"""Reading and writing the settings file: atomic, with a backup, never a crash on a broken one."""

from __future__ import annotations

import os
import tempfile
import tomllib
from pathlib import Path

import tomli_w

from pipeline.settings import Settings, SettingsError, parse_settings


def load(path: Path) -> Settings:
    """Return the settings in `path`; the defaults when there is no such file.

    Raises:
        SettingsError: the file is not TOML or breaks the models; every problem names its place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path.name}: cannot be read ({error})"]) from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"{path.name}: not valid TOML: {error}"]) from error
    return parse_settings(table)


def to_toml(settings: Settings) -> str:
    """Return the settings as TOML, without what equals the defaults."""
    return tomli_w.dumps(settings.model_dump(mode="json", exclude_defaults=True, exclude_none=True))


def save(settings: Settings, path: Path) -> None:
    """Write the settings to `path` in one step; the version before stays beside it as ``.bak``.

    Raises:
        OSError: the folder cannot be written; the old file is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(to_toml(settings))
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            path.with_suffix(path.suffix + ".bak").write_bytes(path.read_bytes())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def set_aside(path: Path) -> Path:
    """Move a broken settings file out of the way and return where it is now."""
    number = 1
    while (aside := path.with_name(f"{path.name}.broken-{number}")).exists():
        number += 1
    path.rename(aside)
    return aside
