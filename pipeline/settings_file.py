"""Reading and writing the settings file: atomic, with a backup, never a crash on a broken one."""

from __future__ import annotations

import os
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import tomli_w

from pipeline.redact import is_secret_name
from pipeline.secrets import is_reference
from pipeline.settings import Settings, SettingsError, parse_settings
from pipeline.texts import say

BACKUP_SUFFIX = ".bak"


@dataclass(frozen=True, slots=True)
class LastGood:
    """The version before of a settings file, where it can be used.

    Attributes:
        settings: what it says.
        kept_in: where it is.
        saved: when it was saved, in this machine's time zone.
    """

    settings: Settings
    kept_in: Path
    saved: datetime


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
    backup = _backup_of(path)
    try:
        before = path.read_bytes()
        saved = path.stat()
    except FileNotFoundError:
        return
    try:
        table = tomllib.loads(before.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        table = {}
    if _plain_secrets(table) <= _plain_secrets(settings.model_dump(mode="json")):
        backup.write_bytes(before)
        # It tells when these settings were saved, not when others took their place.
        os.utime(backup, ns=(saved.st_atime_ns, saved.st_mtime_ns))
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


def _backup_of(path: Path) -> Path:
    return path.with_suffix(path.suffix + BACKUP_SUFFIX)


def last_good(path: Path) -> LastGood | None:
    """Return the version before of the settings in `path`; None where there is none to use."""
    backup = _backup_of(path)
    try:
        saved = datetime.fromtimestamp(backup.stat().st_mtime).astimezone()
        return LastGood(load(backup), backup, saved)
    except (OSError, SettingsError):
        return None


def last_good_words(path: Path) -> str:
    """Return, for the command line, that the version before can be used; empty where it cannot."""
    found = last_good(path)
    if found is None:
        return ""
    return (
        f"The settings of {found.saved:%Y-%m-%d %H:%M} in {found.kept_in} can be used: "
        f"see what differs, then copy it over {path.name}."
    )


def set_aside(path: Path) -> Path:
    """Move a broken settings file out of the way and return where it is now."""
    number = 1
    while (aside := path.with_name(f"{path.name}.broken-{number}")).exists():
        number += 1
    path.rename(aside)
    return aside
