"""Whether the libraries that plugin.library.paths names are there: without them, no client is made."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.kafka.doctor.effective import Effective
from pipeline.kafka.doctor.findings import Edit, Finding, Severity, about
from pipeline.texts import listed, say

NAME: Final = "plugin.library.paths"
_ENDING: Final = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
_SEARCHED: Final = {"win32": "PATH", "darwin": "DYLD_LIBRARY_PATH"}.get(
    sys.platform, "LD_LIBRARY_PATH"
)
_USUAL: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")


def plugin_rules(effective: Effective) -> Iterator[Finding]:
    """Yield that a library is missing. They are looked for as librdkafka does, not loaded."""
    setting = effective.setting(NAME)
    text = effective.text(NAME)
    if setting is None or text is None or effective.is_code(NAME):
        return
    paths = text.removesuffix(";").split(";")
    missing = [path for path in paths if not _is_there(path)]
    if not text or not missing:
        return
    left = ";".join(path for path in paths if path not in missing)
    # Of a name without a folder only the system's loader knows all the places where it looks.
    is_certain = any(not path or _has_folder(path) for path in missing)
    if not any(missing):
        reason = say("there is no path before a semicolon")
    elif is_certain:
        reason = say(
            "{location} does not exist or cannot be read", location=listed(filter(None, missing))
        )
    else:
        reason = say(
            "{name} is in none of the folders where this system usually looks for libraries",
            name=listed(missing),
        )
    yield about(
        setting,
        "plugin-missing",
        Severity.ERROR if is_certain else Severity.WARNING,
        effect=say("the client cannot be made"),
        reason=reason,
        fix=say("Write the whole path of the library, or take it out."),
        edits=[Edit("set", setting.name, left) if left else Edit("remove", setting.name)],
        refused=is_certain,
    )


def _has_folder(path: str) -> bool:
    return "/" in path or (sys.platform == "win32" and "\\" in path)


def _is_there(path: str) -> bool:
    """Whether there is such a file; librdkafka adds the system's ending where there is none."""
    if not path:
        return False
    names = [path] if "." in Path(path).name else [path, path + _ENDING]
    folders = [""] if _has_folder(path) else _folders()
    return any(_is_file(os.path.join(folder, name)) for folder in folders for name in names)  # noqa: PTH118 - of "" and a path, it is the path


def _folders() -> list[str]:
    named = [folder for folder in os.environ.get(_SEARCHED, "").split(os.pathsep) if folder]
    if sys.platform == "win32":
        return [str(Path(sys.executable).parent), *named]
    usual = [Path(folder) for folder in _USUAL]
    # Debian keeps them a folder deeper, named after the processor.
    deeper = [each for folder in usual for each in folder.glob("*-linux-gnu*")]
    return [*named, *map(str, usual), *map(str, deeper)]


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # no right to look there, or no name of a file at all
        return False
