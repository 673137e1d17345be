"""Nothing leaves the user's machine unasked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_onnxruntime_sends_and_collects_nothing(tmp_path: Path) -> None:
    """Its Linux builds would make a database of usage data in the user's cache folder."""
    script = (
        "import pipeline.versions as v; v.execution_providers(); "
        "import os, onnxruntime; assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'"
    )
    environment = {
        **{name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"},
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    # Under CI it would be quiet by itself, and the test would prove nothing.
    for name in ("CI", "GITHUB_ACTIONS", "TF_BUILD"):
        environment.pop(name, None)
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, env=environment)
    assert [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name] == []
