"""Texts of the pipeline in the language of the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from pipeline.texts import CONTEXT, Text


def shown(text: str) -> str:
    """Return a text as the window says it; what is no `Text` stays as it is."""
    if not isinstance(text, Text) or not text.source:
        return text
    values = {
        name: shown(value) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    words = QCoreApplication.translate(CONTEXT, text.source)
    return words.format(**values) if values else words
