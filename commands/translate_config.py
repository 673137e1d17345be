"""``translate-config``: the properties of a Java client for librdkafka, every change explained."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "file",
        metavar="FILE.properties",
        type=Path,
        help="properties of a Java client, or of kafka-python",
    )
    parser.add_argument(
        "--role",
        choices=("producer", "consumer", "admin"),
        help="what the client is (default: guessed from the properties)",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there (default: print)")


def run(args: argparse.Namespace) -> int:
    """Translate; 0 the result is sound, 1 the doctor finds fault with it, 2 no file."""
    from pipeline.kafka.doctor.reading import ReadError, read_clients
    from pipeline.kafka.doctor.translate import as_properties, changes, translate

    try:
        clients = read_clients(args.file)
    except ReadError as error:
        print(f"{args.file}: {error}.", file=sys.stderr)
        return 2
    translations = [
        translate(client.settings, args.role or client.guessed_role()) for client in clients
    ]
    text = "\n".join(map(as_properties, translations))
    if args.output is None:
        print(text, end="")
    else:
        try:
            args.output.write_text(text, encoding="utf-8")
        except OSError as error:
            print(f"{args.output} cannot be written: {error.strerror or error}.", file=sys.stderr)
            return 2
        for translation in translations:
            for change in changes(translation):
                print(change)
        print(f"Written: {args.output}")
    findings = [finding for one in translations for finding in one.findings]
    for finding in findings:
        print(f"{finding.severity}: {finding}", file=sys.stderr)
    return 1 if findings else 0
