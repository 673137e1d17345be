"""Texts of others in tables for spreadsheets."""

from __future__ import annotations

import re
from typing import Final

_FORMULA: Final = re.compile(r"^[=+\-@\t\r]")


def cell(value: str) -> str:
    """Return `value` so that no spreadsheet takes it for a formula, and every encoder takes it."""
    text = value.encode("utf-8", "replace").decode("utf-8")
    return f"'{text}" if _FORMULA.match(text) else text
