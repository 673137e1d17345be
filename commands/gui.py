"""The window: what ``python main.py`` opens."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, help="settings file (default: the user's own)")


def run(args: argparse.Namespace) -> int:
    """Open the window; 0 when it was closed in order, 1 when a folder cannot be written."""
    from console.app import Launch
    from console.app import run as run_console
    from pipeline import settings_file
    from pipeline.paths import settings_file as default_file
    from pipeline.paths import shown
    from pipeline.settings import Settings, SettingsError

    path = args.config or default_file()
    if args.config is not None and not path.is_file():
        print(f"There is no settings file {path}.", file=sys.stderr)
        return 2
    notices: tuple[tuple[str, str], ...] = ()
    try:
        settings = settings_file.load(path)
    except SettingsError as error:
        if args.config is not None:
            print(f"The settings in {path} cannot be used:", file=sys.stderr)
            for problem in error.problems:
                print(f"  {problem}", file=sys.stderr)
            return 2
        aside = settings_file.set_aside(path)
        settings = Settings()
        text = (
            f"The settings could not be used, so the defaults hold. The file is kept as "
            f"{shown(aside)}: {error.problems[0]}"
        )
        notices = ((text, "\n".join(error.problems)),)
    try:
        return run_console(Launch(settings, path, notices=notices))
    except OSError as error:
        print(f"Signalbox cannot write its own files: {error}", file=sys.stderr)
        return 1
