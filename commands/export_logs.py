"""``export-logs``: the support bundle, without a running window."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.support_selection import LEVELS

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def moment(text: str) -> datetime:
    """Return the local time that `text` names: ``30m``, ``2h``, ``1d`` ago, or an ISO time.

    Raises:
        argparse.ArgumentTypeError: it is neither.
    """
    ago = re.fullmatch(r"(\d{1,5})([mhd])", text)
    if ago is not None:
        return datetime.now() - timedelta(**{UNITS[ago[2]]: int(ago[1])})  # noqa: DTZ005 - local
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time; use 30m, 2h, 1d, or 2026-01-31T13:45"
        ) from error
    return given if given.tzinfo is None else given.astimezone().replace(tzinfo=None)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--output", type=Path, required=True, metavar="ZIP", help="file to write")
    parser.add_argument(
        "--since", type=moment, metavar="TIME", help="oldest log line: 30m, 2h, 1d ago, or ISO time"
    )
    parser.add_argument("--until", type=moment, metavar="TIME", help="newest log line")
    parser.add_argument(
        "--worker",
        action="append",
        default=[],
        metavar="NAME",
        choices=("detection", "generator", "scheduler", "aggregator", "kafka", "console"),
        help="only logs of this worker; may be given again",
    )
    parser.add_argument(
        "--level", default="TRACE", choices=LEVELS, help="lowest level of log lines"
    )
    parser.add_argument("--config", type=Path, help="settings file (default: the user's own)")


def run(args: argparse.Namespace) -> int:
    """Write the bundle; 0 when it is there, 1 when it could not be written."""
    from pipeline import settings_file, support_bundle
    from pipeline.paths import settings_file as default_file
    from pipeline.settings import Settings, SettingsError
    from pipeline.support_selection import LogSelection

    try:
        settings = settings_file.load(args.config or default_file())
    except SettingsError as error:
        print(f"The settings cannot be read and are left out: {error}", file=sys.stderr)
        settings = Settings()
    output = args.output
    if output.is_dir():
        output = output / support_bundle.suggested_name()
    selection = LogSelection(args.since, args.until, frozenset(args.worker), args.level)
    try:
        written = support_bundle.export(output, settings=settings, selection=selection)
    except OSError as error:
        print(f"{output} cannot be written: {error.strerror or error}.", file=sys.stderr)
        return 1
    print(f"Written: {written} ({written.stat().st_size / 1000:.0f} KB)")
    return 0
