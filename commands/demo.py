"""``demo``: the window on the bundled clip as four cameras, with everything started."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from commands import duration_s

if TYPE_CHECKING:
    from console.app import Console
    from console.demo_run import DemoRun
    from pipeline.settings import Settings

DATABASE_PREFIX = "alarms-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--duration",
        type=duration_s,
        metavar="S",
        help="stop after S seconds (default: when closed)",
    )
    parser.add_argument(
        "--screenshot",
        type=Path,
        metavar="PNG",
        help="picture of the window; without --duration the demo ends once it is taken",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")


def run(args: argparse.Namespace) -> int:
    """Run the demo; 0 when all went well, 1 when a worker failed or a file cannot be written."""
    # Before the imports below, which take most of the time of a start.
    from console import early

    early.begin("demo")

    from console.app import Launch
    from console.app import run as run_console
    from console.demo_run import DemoRun
    from pipeline.paths import data_folder

    runs: list[DemoRun] = []
    database = data_folder() / "demo" / f"{DATABASE_PREFIX}{time.time_ns()}.db"

    def on_ready(console: Console) -> None:
        # Not before: another demo may be running, until the window is there.
        _remove_older(database)
        runs.append(DemoRun(console, args.duration, args.screenshot))

    launch = Launch(
        _settings(database),
        kind="demo",
        start_all=True,
        page="live",
        terminal=True,
        on_ready=on_ready,
    )
    try:
        code = run_console(launch)
        return _tell(runs[0], args.json) or code if runs else code
    except OSError as error:
        print(f"Signalbox cannot write its own files: {error}", file=sys.stderr)
        return 1


def _settings(database: Path) -> Settings:
    """Return the demo profile with a database of its own: it begins without alarms."""
    from pipeline.settings import demo_settings

    settings = demo_settings()
    aggregator = settings.aggregator.model_copy(update={"database": database})
    return settings.model_copy(update={"aggregator": aggregator})


def _remove_older(database: Path) -> None:
    """Remove the databases of demos before; one that is still open stays until the next time."""
    for path in database.parent.glob(f"{DATABASE_PREFIX}*"):
        if not path.name.startswith(database.name):
            with contextlib.suppress(OSError):
                path.unlink()


def _tell(run: DemoRun, json_file: Path | None) -> int:
    report = run.report
    if report is None:
        return 1
    print(report.to_text())
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(report.to_json(), encoding="utf-8")
    return 0 if report.passed else 1
