"""``check-config``: the settings doctor over files."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_UNREADABLE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        type=Path,
        help="Signalbox's TOML, .properties, YAML, JSON, or Python with dict literals "
        "(which is read, never run)",
    )
    parser.add_argument(
        "--role",
        choices=("producer", "consumer", "admin"),
        help="what the client is (default: as the file says, or guessed from the properties)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument(
        "--fix",
        action="store_true",
        help="write corrected copies (NAME.fixed.toml) of TOML and .properties files",
    )


def run(args: argparse.Namespace) -> int:
    """Examine; 0 nothing is wrong, 1 something is, 2 a file cannot be read."""
    from pipeline.kafka.doctor.reading import ReadError
    from pipeline.kafka.doctor.repair import RepairError, write_repaired
    from pipeline.kafka.doctor.report import as_json, as_text, examine_file, has_findings
    from pipeline.settings_file import last_good_words

    examined = []
    unreadable = refused = False
    for path in args.files:
        try:
            found = examine_file(path, args.role)
        except ReadError as error:
            print(f"{path}: {error}.", file=sys.stderr)
            if words := last_good_words(path):
                print(words, file=sys.stderr)
            unreadable = True
            continue
        examined += found
        if any(one.client.signalbox for one in found) and _tells_that_it_is_refused(path):
            refused = True
        if args.fix and has_findings(found):
            try:
                target = write_repaired(path, found)
            except RepairError as error:
                print(f"{path}: {error}.", file=sys.stderr)
            else:
                print(f"Corrected copy: {target}", file=sys.stderr)
    if args.format == "json":
        print(json.dumps(as_json(examined), indent=2))
    elif examined:
        print(as_text(examined))
    if unreadable:
        return EXIT_UNREADABLE
    return EXIT_FINDINGS if refused or has_findings(examined) else EXIT_CLEAN


def _tells_that_it_is_refused(path: Path) -> bool:
    """Print why Signalbox's own settings cannot be used, where that is so."""
    from pipeline.settings import SettingsError
    from pipeline.settings_file import last_good_words, load

    try:
        load(path)
    except SettingsError as error:
        print(f"{path}: Signalbox cannot use these settings:", file=sys.stderr)
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)
        if words := last_good_words(path):
            print(words, file=sys.stderr)
        return True
    return False
