"""The window: what ``python main.py`` opens."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.app import Launch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, help="settings file (default: the user's own)")


def run(args: argparse.Namespace) -> int:
    """Open the window; 0 when it was closed in order, 1 when a folder cannot be written."""
    from pipeline.paths import settings_file as default_file

    path = args.config or default_file()
    if args.config is not None and not path.is_file():
        print(f"There is no settings file {path}.", file=sys.stderr)
        return 2

    # Before the imports below, which take most of the time of a start.
    from console import early

    early.begin("console")

    from console.app import run as run_console
    from pipeline.settings import SettingsError
    from pipeline.settings_file import last_good_words

    try:
        return run_console(_launch(path, chosen=args.config is not None))
    except SettingsError as error:
        print(f"The settings in {path} cannot be used:", file=sys.stderr)
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)
        if words := last_good_words(path):
            print(words, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"Signalbox cannot write its own files: {error}", file=sys.stderr)
        return 1


def _launch(path: Path, *, chosen: bool) -> Launch:
    """Return how to start with the settings in `path`.

    The user's own file, where it is broken, is moved aside and the defaults hold; the version
    before it is offered, also at the next start, until somebody chooses.

    Raises:
        SettingsError: the file was `chosen` on the command line and cannot be used.
        OSError: the file cannot be moved aside.
    """
    from console.app import Launch
    from console.settings_offer import BrokenSettings
    from pipeline import settings_file
    from pipeline.settings import Settings, SettingsError

    try:
        settings = settings_file.load(path)
    except SettingsError as error:
        if chosen:
            raise
        last_good = settings_file.last_good(path)
        aside = settings_file.set_aside(path)
        broken = BrokenSettings(aside, tuple(error.problems), last_good)
        return Launch(Settings(), path, broken=broken)
    if chosen or path.exists():
        return Launch(settings, path)
    last_good = settings_file.last_good(path)
    if last_good is not None:
        return Launch(settings, path, broken=BrokenSettings(None, (), last_good))
    return Launch(settings, path, first=True)
