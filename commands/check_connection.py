"""Tests the way to the Kafka cluster, step by step; exit 0 only if no step fails."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from commands import EXIT_OK, EXIT_USAGE

if TYPE_CHECKING:
    from pipeline.kafka import KafkaAccess
    from pipeline.kafka.connection_steps import Step
    from pipeline.settings import KafkaSettings

EXIT_FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, help="settings file (default: the user's own)")
    parser.add_argument(
        "--bootstrap", metavar="H:P", help="this cluster instead of the one in the settings"
    )
    parser.add_argument(
        "--timeout", type=float, default=5.0, metavar="S", help="seconds for each step (5)"
    )
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def run(args: argparse.Namespace) -> int:
    """Test it; 0 when all is well, 1 when a step failed, 2 for bad arguments."""
    from loguru import logger

    from pipeline import settings_file
    from pipeline.kafka.connection_steps import first_failed
    from pipeline.kafka.connection_test import walk
    from pipeline.paths import settings_file as default_file
    from pipeline.settings import SettingsError

    path = args.config or default_file()
    if args.config is not None and not path.is_file():
        print(f"There is no settings file {path}.", file=sys.stderr)
        return EXIT_USAGE
    if not 0 < args.timeout <= 60:
        print("--timeout must be more than 0 and at most 60 seconds.", file=sys.stderr)
        return EXIT_USAGE
    try:
        settings = settings_file.load(path).kafka
    except SettingsError as error:
        print(f"The settings in {path} cannot be used:", file=sys.stderr)
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)
        return EXIT_USAGE
    if args.bootstrap:
        settings = settings.model_copy(
            update={"mode": "cluster", "bootstrap_servers": args.bootstrap}
        )
    logger.remove()  # the steps tell it better
    steps = []
    with _access(settings) as access:
        for step in walk(access, args.timeout):
            steps.append(step)
            if not args.json:
                _print(step)
    failed = first_failed(steps)
    if args.json:
        print(json.dumps([asdict(step) for step in steps], indent=2, ensure_ascii=False))
    return EXIT_OK if failed is None else EXIT_FAILED


@contextlib.contextmanager
def _access(settings: KafkaSettings) -> Iterator[KafkaAccess]:
    from pipeline.kafka import KafkaAccess
    from pipeline.kafka.embedded import EmbeddedBroker

    broker = EmbeddedBroker(settings) if settings.mode == "embedded" else None
    try:
        yield KafkaAccess(settings, broker)
    finally:
        if broker is not None:
            broker.close()


def _print(step: Step) -> None:
    took = f"{step.took_ms:6.0f} ms" if step.took_ms else ""
    print(f"{step.state:8}{step.name:9}{took:>10}  {step.detail}", flush=True)
    if step.next_step:
        print(f"{'':29}{step.next_step}", flush=True)
