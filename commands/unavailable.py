"""Answers for commands whose part of the program is not in this version yet."""

from __future__ import annotations

import argparse
import sys

from commands import EXIT_USAGE

INSTEAD = {
    "check-config": "The settings are checked when workers start; errors name the line to change.",
    "translate-config": "Settings use librdkafka's own property names, not the Java client's.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say in the help, too, that the command is to come."""
    parser.description = f"{parser.description} Not in this version yet."


def run(args: argparse.Namespace) -> int:
    """Say so, and what there is instead."""
    print(
        f"{args.command} is not in this version yet. {INSTEAD[args.command]}",
        file=sys.stderr,
    )
    return EXIT_USAGE
