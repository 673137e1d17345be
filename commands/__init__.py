"""The command line: which commands there are, what each needs, and how one is run.

Nothing here, nor at the top of a command module, imports more than the standard library, so that
help works on a clone whose packages are not installed yet, and quickly. A command module has
``add_arguments(parser)`` and ``run(args) -> int`` (the exit code); heavy imports belong into run.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
"""Stopped by Ctrl+C, after the habit of shells (128 + SIGINT)."""
MAX_DURATION_S = 366 * 86_400.0
MAX_THREADS = 64
"""Of a model; as in the settings. Some thousands of them stop the whole machine."""


class Packages(Enum):
    """Which of the project's Python packages a command needs."""

    NONE = "none"
    RUNTIME = "runtime"
    TEST = "test"


class Libraries(Enum):
    """Which of the system's shared libraries a command needs on Linux."""

    NONE = "none"
    VIDEO = "video"
    WINDOW = "window"


@dataclass(frozen=True)
class Command:
    """One command of the command line.

    Attributes:
        name: as typed; "" is the window, which needs no word.
        usage: the arguments, for the overview.
        summary: one line for the overview.
        module: below ``commands``.
        packages: what must be installed before it runs.
        libraries: what the system must have before it runs.
        passes_on: its arguments go on unparsed, as ``args.rest``.
    """

    name: str
    usage: str
    summary: str
    module: str
    packages: Packages = Packages.RUNTIME
    libraries: Libraries = Libraries.VIDEO
    passes_on: bool = False


@dataclass(frozen=True)
class Invocation:
    """What was typed: the command, and the arguments after it."""

    command: Command
    rest: tuple[str, ...] = ()

    @property
    def asks_for_help(self) -> bool:
        """Whether only the help of this command is wanted."""
        return any(word in ("-h", "--help") for word in self.rest)


WINDOW = Command("", "", "the console", "gui", libraries=Libraries.WINDOW)

COMMANDS = (
    Command(
        "demo",
        "[--duration S] [--screenshot PNG]",
        "the console on the demo clip, everything started",
        "demo",
        libraries=Libraries.WINDOW,
    ),
    Command(
        "run",
        "--workers a,b [--config FILE] [--duration S] [--metrics-port N]",
        "workers without a window",
        "run",
    ),
    Command(
        "selftest",
        "--mode e2e|producer|consumer [--duration S] [--bootstrap H:P] [--json FILE]",
        "real video through every stage; fails if anything is missing",
        "selftest",
    ),
    Command(
        "quit",
        "[--wait S]",
        "ask the open window to stop its workers and close",
        "quit",
        libraries=Libraries.NONE,
    ),
    Command("detect", "MODEL.onnx IMAGE... [--json]", "one model on pictures", "detect"),
    Command(
        "export-logs",
        "--output ZIP",
        "logs, settings without secrets, versions, in one file",
        "export_logs",
    ),
    Command(
        "check-connection",
        "[--config FILE] [--bootstrap H:P] [--json]",
        "the way to the Kafka cluster, step by step",
        "check_connection",
    ),
    Command(
        "dead-letters",
        "list|resend [--topic TOPIC] [--limit N] [--config FILE] [--bootstrap H:P] [--json]",
        "messages that could not be processed, and sending them back",
        "dead_letters",
    ),
    Command(
        "replay",
        "[--limit N] [--assessor rules|llm] [--model M] [--prompt FILE] [--set NAME=VALUE] "
        "[--csv FILE] [--json]",
        "evidence of stored alarms assessed again, side by side",
        "replay",
    ),
    Command(
        "check-config",
        "FILE... [--role ROLE] [--format text|json] [--fix]",
        "the settings doctor",
        "check_config",
        libraries=Libraries.NONE,
    ),
    Command(
        "translate-config",
        "FILE.properties [--role ROLE] [--output FILE]",
        "Java client properties for librdkafka",
        "translate_config",
        libraries=Libraries.NONE,
    ),
    Command(
        "bench",
        "[NAME...] [--rounds N] [--seconds S] [--bootstrap H:P] [--json FILE]",
        "benchmarks against the bare libraries",
        "bench",
        libraries=Libraries.WINDOW,
    ),
    Command(
        "test",
        "[pytest arguments]",
        "the tests and the code checks",
        "test",
        packages=Packages.TEST,
        libraries=Libraries.WINDOW,
        passes_on=True,
    ),
    Command(
        "version",
        "[--json]",
        "versions of everything that matters in a bug report",
        "version",
        libraries=Libraries.NONE,
    ),
)


def duration_s(text: str) -> float:
    """Return how long a command is to run; for `argparse`."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < MAX_DURATION_S:
        raise argparse.ArgumentTypeError(f"{text!r}: must be more than 0 seconds, at most a year")
    return seconds


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return what reads a whole number within bounds; for `argparse`."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(
                f"{text!r}: must be a whole number from {least} to {most}"
            )
        return number

    return read


def written(path: Path, content: bytes) -> bool:
    """Write a file that was asked for beside what is printed; say so where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        print(
            f"{path} cannot be written: {error.strerror or error}. Name another file.",
            file=sys.stderr,
        )
        return False
    return True


def program_name() -> str:
    """How the program was started, for usage lines."""
    script = Path(sys.argv[0]).name if sys.argv else ""
    return "python main.py" if script in ("", "-c", "-m", "main.py") else Path(script).stem


def overview() -> str:
    """Return the help of the whole program."""
    width = max(len(command.name) for command in COMMANDS)
    lines = [
        f"usage: {program_name()} [COMMAND] [arguments]",
        "",
        "Signalbox watches a traffic-camera pipeline over Kafka.",
        "",
        f"  {'':{width}}  without a command: {WINDOW.summary}",
        *(f"  {command.name:{width}}  {command.summary}" for command in COMMANDS),
        "",
        f"{program_name()} COMMAND --help tells more of one command.",
    ]
    return "\n".join(lines)


def resolve(argv: Sequence[str]) -> Invocation:
    """Find the command that was typed.

    Raises:
        SystemExit: only help or the version was asked for (0), or there is no such command (2).
    """
    if not argv:
        return Invocation(WINDOW)
    word, *rest = argv
    if word in ("-h", "--help", "help"):
        print(overview())
        raise SystemExit(EXIT_OK)
    if word == "--version":
        from pipeline import __version__

        print(f"Signalbox {__version__}")
        raise SystemExit(EXIT_OK)
    if word.startswith("-"):
        return Invocation(WINDOW, tuple(argv))
    by_name = {command.name: command for command in COMMANDS}
    if word in by_name:
        return Invocation(by_name[word], tuple(rest))
    near = difflib.get_close_matches(word, by_name, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    print(f"There is no command {word!r}.{hint}\n\n{overview()}", file=sys.stderr)
    raise SystemExit(EXIT_USAGE)


def execute(invocation: Invocation) -> int:
    """Run one command and return its exit code.

    Raises:
        SystemExit: its arguments are wrong (2), or only its help was asked for (0).
    """
    command = invocation.command
    module = importlib.import_module(f"{__name__}.{command.module}")
    parser = argparse.ArgumentParser(
        prog=f"{program_name()} {command.name}".rstrip(),
        description=f"{command.summary[:1].upper()}{command.summary[1:]}.",
        allow_abbrev=False,
    )
    if command.passes_on:
        parser.usage = f"%(prog)s {command.usage}"
    module.add_arguments(parser)
    if command.passes_on and not invocation.asks_for_help:
        args = argparse.Namespace(rest=list(invocation.rest))
    else:
        args = parser.parse_args(invocation.rest)
    args.command = command.name
    try:
        return int(module.run(args))
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (such as `head`) has seen enough; keep the interpreter from complaining too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK


def guard_streams() -> None:
    """Make printing safe: no console (Windows, windowed start), or one that lacks a character."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
