"""Texts for people that a window can say in another language.

The pipeline speaks English: to the log, the command line and exports. What a window shows as well is
made by `say`, which keeps what was said and with which values beside the finished sentence:

    raise KafkaError(say("No broker answers at {servers}.", servers=servers))

A `Text` is the English sentence wherever a plain string is expected. `console.window_texts` says it
in the language of the window; `tools/make_translations.py` collects every `say` for translators, so
the sentence stands there as it is written, never put together at run time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pipeline import system_words

_PLACE: Final = re.compile(r"\{\w+(?:!r)?(?::[,.\d]{0,3}[a-z%]?)?\}")
"""Places as our own sentences have them; others could make a text of any size."""

CONTEXT: Final = "Pipeline"
"""Under which translators find these texts."""


class Text(str):  # noqa: SLOT000 - a few texts at a time; copies need the plain way
    """An English sentence, or a part of one, with what it was made of.

    Attributes:
        source: the sentence with places for its values; empty: words of somebody else (of a library,
            an operating system), which stay as they are in every language.
        values: what stands in those places; each may be a `Text` itself.
    """

    source: str
    values: Mapping[str, object]

    def __new__(
        cls, english: str, source: str = "", values: Mapping[str, object] | None = None
    ) -> Text:
        """Hold the finished sentence; made by `say`."""
        made = super().__new__(cls, english)
        made.source = source
        made.values = values or {}
        return made

    def __str__(self) -> Text:
        """Itself, so that `str(error)` of an error that was made with it still knows its parts."""
        return self

    def __format__(self, spec: str) -> str:
        """Return plain words."""
        return format(super().__str__(), spec)

    @property
    def english(self) -> str:
        """Plain words, for what takes nothing else."""
        return super().__str__()

    def changed(self, change: Callable[[str], str]) -> Text:
        """Return the text with every part put through `change`, which takes secrets out.

        What only shows where parts meet makes the whole text plain words: better untranslated than
        told.
        """
        english = change(super().__str__())
        if not self.source:
            return Text(english)
        values = dict(self.values)
        for name, value in values.items():
            if isinstance(value, Text):
                values[name] = value.changed(change)
            elif isinstance(value, str):
                values[name] = change(value)
        made = Text(self.source.format(**values) if values else self.source, self.source, values)
        return made if made == english else Text(english)

    def __getnewargs__(self) -> tuple[Any, ...]:
        """What a copy is made of."""
        return super().__str__(), self.source, self.values


def say(source: str, /, **values: object) -> Text:
    """Return a text for people.

    Args:
        source: the English sentence as a literal, with a place for each value as in `str.format`.
        values: by name of their place; of an error, what it says is kept.
    """
    for name, value in values.items():
        if isinstance(value, BaseException):
            values[name] = words_of(value)
    return say_again(source, values)


def verbatim(words: str) -> Text:
    """Return words that are not ours and have no translation."""
    return words if isinstance(words, Text) else Text(words)


NOTHING: Final = Text("")
"""No text."""

JOINT: Final = " · "
"""Between texts that have nothing to do with each other, in every language."""


def packed(text: str) -> dict[str, Any]:
    """Return a text as values for JSON, for another process or a file; `unpacked` reads them."""
    if not isinstance(text, Text) or not text.source:
        return {"text": str.__str__(text)}
    values = {
        name: packed(value) if isinstance(value, Text) else _plain(value)
        for name, value in text.values.items()
    }
    return {"text": text.english, "source": text.source, "values": values}


def _plain(value: object) -> object:
    """Return a value as JSON has it."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float) else str(value)


def unpacked(table: object) -> Text:
    """Return the text in what `packed` gave; words without a translation, where it is otherwise."""
    if not isinstance(table, dict):
        return verbatim(str(table or ""))
    english, source, given = (table.get(name) for name in ("text", "source", "values"))
    if not isinstance(source, str) or not isinstance(given, dict):
        return verbatim(str(english or ""))
    if given and re.search(r"[{}]", _PLACE.sub("", source)):
        return verbatim(str(english or ""))
    values = {
        name: unpacked(value) if isinstance(value, dict) else value for name, value in given.items()
    }
    try:
        made = say_again(source, values)
    except (AttributeError, IndexError, KeyError, ValueError):
        made = NOTHING
    # What differs was written by hand, or by another version.
    return made if made == english else verbatim(str(english or ""))


def say_again(source: str, values: Mapping[str, object]) -> Text:
    """Return a text of a source that some `say` said before."""
    return Text(source.format(**values) if values else source, source, values)


def listed(parts: Iterable[str]) -> Text:
    """Return parts as “one and another and a third”; empty for none."""
    row = NOTHING
    for part in parts:
        row = say("{first} and {second}", first=row, second=part) if row else verbatim(part)
    return row


def in_a_row(parts: Iterable[str]) -> Text:
    """Return sentences without stops in one line, with semicolons between; empty for none."""
    row = NOTHING
    for part in parts:
        row = say("{first}; {second}", first=row, second=part) if row else verbatim(part)
    return row


def side_by_side(parts: Iterable[str]) -> Text:
    """Return texts that have nothing to do with each other in one line; empty for none."""
    row = NOTHING
    for part in parts:
        values = {"first": row, "second": verbatim(part)}
        source = f"{{first}}{JOINT}{{second}}"
        row = Text(source.format(**values), source, values) if row else verbatim(part)
    return row


def one_after_another(parts: Iterable[str]) -> Text:
    """Return whole sentences one after another, empty ones left out."""
    row = NOTHING
    for part in filter(None, parts):
        row = say("{first} {second}", first=row, second=part) if row else verbatim(part)
    return row


def words_of(error: BaseException) -> Text:
    """Return what an error says of itself, with the file that it is about, if it names one."""
    cause = cause_of(error)
    file = error.filename if isinstance(error, OSError) else None
    return say("{cause}: {file}", cause=cause, file=file) if file and cause.source else cause


def cause_of(error: BaseException) -> Text:
    """Return what an error says of itself, without the name of a file; its kind, if nothing."""
    own = str(error)
    if isinstance(own, Text):
        return own
    if source := system_words.source_of(error):
        words = say_again(source, {})
        if system_words.is_of_tls(error):
            return say("certificate verify failed: {reason}", reason=words)
        return words
    if isinstance(error, UnicodeDecodeError):
        return say("not text in UTF-8 (byte {number})", number=error.start)
    if system_words.is_of_tls(error):
        return verbatim(own)
    if isinstance(error, OSError) and error.strerror:
        return say(
            "{words} (error {number})", words=verbatim(error.strerror), number=error.errno or 0
        )
    return verbatim(own or type(error).__name__)
