"""Reading and writing the settings file: atomic, with a backup, never a crash on a broken one."""

from __future__ import annotations

import os
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from pipeline.redact import is_secret_name
from pipeline.secrets import is_reference
from pipeline.settings import Settings, SettingsError, parse_settings
from pipeline.texts import say


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
        raise SettingsError(
            [say("{name}: cannot be read ({error})", name=path.name, error=error)]
        ) from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            [say("{name}: not valid TOML: {error}", name=path.name, error=error)]
        ) from error
    return parse_settings(table)


def to_toml(settings: Settings) -> str:
    """Return the settings as TOML, without what equals the defaults."""
    return tomli_w.dumps(settings.model_dump(mode="json", exclude_defaults=True, exclude_none=True))


def save(settings: Settings, path: Path) -> None:
    """Write the settings to `path` in one step; the version before stays beside it as ``.bak``.

    Where a secret leaves the file, the version before does not stay.

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
        _keep_before(settings, path)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _keep_before(settings: Settings, path: Path) -> None:
    """Keep the version before, unless it holds a secret that is no longer in the settings."""
    backup = path.with_suffix(path.suffix + ".bak")
    try:
        before = path.read_bytes()
    except FileNotFoundError:
        return
    try:
        table = tomllib.loads(before.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        table = {}
    if _plain_secrets(table) <= _plain_secrets(settings.model_dump(mode="json")):
        backup.write_bytes(before)
    else:
        backup.unlink(missing_ok=True)


def _plain_secrets(table: Any) -> frozenset[str]:
    """Return the secrets that settings hold themselves, wherever they stand."""
    found: set[str] = set()
    for name, value in table.items() if isinstance(table, dict) else ():
        if isinstance(value, dict):
            found |= _plain_secrets(value)
        elif isinstance(value, str) and value and is_secret_name(name) and not is_reference(value):
            found.add(value)
    return frozenset(found)


def set_aside(path: Path) -> Path:
    """Move a broken settings file out of the way and return where it is now."""
    number = 1
    while (aside := path.with_name(f"{path.name}.broken-{number}")).exists():
        number += 1
    path.rename(aside)
    return aside
