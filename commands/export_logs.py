"""``export-logs``: the support bundle, without a running window."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--output", type=Path, required=True, metavar="ZIP", help="file to write")
    parser.add_argument("--config", type=Path, help="settings file (default: the user's own)")


def run(args: argparse.Namespace) -> int:
    """Write the bundle; 0 when it is there, 1 when it could not be written."""
    from pipeline import settings_file, support_bundle
    from pipeline.paths import settings_file as default_file
    from pipeline.settings import Settings, SettingsError

    try:
        settings = settings_file.load(args.config or default_file())
    except SettingsError as error:
        print(f"The settings cannot be read and are left out: {error}", file=sys.stderr)
        settings = Settings()
    output = args.output
    if output.is_dir():
        output = output / support_bundle.suggested_name()
    try:
        written = support_bundle.export(output, settings=settings)
    except OSError as error:
        print(f"{output} cannot be written: {error.strerror or error}.", file=sys.stderr)
        return 1
    print(f"Written: {written} ({written.stat().st_size / 1000:.0f} KB)")
    return 0
