"""One cold start of the console: when something was seen, the window painted, and all was ready.

python -m console.bench.cold_start
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.app import Console


def main() -> int:
    """Start as the program does, and print the moments as monotonic seconds."""
    from console import early

    early.begin("bench")
    figures: dict[str, float | None] = {"shownS": early.shown_s()}

    from console.app import Launch, run
    from console.supervision.session_thread import SessionState
    from pipeline.settings import demo_settings

    def watch(console: Console) -> None:
        def on_session(state: SessionState) -> None:
            if state is SessionState.OPEN:
                figures["readyS"] = time.monotonic()
            if state in {SessionState.OPEN, SessionState.FAILED}:
                console.quit()

        figures["paintedS"] = console.painted_s
        console.context.controller.session_changed.connect(on_session)

    code = run(Launch(demo_settings(), kind="bench", page="live", on_ready=watch))
    sys.stdout.write(json.dumps(figures) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
