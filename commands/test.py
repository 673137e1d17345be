"""Runs the code checks and the tests, as continuous integration does."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from commands import EXIT_OK, EXIT_USAGE

ROOT = Path(__file__).resolve().parent.parent
MAX_PROCESSES = 4
QUICK = "--quick"
QUICK_TESTS = ("tests/unit", "tests/gui", "-m", "not integration and not slow and not gallery")


@dataclass(frozen=True)
class Step:
    """One check: its name, and its command line after the interpreter."""

    name: str
    arguments: tuple[str, ...]


CHECKS = (
    Step("ruff check", ("-m", "ruff", "check", ".")),
    Step("ruff format", ("-m", "ruff", "format", "--check", ".")),
    Step("mypy", ("-m", "mypy")),
    Step(
        "import rules",
        ("-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"),
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Explain what is passed on."""
    parser.description = (
        "Runs ruff, mypy, the import rules and the everyday tests, several at once. With "
        "--quick, runs only the tests of single parts and of the window. With other arguments, "
        "runs only pytest, with them: -m slow for the slow ones, tests/unit -k name, and so on."
    )


def run(args: argparse.Namespace) -> int:
    """Run everything, also after a failure, and return the first exit code that is not 0."""
    if not (ROOT / "tests").is_dir():
        print("The tests are not part of an installed Signalbox; use a checkout.", file=sys.stderr)
        return EXIT_USAGE
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    pytest_step = Step("pytest", ("-m", "pytest", *pytest_arguments(args.rest)))
    steps = [pytest_step] if args.rest else [*CHECKS, pytest_step]
    outcomes = [_run(step) for step in steps]
    if len(steps) > 1:
        _summarise(steps, outcomes)
    return next((code for code, _ in outcomes if code), EXIT_OK)


def pytest_arguments(rest: Sequence[str]) -> tuple[str, ...]:
    """Return what pytest is told for the arguments of this command."""
    if QUICK in rest:
        others = (argument for argument in rest if argument != QUICK)
        return (*QUICK_TESTS, *in_parallel(), *others)
    return tuple(rest) or in_parallel()


def in_parallel() -> tuple[str, ...]:
    """Return pytest's arguments for a whole run: much of it waits, so one process more than cores.

    More than a few would only take the processor from the tests that measure.
    """
    processes = min(MAX_PROCESSES, (os.cpu_count() or 1) + 1)
    return ("-n", str(processes), "--dist", "worksteal")


def _run(step: Step) -> tuple[int, float]:
    """Run one step with its output on this console; return its exit code and its seconds."""
    print(f"\n=== {step.name}", flush=True)
    started = time.monotonic()
    # A process each: pytest must not meet modules that this one has imported already.
    done = subprocess.run([sys.executable, *step.arguments], cwd=ROOT, check=False)
    return done.returncode, time.monotonic() - started


def _summarise(steps: list[Step], outcomes: list[tuple[int, float]]) -> None:
    print("\n=== summary")
    for step, (code, seconds) in zip(steps, outcomes, strict=True):
        verdict = "ok" if code == 0 else f"FAILED (code {code})"
        print(f"{step.name:12}  {verdict}  {seconds:.0f} s")
