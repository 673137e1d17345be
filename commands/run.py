"""``run``: workers without a window, until Ctrl+C or the end of the given time."""

from __future__ import annotations

import argparse
import contextlib
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from commands import duration_s

if TYPE_CHECKING:
    from pipeline.runner import WorkerRunner
    from pipeline.session import PipelineSession
    from pipeline.settings import Settings
    from pipeline.states import WorkerName


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--workers",
        required=True,
        metavar="A,B",
        help="detection, generator, scheduler, aggregator, or `all`",
    )
    parser.add_argument("--config", type=Path, help="settings file (default: the user's own)")
    parser.add_argument("--duration", type=duration_s, metavar="S", help="stop after S seconds")
    parser.add_argument(
        "--metrics-port",
        type=int,
        metavar="N",
        help="serve metrics for Prometheus on this port; 0 takes a free one",
    )
    parser.add_argument(
        "--metrics-address",
        default="127.0.0.1",
        metavar="A",
        help="where to listen for it (127.0.0.1); nobody is asked for a password",
    )


def run(args: argparse.Namespace) -> int:
    """Run the workers; 0 when they stopped in order, 1 when one failed, 2 for bad arguments."""
    from pipeline import settings_file
    from pipeline.logs import Logs
    from pipeline.paths import log_folder
    from pipeline.paths import settings_file as default_file
    from pipeline.settings import SettingsError

    if args.metrics_port is not None and not 0 <= args.metrics_port < 65536:
        print("--metrics-port must be a port, 0 to 65535.", file=sys.stderr)
        return 2
    names = _names(args.workers)
    if isinstance(names, str):
        print(names, file=sys.stderr)
        return 2
    path = args.config or default_file()
    if args.config is not None and not path.is_file():
        print(f"There is no settings file {path}.", file=sys.stderr)
        return 2
    try:
        settings = settings_file.load(path)
    except SettingsError as error:
        print(f"The settings in {path} cannot be used:", file=sys.stderr)
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)
        if words := settings_file.last_good_words(path):
            print(words, file=sys.stderr)
        return 2
    with Logs(settings.logs, log_folder(), terminal=True):
        return _work(settings, names, args)


def _names(text: str) -> list[WorkerName] | str:
    """Return the workers named in `text`, or what is wrong with it."""
    from pipeline.states import WorkerName

    words = [word.strip() for word in text.split(",") if word.strip()]
    if words == ["all"]:
        return list(WorkerName)
    known = [name.value for name in WorkerName]
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        return f"--workers: {', '.join(unknown) or 'nothing'} is no worker; there are " + ", ".join(
            known
        )
    return [WorkerName(word) for word in words]


def _work(settings: Settings, names: list[WorkerName], args: argparse.Namespace) -> int:
    from loguru import logger

    from pipeline.metrics import MetricsPortError
    from pipeline.runner import WorkerRunner, stop_on_signals, wait_for_stop
    from pipeline.session import PipelineSession
    from pipeline.states import WorkerName
    from pipeline.timeline.recorder import TimelineRecorder
    from pipeline.timeline.store import TimelineWriter, timeline_path
    from pipeline.worker import WorkerError

    if settings.kafka.mode == "embedded" and set(names) != set(WorkerName):
        logger.warning(
            "the embedded broker lives in this process only; workers of other processes cannot "
            'reach it (set kafka.mode = "cluster" to spread them)'
        )
    try:
        with (
            stop_on_signals() as stop,
            PipelineSession(settings) as session,
            TimelineRecorder(session, TimelineWriter(timeline_path())) as timeline,
        ):
            runner = WorkerRunner(session, names, timeline.note_change)
            with _metrics(session, runner, args):
                started = runner.start()
                if started:
                    wait_for_stop(stop, args.duration)
                in_time = runner.stop(drain=started and not stop.is_set())
            return 0 if in_time and not runner.failures else 1
    except WorkerError as error:
        logger.error("{} {}", error, error.next_step)
        return 1
    except MetricsPortError as error:
        logger.error("{}", error)
        return 2


def _metrics(
    session: PipelineSession, runner: WorkerRunner, args: argparse.Namespace
) -> AbstractContextManager[object]:
    """Serve metrics while the workers run, if a port was given."""
    from pipeline.metrics import PipelineCollector, serving

    if args.metrics_port is None:
        return contextlib.nullcontext()
    collector = PipelineCollector(session, runner.names, runner.state)
    return serving(collector, args.metrics_port, args.metrics_address)
