"""``dead-letters``: shows messages that could not be processed, and sends them back."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from commands import EXIT_OK, EXIT_USAGE

if TYPE_CHECKING:
    from pipeline.kafka.dead_letter_box import DeadLetter, DeadLetterBox
    from pipeline.settings import KafkaSettings

EXIT_FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("action", choices=("list", "resend"), help="what to do")
    parser.add_argument("--topic", help="only messages that came from this topic")
    parser.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="PLACE",
        help="resend only this one, by its place as listed; may be given again",
    )
    parser.add_argument("--limit", type=int, default=200, help="the newest N (200)")
    parser.add_argument("--config", type=Path, help="settings file (default: the user's own)")
    parser.add_argument(
        "--bootstrap", metavar="H:P", help="this cluster instead of the one in the settings"
    )
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def run(args: argparse.Namespace) -> int:
    """Do it; 0 when all went well, 1 when something did not, 2 for bad arguments."""
    from loguru import logger

    from pipeline.kafka import KafkaAccess
    from pipeline.kafka.dead_letter_box import DeadLetterBox
    from pipeline.settings import SettingsError
    from pipeline.worker import WorkerError

    if args.limit < 1:
        print("--limit must be at least 1.", file=sys.stderr)
        return EXIT_USAGE
    try:
        settings = _settings(args)
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return EXIT_USAGE
    if settings.mode == "embedded":
        print(
            "The embedded broker lives inside the running program only: look at the Kafka page "
            "there, or name a cluster with --bootstrap.",
            file=sys.stderr,
        )
        return EXIT_USAGE
    logger.remove()  # what happens is told below
    box = DeadLetterBox(KafkaAccess(settings, None))
    try:
        letters = box.letters(args.topic, args.limit)
        return _list(letters, args) if args.action == "list" else _resend(box, letters, args)
    except (WorkerError, OSError) as error:
        print(f"{error} {getattr(error, 'next_step', '')}".strip(), file=sys.stderr)
        return EXIT_FAILED


def _settings(args: argparse.Namespace) -> KafkaSettings:
    from pipeline import settings_file
    from pipeline.paths import settings_file as default_file
    from pipeline.settings import SettingsError

    if args.config is not None and not args.config.is_file():
        raise SettingsError([f"There is no settings file {args.config}."])
    settings = settings_file.load(args.config or default_file()).kafka
    if args.bootstrap:
        return settings.model_copy(update={"mode": "cluster", "bootstrap_servers": args.bootstrap})
    return settings


def _list(letters: list[DeadLetter], args: argparse.Namespace) -> int:
    if args.json:
        rows = [asdict(letter) | {"place": letter.place} for letter in letters]
        print(json.dumps(rows, indent=2, ensure_ascii=False, default=str))
        return EXIT_OK
    if not letters:
        print("There are no dead letters.")
    for letter in letters:
        when = letter.at.astimezone().strftime("%Y-%m-%d %H:%M:%S") if letter.at else "-"
        state = "  (sent back)" if letter.sent_back else ""
        print(f"{when}  {letter.place}  from {letter.source or '?'}, {letter.size} bytes{state}")
        print(f"    {letter.worker}: {letter.reason}")
    return EXIT_OK


def _resend(box: DeadLetterBox, letters: list[DeadLetter], args: argparse.Namespace) -> int:
    wanted = set(args.at)
    chosen = [letter for letter in letters if not wanted or letter.place in wanted]
    missing = wanted - {letter.place for letter in chosen}
    if not wanted:
        chosen = [letter for letter in chosen if not letter.sent_back]
    outcome = box.send_back(chosen)
    refused = [*outcome.refused, *((place, "There is no such letter.") for place in missing)]
    if args.json:
        print(json.dumps({"sent": outcome.sent, "refused": dict(refused)}, ensure_ascii=False))
    else:
        print(f"{outcome.sent} sent back.")
        for place, why in refused:
            print(f"  {place}: {why}")
    return EXIT_FAILED if refused else EXIT_OK
