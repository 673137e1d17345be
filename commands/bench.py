"""``bench``: benchmarks against the bare libraries, in the same run."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from commands import EXIT_OK, EXIT_USAGE

BENCHMARKS = ("kafka",)
EXIT_FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which (default: all): {', '.join(BENCHMARKS)}"
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="of each side (5)")
    parser.add_argument("--bootstrap", metavar="H:P", help="an outside broker (default: embedded)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")


def run(args: argparse.Namespace) -> int:
    """Run them; 0 when every figure was measured."""
    from loguru import logger

    from pipeline.bench import kafka
    from pipeline.bench.bare import BenchmarkError
    from pipeline.worker import WorkerError

    unknown = [name for name in args.names if name not in BENCHMARKS]
    if unknown:
        print(
            f"There is no benchmark {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}.",
            file=sys.stderr,
        )
        return EXIT_USAGE
    if args.rounds < 1:
        print("--rounds must be at least 1.", file=sys.stderr)
        return EXIT_USAGE
    logger.remove()
    logger.add(sys.stderr, level="WARNING", format="{level}: {message}")
    plan = kafka.Plan(rounds=args.rounds, bootstrap=args.bootstrap)
    try:
        comparisons = kafka.run(plan)
    except (WorkerError, BenchmarkError) as error:
        print(f"No figures: {error}", file=sys.stderr)
        return EXIT_FAILED
    facts: dict[str, Any] = {
        "kafka": {"plan": asdict(plan), "comparisons": [asdict(one) for one in comparisons]}
    }
    if args.json is not None:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(facts, indent=2), encoding="utf-8")
    width = max(len(one.name) for one in comparisons)
    print(f"{'messages per second, each round':{width}}  {'ratio':>5}")
    for one in comparisons:
        print(f"{one.name:{width}}  {one.ratio:5.2f}  {_rounds(one.ours_per_s)}", end="")
        print(f"  against  {_rounds(one.bare_per_s)}")
    return EXIT_OK


def _rounds(figures: tuple[float, ...]) -> str:
    return " ".join(f"{figure:.0f}" for figure in figures)
