"""``replay``: assesses the evidence of stored alarms again and shows the verdicts side by side."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands import EXIT_OK, EXIT_USAGE

if TYPE_CHECKING:
    from pipeline.replay.cases import Case
    from pipeline.replay.run import Row
    from pipeline.settings import Settings

EXIT_FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, help="settings file (default: the user's own)")
    parser.add_argument("--database", type=Path, help="alarm database (default: of the settings)")
    parser.add_argument("--limit", type=int, default=50, help="the newest N alarms (50)")
    parser.add_argument("--camera", metavar="ID", help="only alarms of this camera")
    parser.add_argument("--level", choices=("low", "medium", "high"), default="low")
    parser.add_argument("--assessor", choices=("rules", "llm"), help="who judges")
    parser.add_argument("--model", help="another model of the same server")
    parser.add_argument("--prompt", type=Path, help="another prompt template")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another setting of the scheduler, such as rules.crowd_size=4",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table there, too")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")
    parser.add_argument("--yes", action="store_true", help="ask a model without asking you first")


def run(args: argparse.Namespace) -> int:
    """Do it; 0 when all was assessed, 1 when something was not, 2 for bad arguments."""
    import sqlite3

    from loguru import logger

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
    logger.remove()  # what happens is told below
    try:
        cases, without = _cases(args, settings)
        print(_found(len(cases), without), file=sys.stderr)
        if not cases:
            return EXIT_OK
        if not _may_ask(args, settings, len(cases)):
            print("Nothing was sent.", file=sys.stderr)
            return EXIT_USAGE
        rows = _replay(cases, settings)
    except (WorkerError, OSError, sqlite3.Error) as error:
        print(f"{error} {getattr(error, 'next_step', '')}".strip(), file=sys.stderr)
        return EXIT_FAILED
    is_kept = args.csv is None or _write_csv(rows, args.csv)
    # Also where the file could not be written: what a model was asked may have cost money.
    _tell(rows, args)
    return EXIT_FAILED if not is_kept or any(row.error for row in rows) else EXIT_OK


def _write_csv(rows: list[Row], path: Path) -> bool:
    from pipeline.replay.table import write_csv

    try:
        write_csv(rows, path)
    except OSError as error:
        print(
            f"{path} cannot be written: {error.strerror or error}. The verdicts are told here only.",
            file=sys.stderr,
        )
        return False
    return True


def _settings(args: argparse.Namespace) -> Settings:
    """Return the settings with what the command line changes in them."""
    from pipeline import settings_file
    from pipeline.paths import settings_file as default_file
    from pipeline.settings import SettingsError, parse_settings

    if args.config is not None and not args.config.is_file():
        raise SettingsError([f"There is no settings file {args.config}."])
    table = settings_file.load(args.config or default_file()).model_dump()
    scheduler: dict[str, Any] = table["scheduler"]
    if args.assessor:
        scheduler["assessor"] = args.assessor
    if args.model:
        scheduler["llm"]["model"] = args.model
    if args.prompt:
        scheduler["llm"]["prompt"] = args.prompt
    for item in args.set:
        place, is_given, value = item.partition("=")
        *sections, name = place.strip().split(".")
        part: Any = scheduler
        for section in sections:
            part = part.get(section, {}) if isinstance(part, dict) else {}
        if not is_given or not isinstance(part, dict) or name not in part:
            raise SettingsError([f"--set {item}: the scheduler has no such setting"])
        part[name] = value.strip()
    if scheduler["assessor"] != "llm" and (args.model or args.prompt):
        given = "--prompt" if args.prompt else "--model"
        raise SettingsError([f"{given} is for a language model; add --assessor llm."])
    return parse_settings(table)


def _cases(args: argparse.Namespace, settings: Settings) -> tuple[list[Case], int]:
    from pipeline.aggregation.database import database_path
    from pipeline.aggregation.store import AlarmFilter, AlarmReader
    from pipeline.replay.cases import find_case

    path = args.database or database_path(settings.aggregator)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no alarm database {path}. "
            + (
                "Give the path of one that exists to --database, or leave it out for the usual one."
                if args.database
                else "It comes with the first verdict: start the pipeline (python main.py, or "
                "python main.py run) and wait for an alarm, or name the database of another "
                "computer with --database FILE."
            )
        )
    wanted = AlarmFilter(camera_id=args.camera, min_level=args.level)
    with AlarmReader(path) as reader:
        found = [find_case(reader, entry) for entry in reader.newest(wanted, args.limit)]
    cases = [case for case in found if case is not None]
    return cases, len(found) - len(cases)


def _found(cases: int, without: int) -> str:
    text = f"{cases} alarms can be assessed again."
    if without:
        text += f" {without} cannot: what was asked is not stored with them."
    return text


def _may_ask(args: argparse.Namespace, settings: Settings, count: int) -> bool:
    """Ask before something is sent to a model, which may cost money."""
    from pipeline.redact import redact_text

    scheduler = settings.scheduler
    if scheduler.assessor == "rules" or args.yes:
        return True
    print(
        f"{count} requests with pictures go to {scheduler.llm.model} "
        f"at {redact_text(scheduler.llm.base_url)}. "
        "That may cost money.",
        file=sys.stderr,
    )
    if not sys.stdin.isatty():
        print("Say --yes to send them.", file=sys.stderr)
        return False
    return input("Send them? [y/N] ").strip().lower() in {"y", "yes"}


def _replay(cases: list[Case], settings: Settings) -> list[Row]:
    from pipeline.replay.run import for_replay, replay

    rows: dict[str, Row] = {}
    stop = threading.Event()

    def on_row(row: Row) -> None:
        rows[row.case.entry.alarm.alarm_id] = row
        if sys.stderr.isatty():
            print(f"\r{len(rows)}/{len(cases)}", end="", file=sys.stderr, flush=True)

    replay(cases, for_replay(settings.scheduler), on_row, stop)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    ids = [case.entry.alarm.alarm_id for case in cases]
    return [rows[alarm_id] for alarm_id in ids if alarm_id in rows]


def _tell(rows: list[Row], args: argparse.Namespace) -> None:
    from pipeline.replay.table import HEADINGS, cells

    if args.json:
        table = [dict(zip(HEADINGS, cells(row), strict=True)) for row in rows]
        print(json.dumps(table, indent=2, ensure_ascii=False))
        return
    for row in rows:
        alarm = row.case.entry.alarm
        mark = " " if row.is_same else "*"
        when = f"{alarm.first_seen.astimezone():%Y-%m-%d %H:%M:%S}"
        print(
            f"{mark} {when}  {alarm.camera_id:12}  {row.before:6} -> {row.after or 'not assessed'}"
        )
        print(f"      then: {alarm.description}")
        print(f"      now:  {row.error or row.description or 'no risk'}")
    same = sum(row.is_same for row in rows)
    print(f"{same} of {len(rows)} have the same level (* marks the others).")
