"""``bench``: benchmarks against the bare libraries, in the same run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands import EXIT_OK, EXIT_USAGE, MAX_THREADS, duration_s, whole_number, written

if TYPE_CHECKING:
    from pipeline.bench.kafka import Comparison

DEFAULT = ("kafka", "detection", "scheduler", "doctor")
BENCHMARKS = (*DEFAULT, "gui")
EXIT_FAILED = 1
MAX_ROUNDS = 1_000
MAX_CAMERAS = 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"{', '.join(BENCHMARKS)} (default: {', '.join(DEFAULT)})",
    )
    parser.add_argument(
        "--rounds",
        type=whole_number(1, MAX_ROUNDS),
        default=5,
        metavar="N",
        help="of each side (5)",
    )
    parser.add_argument("--bootstrap", metavar="H:P", help="an outside broker (default: embedded)")
    parser.add_argument(
        "--cameras",
        type=whole_number(0, MAX_CAMERAS),
        default=50,
        metavar="N",
        help="detection: many cameras (50; 0: none)",
    )
    parser.add_argument(
        "--seconds", type=duration_s, metavar="S", help="detection: of a round (8); gui: load (60)"
    )
    parser.add_argument(
        "--threads",
        type=whole_number(0, MAX_THREADS),
        default=0,
        metavar="N",
        help="detection: of the model (0: by cores)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")


def run(args: argparse.Namespace) -> int:
    """Run them; 0 when every figure was measured."""
    from loguru import logger

    from console.bench.gui import GuiBenchError
    from pipeline.bench.bare import BenchmarkError
    from pipeline.detection.models import ModelError
    from pipeline.worker import WorkerError

    unknown = [name for name in args.names if name not in BENCHMARKS]
    if unknown:
        known = ", ".join(BENCHMARKS)
        print(f"There is no benchmark {', '.join(unknown)}; there are: {known}.", file=sys.stderr)
        return EXIT_USAGE
    logger.remove()
    logger.add(sys.stderr, level="WARNING", format="{level}: {message}")
    facts: dict[str, Any] = {}
    try:
        for name, bench in {
            "kafka": _kafka,
            "detection": _detection,
            "scheduler": _scheduler,
            "doctor": _doctor,
            "gui": _gui,
        }.items():
            if name in (args.names or DEFAULT):
                facts[name] = bench(args)
    except (WorkerError, ModelError, BenchmarkError, GuiBenchError) as error:
        print(f"No figures: {error}", file=sys.stderr)
        return EXIT_FAILED
    if args.json is not None:
        return EXIT_OK if written(args.json, json.dumps(facts, indent=2).encode()) else EXIT_FAILED
    return EXIT_OK


def _kafka(args: argparse.Namespace) -> dict[str, Any]:
    from pipeline.bench import kafka

    plan = kafka.Plan(rounds=args.rounds, bootstrap=args.bootstrap)
    comparisons = kafka.run(plan)
    _print_comparisons("messages per second, each round", comparisons)
    return {"plan": asdict(plan), "comparisons": [asdict(one) for one in comparisons]}


def _detection(args: argparse.Namespace) -> dict[str, Any]:
    from pipeline.bench import detection

    plan = detection.Plan(
        rounds=args.rounds,
        seconds=args.seconds or 8.0,
        threads=args.threads,
        cameras=args.cameras,
    )
    report = detection.run(plan)
    steps, many = report.steps, report.many
    width, height = report.input_size
    print(f"model at {width}x{height}, threads: {report.threads}")
    print(
        f"one frame, ms: prepare {steps.prepare:.2f}, infer {steps.infer:.2f}, "
        f"finish {steps.finish:.2f}; prepare + finish are {steps.share:.1%} of infer"
    )
    _print_comparisons("frames per second, each round", [report.speed])
    print(f"share of time in which the model ran, each round: {_rounds(report.busy)}")
    if many is not None:
        width, height = many.input_size
        print(
            f"{many.cameras} cameras at {width}x{height}, threads: {many.threads}: "
            f"{many.got_per_s:.1f} of {many.wanted_per_s:.1f} results per second, "
            f"{many.dropped_per_s:.1f} frames dropped per second; "
            f"slowest camera {many.slowest_share:.2f} of the mean; "
            f"memory {many.memory_begin_mb:.0f} MB, at the end {many.memory_end_mb:.0f} MB; "
            f"{many.read_per_s:.0f} frames read per second, {many.cpu_cores:.2f} cores"
        )
    return {"plan": asdict(plan), "report": asdict(report)}


def _doctor(args: argparse.Namespace) -> dict[str, Any]:
    from pipeline.bench import doctor

    speed = doctor.run(args.rounds)
    print(
        f"settings doctor: {speed.median_per_s:.0f} property sets per second "
        f"({_rounds(speed.sets_per_s)}), of {speed.properties:.0f} properties with "
        f"{speed.findings:.1f} findings each"
    )
    return asdict(speed)


def _gui(args: argparse.Namespace) -> dict[str, Any]:
    from console.bench import gui

    plan = gui.GuiPlan(seconds=args.seconds or 60.0, starts=args.rounds)
    figures = gui.run(plan)
    print(gui.to_text(figures))
    return {"plan": asdict(plan), **figures}


def _scheduler(args: argparse.Namespace) -> dict[str, Any]:
    from console.bench.scheduler_gap import beside_a_window, to_text
    from pipeline.bench import scheduler

    plan = scheduler.Plan(rounds=args.rounds)
    runs = scheduler.run(plan)
    print(
        f"answers after {plan.latency_ms} ms, pictures of {plan.picture_bytes:,} bytes; share of "
        "the ideal while slots are full and work is left; then of each round requests per second, "
        "idle slots, first filling and last answers, CPU ms per request, memory"
    )
    for one in runs:
        for name, share, sides in (
            ("scheduler", one.ours_share, one.ours),
            ("bare aiohttp", one.bare_share, one.bare),
        ):
            rounds = "  ".join(
                f"{side.used.per_s:.4g}/s ({side.used.idle_slots:.1f} idle, start "
                f"{side.used.start_s:.2f} s, tail {side.used.tail_s:.2f} s) {side.cpu_ms:.2f} ms "
                f"{side.memory_mb:.0f} MB"
                for side in sides
            )
            print(f"{one.slots:4} of {one.ideal_per_s:.0f}/s  {name:12}  {share:.3f}  {rounds}")
        print(f"{one.slots:4} in flight: {one.of_bare:.3f} of bare aiohttp")
    beside = beside_a_window(plan)
    print(to_text(beside))
    return {"plan": asdict(plan), "runs": [asdict(one) for one in runs], "besideWindow": beside}


def _print_comparisons(title: str, comparisons: Sequence[Comparison]) -> None:
    width = max(len(title), *(len(one.name) for one in comparisons))
    print(f"{title:{width}}  {'ratio':>5}")
    for one in comparisons:
        print(f"{one.name:{width}}  {one.ratio:5.2f}  {_rounds(one.ours_per_s)}", end="")
        print(f"  against  {_rounds(one.bare_per_s)}")


def _rounds(figures: tuple[float, ...]) -> str:
    return " ".join(f"{figure:.4g}" for figure in figures)
