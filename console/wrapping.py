"""Breaks a text into lines where Qt shows one as it is, such as in the cells of a table."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import east_asian_width

NEVER_FIRST: Final = frozenset("，。；：、！？）》”’")
"""Chinese marks that stay with what they follow."""

_PARTS = re.compile(r"[\u2e80-\uffef]|\s+|[^\s\u2e80-\uffef]{1,40}")


def wrapped(text: str, width: int) -> str:
    """Return a text in lines of about `width` Latin characters; a Chinese one counts as two."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0
        for part in _PARTS.findall(paragraph):
            taken = sum(2 if east_asian_width(sign) in "WF" else 1 for sign in part)
            if used and used + taken > width and part not in NEVER_FIRST:
                lines.append(line.rstrip())
                line, used = "", 0
            if line or not part.isspace():
                line += part
                used += taken
        lines.append(line.rstrip())
    return "\n".join(lines)
