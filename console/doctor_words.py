"""What the settings doctor says, as sentences of the window."""

from __future__ import annotations


def sentence(text: str) -> str:
    """Return a part of a finding as a sentence: a capital at its beginning, a stop at its end."""
    text = text.strip()
    if not text:
        return ""
    first = text.split(" ", 1)[0]
    # Names keep their small letters.
    is_name = first == "librdkafka" or any(sign in first for sign in ".=_")
    begin = text if is_name else text[0].upper() + text[1:]
    return begin if begin[-1] in ".!?" else f"{begin}."
