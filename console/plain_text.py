"""Text from outside, for places of Qt's that would take it for markup."""

from __future__ import annotations

import html


def plain_tooltip(text: str) -> str:
    """Return a tooltip that shows `text` as it is, wrapped; empty for none."""
    return f"<qt>{html.escape(text)}</qt>" if text else ""
