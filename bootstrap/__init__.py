"""What happens between ``python main.py`` and the command: packages, libraries, display.

Standard library only: on a fresh clone there is nothing else. A start whose environment is ready
reads two small files and goes on; all slower work is imported when it is needed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bootstrap.environment import Environment, inside_other_environment
from bootstrap.installed import is_installed, settle_in
from bootstrap.messages import EXIT_CANNOT_START, SetupError, say, show_error
from commands import (
    EXIT_INTERRUPTED,
    Command,
    Libraries,
    Packages,
    execute,
    guard_streams,
    resolve,
)

ROOT = Path(__file__).resolve().parent.parent
VENV_VARIABLE = "SIGNALBOX_VENV"
"""Environment variable: make and use the environment there instead of in ``.venv``."""

_HANDED_OVER = "SIGNALBOX_HANDED_OVER"
"""Set for the process that takes over in the environment, so that it cannot go round in circles."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; make its environment first where it is missing.

    Returns:
        The exit code of the command, 2 with a message if it could not be started, 130 if it was
        stopped before.

    Raises:
        SystemExit: by argument parsing, or on Windows with the code of the process that took over.
    """
    has_console = sys.stderr is not None
    guard_streams()
    if is_installed():
        settle_in(has_console=has_console)
    invocation = resolve(sys.argv[1:] if argv is None else argv)
    if not invocation.asks_for_help:
        try:
            _prepare(invocation.command, invocation.rest)
        except SetupError as error:
            show_error(str(error), has_console=has_console)
            return EXIT_CANNOT_START
        except KeyboardInterrupt:
            say("\nStopped before Signalbox was started. The next start goes on with it.")
            return EXIT_INTERRUPTED
    return execute(invocation)


def _prepare(command: Command, arguments: Sequence[str]) -> None:
    handed_over = os.environ.pop(_HANDED_OVER, None) is not None
    is_checkout = (ROOT / "pyproject.toml").is_file() and (ROOT / "main.py").is_file()
    if is_checkout and command.packages is not Packages.NONE:
        _ensure_packages(with_tests=command.packages is Packages.TEST, handed_over=handed_over)
    if command.libraries is Libraries.WINDOW:
        from bootstrap.qt import choose_platform, refuse_bad_pair

        refuse_bad_pair()
        choose_platform(command.name, arguments)
    if command.libraries is not Libraries.NONE and sys.platform == "linux":
        from bootstrap.system_libraries import ensure_libraries

        ensure_libraries(window=command.libraries is Libraries.WINDOW)


def _ensure_packages(*, with_tests: bool, handed_over: bool) -> None:
    """Return if this interpreter has the packages; else go on in one that has them."""
    place = os.environ.get(VENV_VARIABLE)
    environment = Environment(Path(place).expanduser().resolve() if place else ROOT / ".venv", ROOT)
    ready = environment.is_ready(with_tests=with_tests)
    if environment.is_current():
        if ready:
            return
    elif handed_over:
        raise SetupError(
            f"The Python in {environment.folder} does not use that folder as its environment.\n"
            f"Delete the folder and start again."
        )
    elif ready and not inside_other_environment():
        environment.take_over(_HANDED_OVER)

    from bootstrap.requirements import missing, read_requirements

    requirements = read_requirements(ROOT / "pyproject.toml", with_tests=with_tests)
    if not missing(requirements):
        return
    if not ready or environment.is_current():
        from bootstrap.setup import set_up

        set_up(environment, requirements, with_tests=with_tests)
    environment.take_over(_HANDED_OVER)
