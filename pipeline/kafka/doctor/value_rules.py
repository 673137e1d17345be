"""Checks of one value by itself: its type, its range, its words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Final

from pipeline.kafka.doctor.findings import Edit, Finding, Setting, Severity, about, as_text, refusal
from pipeline.kafka.doctor.table import Property
from pipeline.kafka.doctor.values import (
    C_SPACE,
    Number,
    read_boolean,
    read_float,
    read_integer,
)
from pipeline.kafka.librdkafka import ConfResult, try_property
from pipeline.texts import Text, say, verbatim

PARTITIONERS: Final = (
    "random",
    "consistent",
    "consistent_random",
    "murmur2",
    "murmur2_random",
    "fnv1a",
    "fnv1a_random",
)
_DURATION: Final = re.compile(r"^(ms|s|sec|secs|seconds?|m|min|minutes?|h|hours?)$", re.IGNORECASE)
_DURATION_MS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
_SIZE: Final = re.compile(r"^([kmg])i?b?$", re.IGNORECASE)
_SIZE_BYTES: Final = {"k": 1024, "m": 1024**2, "g": 1024**3}


def _invalid(
    setting: Setting, rule: str, effect: Text, fix: Text, value: str | None = None
) -> Finding:
    return about(
        setting,
        rule,
        Severity.ERROR,
        effect=effect,
        reason=say("librdkafka refuses the value, and the client cannot be made"),
        fix=fix,
        edits=[] if value is None else [Edit("set", setting.name, value)],
        refused=True,
    )


def value_findings(setting: Setting, found: Property) -> Iterator[Finding]:
    """Yield what is wrong with a value, read as librdkafka reads it."""
    text = as_text(setting.value)
    if _not_in_this_build(setting.name):
        yield refusal(
            setting,
            "not-built",
            reason=say("librdkafka's build for this system lacks what is behind it"),
            fix=say("Take it out."),
            edits=[Edit("remove", setting.name)],
        )
        return
    match found.kind:
        case "integer" | "float":
            yield from _number(setting, found, text)
        case "boolean":
            if read_boolean(text) is None:
                yield _boolean(setting, text)
        case "enum":
            yield from _word(setting, found, text)
        case "flags" | "patterns":
            yield from _by_library(setting, found, text)
        case "dedicated":
            yield _dedicated(setting)
        case "string":
            yield from _text(setting, found, text)


def _number(setting: Setting, found: Property, text: str) -> Iterator[Finding]:
    read = read_integer if found.kind == "integer" else read_float
    number = read(text)
    if number is None:
        if text.lower() not in found.values:
            yield _invalid(
                setting,
                "wrong-type",
                say("this is not a number"),
                say(
                    "Write a number from {low:g} to {high:.10g} or {words}.",
                    low=found.low,
                    high=found.high,
                    words=", ".join(found.values),
                )
                if found.values
                else say(
                    "Write a number from {low:g} to {high:.10g}.", low=found.low, high=found.high
                ),
            )
        return
    low, high = found.low or 0, found.high or 0
    if number.value < low or number.value > high:
        yield _invalid(
            setting,
            "out-of-range",
            say(
                "{meant} is outside {low} .. {high}",
                meant=_plain(number.meant),
                low=_plain(low),
                high=_plain(high),
            ),
            say("Write a number from {low} to {high}.", low=_plain(low), high=_plain(high)),
            _plain(low if number.meant < low else high),
        )
    elif number.meant != number.value:  # Also true of NaN.
        yield _misread(
            setting,
            say("it becomes {value}", value=_plain(number.value)),
            say("the number does not fit into 32 bits and wraps around (or is none at all)"),
            say("Write a number from {low} to {high}.", low=_plain(low), high=_plain(high)),
            None,
        )
    elif number.tail and not re.fullmatch(r"\.0*", number.tail):
        yield _tail(setting, found, number)
    elif number.octal:
        yield about(
            setting,
            "octal-number",
            Severity.WARNING,
            effect=say("it is read as {value}", value=_plain(number.value)),
            reason=say("a number that starts with 0 is octal in C"),
            fix=say("Leave the leading zeros out."),
            edits=[Edit("set", setting.name, text.strip().lstrip("0") or "0")],
        )


def _tail(setting: Setting, found: Property, number: Number) -> Finding:
    meant = _with_unit(found, number)
    if meant is not None:
        fix = say("Write {meant}.", meant=meant)
    elif number.tail.replace("_", "").isdigit() and number.tail.startswith("_"):
        meant = _plain(number.value) + number.tail.replace("_", "")
        fix = say("Write {meant}.", meant=meant)
    else:
        fix = say("Write the plain number, in the unit that the name tells.")
    return _misread(
        setting,
        say("only the digits are read: {value}", value=_plain(number.value)),
        say(
            "librdkafka ignores the unit or whatever else follows the number ({tail!r})",
            tail=number.tail,
        ),
        fix,
        meant,
    )


def _with_unit(found: Property, number: Number) -> str | None:
    """Return the number in the property's own unit, where the tail is a unit that fits."""
    if match := _DURATION.match(number.tail):
        if found.name.endswith(".ms"):
            word = match[1].lower()
            factor = 1 if word == "ms" else _DURATION_MS[word[0]]
            return _plain(number.value * factor)
        if found.name.endswith(".seconds"):
            factor = _DURATION_MS.get(match[1][0].lower(), 1)
            return _plain(number.value * factor / 1000)
    if (match := _SIZE.match(number.tail)) and found.name.endswith(("bytes", ".size")):
        factor = _SIZE_BYTES[match[1].lower()]
        return _plain(number.value * factor / (1024 if found.name.endswith("kbytes") else 1))
    return None


def _misread(setting: Setting, effect: Text, reason: Text, fix: Text, value: str | None) -> Finding:
    return about(
        setting,
        "misread-number",
        Severity.ERROR,
        effect=effect,
        reason=reason,
        fix=fix,
        edits=[] if value is None else [Edit("set", setting.name, value)],
    )


def _boolean(setting: Setting, text: str) -> Finding:
    word = text.strip().lower()
    meant = {"yes": "true", "on": "true", "y": "true", "enabled": "true"}.get(word)
    meant = meant or {"no": "false", "off": "false", "n": "false", "disabled": "false"}.get(word)
    if word in ("true", "false"):
        meant = word
    return _invalid(
        setting,
        "wrong-type",
        say("this is neither true nor false"),
        say("Write {meant}.", meant=meant) if meant else say("Write true or false."),
        meant,
    )


def _word(setting: Setting, found: Property, text: str) -> Iterator[Finding]:
    word = text.strip(C_SPACE)
    # Spaces before the word are passed over, those after it are not.
    if text.lstrip(C_SPACE).lower() in {value.lower() for value in found.values}:
        return
    choice = ", ".join(found.values)
    if text and not word:
        yield about(
            setting,
            "empty-value",
            Severity.WARNING,
            effect=say("it stays at {default}", default=found.default),
            reason=say("a value of nothing but spaces is passed over"),
            fix=say("Write one of {choices}, or take the line out.", choices=choice),
            edits=[Edit("remove", setting.name)],
        )
        return
    meant = {"none": "error"}.get(word.lower()) if found.name == "auto.offset.reset" else None
    yield _invalid(
        setting,
        "bad-word",
        say("{word!r} is not one of its values", word=word) if word else say("it may not be empty"),
        say("Write {meant}.", meant=meant)
        if meant
        else say("Write one of: {choices}.", choices=choice),
        meant or _nearest(word, found.values),
    )


@cache
def _not_in_this_build(name: str) -> bool:
    """Whether librdkafka has the property, and its build lacks what is behind it."""
    result, words = try_property(name, "x")
    return result is ConfResult.INVALID and "not supported in this build" in words


def _nearest(word: str, words: tuple[str, ...]) -> str | None:
    near = get_close_matches(word.lower(), words, n=1, cutoff=0.75)
    return near[0] if near else None


def _by_library(setting: Setting, found: Property, text: str) -> Iterator[Finding]:
    """Ask librdkafka: what flags and which regular expressions it takes depends on its build."""
    result, words = try_property(setting.name, text)
    if result is ConfResult.OK:
        return
    choice = ", ".join(found.values)
    yield _invalid(
        setting,
        "bad-word",
        verbatim(words.rstrip(".\n")) or say("the value is not understood"),
        say("Write some of: {choices}.", choices=choice)
        if choice
        else say("Correct it, or take the line out."),
    )


def _dedicated(setting: Setting) -> Finding:
    return refusal(
        setting,
        "not-a-text",
        reason=say("this is set by a function of librdkafka's C interface, never as a text"),
        fix=say("Take it out."),
        edits=[Edit("remove", setting.name)],
    )


def _text(setting: Setting, found: Property, text: str) -> Iterator[Finding]:
    trimmed = text.lstrip(C_SPACE)
    if "\0" in text:
        yield _invalid(setting, "bad-word", say("it holds a NUL character"), say("Take that out."))
    elif found.name == "partitioner" and trimmed not in PARTITIONERS:
        lower = trimmed.strip().lower()
        yield _invalid(
            setting,
            "bad-word",
            say("{text!r} is no partitioner", text=text),
            say("Write one of: {choices}.", choices=", ".join(PARTITIONERS)),
            lower if lower in PARTITIONERS else _nearest(lower, PARTITIONERS),
        )
    elif found.name == "sasl.mechanisms" and (not text or "," in trimmed or " " in trimmed):
        yield _invalid(
            setting,
            "bad-word",
            say("exactly one mechanism must be named") if text else say("it may not be empty"),
            say("Write one of: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, GSSAPI."),
            trimmed.strip() if trimmed.strip() and "," not in trimmed else None,
        )
    elif found.name == "broker.version.fallback" and (
        not text or trimmed.startswith(("0.7.", "0.6."))
    ):
        yield _invalid(
            setting, "bad-word", say("no such broker is supported"), say("Take the line out."), None
        )


def _plain(number: float) -> str:
    return str(int(number)) if math.isfinite(number) and number == int(number) else f"{number:g}"
