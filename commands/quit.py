"""``quit``: ask the open window to stop its workers and close, and wait until it has."""

from __future__ import annotations

import argparse
import sys
import time

LOOK_EVERY_S = 0.25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--wait", type=float, default=30.0, metavar="S", help="seconds to wait for it (30)"
    )


def run(args: argparse.Namespace) -> int:
    """Ask; 0 when no window is open any more, 1 when it is still there after the wait."""
    from PySide6.QtCore import QCoreApplication

    from console.instance import KINDS, QUIT, ask, instance_name, is_running

    _app = QCoreApplication(sys.argv[:1])  # local sockets work below one
    names = [instance_name(kind) for kind in KINDS]
    asked = [name for name in names if ask(name, QUIT)]
    if not asked:
        print("No window of Signalbox is open.")
        return 0
    until_s = time.monotonic() + args.wait
    while any(is_running(name) for name in asked):
        if time.monotonic() > until_s:
            print(
                f"Signalbox has not closed within {args.wait:.0f} s. Look at its window: it may be "
                f"waiting for an answer.",
                file=sys.stderr,
            )
            return 1
        time.sleep(LOOK_EVERY_S)
    print("Signalbox has closed.")
    return 0
