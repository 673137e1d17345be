"""One cold start of the console: when it painted, and when it was ready.

python -m console.bench.cold_start
"""

from __future__ import annotations

import json
import sys
import time

from PySide6.QtCore import Slot

from console.app import Console, Launch, run
from console.supervision.session_thread import SessionState
from pipeline.settings import demo_settings


class _Start:
    """Notes the moments of one start, and ends the program at the last of them."""

    def __init__(self) -> None:
        self.figures: dict[str, float | None] = {"paintedS": None, "readyS": None}
        self._console: Console | None = None

    def watch(self, console: Console) -> None:
        """Begin; called when the first page is there."""
        self._console = console
        self.figures["paintedS"] = console.painted_s
        console.context.controller.session_changed.connect(self._on_session)

    @Slot(object)
    def _on_session(self, state: SessionState) -> None:
        if state in {SessionState.OPEN, SessionState.FAILED} and self._console is not None:
            if state is SessionState.OPEN:
                self.figures["readyS"] = time.monotonic()
            self._console.quit()


def main() -> int:
    """Start, and print the moments as monotonic seconds."""
    start = _Start()
    code = run(Launch(demo_settings(), kind="bench", page="live", on_ready=start.watch))
    sys.stdout.write(json.dumps(start.figures) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
