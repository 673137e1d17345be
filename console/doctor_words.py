"""What the settings doctor says, as sentences of the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from console.window_texts import shown


def sentence(text: str) -> str:
    """Return a part of a finding as a sentence: a capital at its beginning, a stop at its end."""
    words = shown(text).strip()
    if not words:
        return ""
    first = words.split(" ", 1)[0]
    # Names keep their small letters.
    is_name = first == "librdkafka" or any(sign in first for sign in ".=_")
    begin = words if is_name else words[0].upper() + words[1:]
    return (
        begin
        if begin[-1] in ".!?。"
        else QCoreApplication.translate("Doctor", "{0}.").format(begin)
    )
