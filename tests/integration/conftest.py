"""What tests of several parts share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where alarms are stored; there is no file yet."""
    return tmp_path / "alarms.db"
