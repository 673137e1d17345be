"""``selftest``: real video through every stage; exit 0 only if nothing is missing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from commands import duration_s, written

MODES = ("e2e", "producer", "consumer")
FAULTS = ("freeze", "cut", "kill-scheduler", "poison")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--mode",
        choices=MODES,
        default="e2e",
        help="all four workers; detection alone; or the three others on made-up detections",
    )
    parser.add_argument(
        "--duration", type=duration_s, default=30.0, metavar="S", help="seconds (30)"
    )
    parser.add_argument("--bootstrap", metavar="H:P", help="an outside broker (default: embedded)")
    parser.add_argument(
        "--fault",
        action="append",
        choices=FAULTS,
        default=[],
        help="bring this about after a third of the time, for a third of it; may be given several "
        "times. freeze: the broker hangs; cut: no connection to it; kill-scheduler: two schedulers "
        "in processes of their own, one of which is killed; poison: 1 %% of messages, all the "
        "time, that nobody can process",
    )
    parser.add_argument(
        "--broker-pid",
        type=int,
        metavar="PID",
        help="the broker's process, stopped by freeze (not on Windows); else its line is stalled",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there as well")


def run(args: argparse.Namespace) -> int:
    """Run the self-test; 0 when it passed, 1 when anything is missing or a worker failed."""
    from loguru import logger

    from pipeline.logs import Logs
    from pipeline.paths import log_folder
    from pipeline.runner import stop_on_signals
    from pipeline.selftest.e2e import run_selftest
    from pipeline.selftest.faults import Fault, Faults
    from pipeline.settings import LogSettings
    from pipeline.worker import WorkerError

    if args.broker_pid is not None and sys.platform == "win32":
        print("--broker-pid: Windows cannot stop a process and let it go on.", file=sys.stderr)
        return 2
    if args.mode == "producer" and "kill-scheduler" in args.fault:
        print("--fault kill-scheduler needs a mode with a scheduler.", file=sys.stderr)
        return 2
    faults = Faults(frozenset(map(Fault, args.fault)), args.broker_pid)
    with Logs(LogSettings(), log_folder(), terminal=True), stop_on_signals() as stop:
        try:
            report = run_selftest(args.mode, args.duration, args.bootstrap, stop, faults)
        except WorkerError as error:
            logger.error("{} {}", error, error.next_step)
            return 1
    print(report.to_text())
    if args.json is not None and not written(args.json, report.to_json()):
        return 1
    return 0 if report.passed else 1
