"""Prints the versions of everything that matters in a bug report."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from commands import EXIT_OK

Facts = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define ``--json``."""
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def run(args: argparse.Namespace) -> int:
    """Print them."""
    facts = collect()
    if args.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return EXIT_OK
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name:{width}}  {_shown(value)}")
    return EXIT_OK


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {entry}" for key, entry in value.items())
    return str(value)


def collect() -> Facts:
    """Return name -> value; what cannot be found out says why instead of raising."""
    from pipeline import __version__, paths, versions

    return {
        "signalbox": __version__,
        "python": f"{platform.python_version()}, {platform.architecture()[0]}",
        "environment": paths.shown(Path(sys.prefix)),
        "system": f"{platform.platform()} {platform.machine()}",
        "Qt": _or_reason(_qt_version),
        "librdkafka": _or_reason(versions.librdkafka_version),
        "execution providers": _or_reason(versions.execution_providers),
        "libraries": _or_reason(versions.library_versions),
        "models": _or_reason(
            lambda: {model.name: model.sha256 for model in versions.bundled_models()}
        ),
        "settings": paths.shown(paths.settings_file()),
        "data": paths.shown(paths.data_folder()),
        "logs": paths.shown(paths.log_folder()),
    }


def _or_reason(find: Callable[[], Any]) -> Any:
    try:
        return find()
    except Exception as error:  # noqa: BLE001 - a broken library is what is being reported here
        return f"not usable: {type(error).__name__}: {error}"


def _qt_version() -> str:
    from PySide6.QtCore import qVersion

    return qVersion()
