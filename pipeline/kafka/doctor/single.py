"""Checks of one property by itself: its name, and its value against what librdkafka takes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from pipeline.kafka.doctor.findings import (
    Code,
    Edit,
    Finding,
    Role,
    Setting,
    Severity,
    about,
    as_text,
)
from pipeline.kafka.doctor.names import unknown_name
from pipeline.kafka.doctor.table import Property, table
from pipeline.kafka.doctor.values import (
    C_SPACE,
    Number,
    read_boolean,
    read_float,
    read_integer,
)
from pipeline.kafka.librdkafka import ConfResult, try_property

CALLBACKS: Final[dict[str, frozenset[str]]] = {
    "producer": frozenset({"error_cb", "throttle_cb", "stats_cb", "oauth_cb", "logger"})
    | {"on_delivery", "dr_cb"},
    "consumer": frozenset({"error_cb", "throttle_cb", "stats_cb", "oauth_cb", "logger"})
    | {"on_commit"},
    "admin": frozenset({"error_cb", "throttle_cb", "stats_cb", "oauth_cb", "logger"}),
}
"""What confluent-kafka itself takes out of the properties; all of them functions (or a logger)."""

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


def single(setting: Setting, role: Role) -> Iterator[Finding]:
    """Yield what is wrong with one property."""
    if setting.name in CALLBACKS[role]:
        yield from _callback(setting)
        return
    found = table().by_name.get(setting.name)
    if found is None or (setting.name == "delivery.report.only.error" and role == "producer"):
        if found is not None:
            yield from _needs_python_bool(setting)
        else:
            yield from unknown_name(setting, role)
        return
    if isinstance(setting.value, Code):
        return
    if isinstance(setting.value, list):
        yield _list(setting)
        return
    bad = list(_value(setting, found))
    yield from bad
    if not any(finding.severity_level is Severity.ERROR for finding in bad):
        yield from _usefulness(setting, found, role)


def _callback(setting: Setting) -> Iterator[Finding]:
    if isinstance(setting.value, Code):
        return
    yield about(
        setting,
        "callback-as-text",
        Severity.ERROR,
        effect="the client cannot call a text",
        reason="confluent-kafka expects a Python function here",
        fix="Pass a function in the program, and take this line out.",
        edits=[Edit("remove", setting.name)],
        refused=setting.name != "logger",
    )


def _needs_python_bool(setting: Setting) -> Iterator[Finding]:
    if isinstance(setting.value, bool | Code):
        return
    yield about(
        setting,
        "python-bool",
        Severity.ERROR,
        effect="the producer is not made: TypeError",
        reason="confluent-kafka reads this one property itself and takes only Python's True or "
        "False, not a text",
        fix="Leave it out, or pass a bool in the program.",
        edits=[Edit("remove", setting.name)],
        refused=True,
    )


def _list(setting: Setting) -> Finding:
    words = setting.value if isinstance(setting.value, list) else []
    joined = ",".join(str(word) for word in words)
    return about(
        setting,
        "list-value",
        Severity.ERROR,
        effect="librdkafka sees the brackets and quotes as part of the value",
        reason="it takes one text; lists are written with commas",
        fix=f"Write {joined!r}.",
        edits=[Edit("set", setting.name, joined)],
    )


def _invalid(
    setting: Setting, rule: str, effect: str, fix: str, value: str | None = None
) -> Finding:
    return about(
        setting,
        rule,
        Severity.ERROR,
        effect=effect,
        reason="librdkafka refuses the value, and the client is not made",
        fix=fix,
        edits=[] if value is None else [Edit("set", setting.name, value)],
        refused=True,
    )


def _value(setting: Setting, found: Property) -> Iterator[Finding]:
    text = as_text(setting.value)
    if _not_in_this_build(setting.name):
        yield about(
            setting,
            "not-built",
            Severity.ERROR,
            effect="the client is not made",
            reason="librdkafka's build for this system lacks what is behind it",
            fix="Take it out.",
            edits=[Edit("remove", setting.name)],
            refused=True,
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
            allowed = f" or {', '.join(found.values)}" if found.values else ""
            yield _invalid(
                setting,
                "wrong-type",
                "this is no number",
                f"Write a number from {found.low:g} to {found.high:.10g}{allowed}.",
            )
        return
    low, high = found.low or 0, found.high or 0
    if number.value < low or number.value > high:
        yield _invalid(
            setting,
            "out-of-range",
            f"{_plain(number.meant)} is outside {_plain(low)} .. {_plain(high)}",
            f"Write a number from {_plain(low)} to {_plain(high)}.",
            _plain(low if number.meant < low else high),
        )
    elif number.meant != number.value:  # Also true of NaN.
        yield _misread(
            setting,
            f"it becomes {_plain(number.value)}",
            "the number does not fit into 32 bits and wraps around (or is none at all)",
            f"Write a number from {_plain(low)} to {_plain(high)}.",
            None,
        )
    elif number.tail and not re.fullmatch(r"\.0*", number.tail):
        yield _tail(setting, found, number)
    elif number.octal:
        yield about(
            setting,
            "octal-number",
            Severity.WARNING,
            effect=f"it is read as {_plain(number.value)}",
            reason="a number that starts with 0 is octal in C",
            fix="Leave the leading zeros out.",
            edits=[Edit("set", setting.name, text.strip().lstrip("0") or "0")],
        )


def _tail(setting: Setting, found: Property, number: Number) -> Finding:
    meant = _with_unit(found, number)
    if meant is not None:
        fix = f"Write {meant}."
    elif number.tail.replace("_", "").isdigit() and number.tail.startswith("_"):
        meant = _plain(number.value) + number.tail.replace("_", "")
        fix = f"Write {meant}."
    else:
        fix = "Write the plain number, in the unit that the name tells."
    return _misread(
        setting,
        f"only the digits are read: {_plain(number.value)}",
        f"librdkafka ignores the unit or whatever else follows the number ({number.tail!r})",
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


def _misread(setting: Setting, effect: str, reason: str, fix: str, value: str | None) -> Finding:
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
        "this is neither true nor false",
        f"Write {meant or 'true or false'}.",
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
            effect=f"it stays at {found.default}",
            reason="a value of nothing but spaces is passed over",
            fix=f"Write one of {choice}, or take the line out.",
            edits=[Edit("remove", setting.name)],
        )
        return
    meant = {"none": "error"}.get(word.lower()) if found.name == "auto.offset.reset" else None
    yield _invalid(
        setting,
        "bad-word",
        f"{word!r} is none of its words" if word else "it may not be empty",
        f"Write {meant}." if meant else f"Write one of: {choice}.",
        meant or _nearest(word, found.values),
    )


@cache
def _not_in_this_build(name: str) -> bool:
    """Whether librdkafka has the property, and its build lacks what is behind it."""
    result, words = try_property(name, "x")
    return result is ConfResult.INVALID and "not supported in this build" in words


def _nearest(word: str, words: tuple[str, ...]) -> str | None:
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), words, n=1, cutoff=0.75)
    return near[0] if near else None


def _by_library(setting: Setting, found: Property, text: str) -> Iterator[Finding]:
    """Ask librdkafka: what flags and which regular expressions it takes depends on its build."""
    result, words = try_property(setting.name, text)
    if result is ConfResult.OK:
        return
    choice = f" Write some of: {', '.join(found.values)}." if found.values else ""
    yield _invalid(
        setting,
        "bad-word",
        words.rstrip(".\n") or "the value is not understood",
        choice.strip() or "Correct it, or take the line out.",
    )


def _dedicated(setting: Setting) -> Finding:
    return about(
        setting,
        "not-a-text",
        Severity.ERROR,
        effect="the client is not made",
        reason="this is set by a function of librdkafka's C interface, never as a text",
        fix="Take it out.",
        edits=[Edit("remove", setting.name)],
        refused=True,
    )


def _text(setting: Setting, found: Property, text: str) -> Iterator[Finding]:
    trimmed = text.lstrip(C_SPACE)
    if "\0" in text:
        yield _invalid(setting, "bad-word", "it holds a NUL character", "Take that out.")
    elif found.name == "partitioner" and trimmed not in PARTITIONERS:
        lower = trimmed.strip().lower()
        yield _invalid(
            setting,
            "bad-word",
            f"{text!r} is no partitioner",
            f"Write one of: {', '.join(PARTITIONERS)}.",
            lower if lower in PARTITIONERS else _nearest(lower, PARTITIONERS),
        )
    elif found.name == "sasl.mechanisms" and (not text or "," in trimmed or " " in trimmed):
        yield _invalid(
            setting,
            "bad-word",
            "exactly one mechanism must be named" if text else "it may not be empty",
            "Write one of: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, GSSAPI.",
            trimmed.strip() if trimmed.strip() and "," not in trimmed else None,
        )
    elif found.name == "broker.version.fallback" and (
        not text or trimmed.startswith(("0.7.", "0.6."))
    ):
        yield _invalid(
            setting, "bad-word", "no such broker is supported", "Take the line out.", None
        )


def _usefulness(setting: Setting, found: Property, role: Role) -> Iterator[Finding]:
    """Yield what is taken and yet does nothing, or will not for long."""
    if found.scope == "share-consumer":
        yield _share_only(setting, role)
    elif found.scope not in ("both", role) and not (role == "admin" and found.name == "group.id"):
        side = found.scope
        yield about(
            setting,
            "wrong-side",
            Severity.WARNING,
            effect=f"it does nothing on {_a(role)}",
            reason=f"it is a {side} property; librdkafka takes it and ignores it",
            fix=f"Move it to the {side}, or take it out.",
            edits=[Edit("remove", setting.name)],
        )
    elif found.deprecated or found.experimental:
        word = "deprecated" if found.deprecated else "experimental"
        yield about(
            setting,
            "deprecated",
            Severity.WARNING,
            effect=f"it works in librdkafka {table().version}, perhaps not in a later one",
            reason=f"librdkafka calls it {word}: {_first_sentence(found.meaning)}",
            fix="Take it out.",
            edits=[Edit("remove", setting.name)],
        )


def _share_only(setting: Setting, role: Role) -> Finding:
    reason = "librdkafka knows it only for share consumers"
    fix = "Take it out."
    if setting.name == "max.poll.records":
        reason += (
            ", and takes it in silence elsewhere; versions before 2.15 refused it (No such "
            "configuration property). A consumer gets its messages in batches by "
            "consume(num_messages=N)"
        )
        fix = (
            "Take it out; queued.max.messages.kbytes bounds what is fetched ahead, which is "
            "another thing."
        )
    return about(
        setting,
        "share-consumer-only",
        Severity.WARNING,
        effect=f"it does nothing on {_a(role)}",
        reason=reason,
        fix=fix,
        edits=[Edit("remove", setting.name)],
        reference="https://github.com/confluentinc/librdkafka/blob/master/INTRODUCTION.md",
    )


def _a(role: Role) -> str:
    return f"an {role} client" if role == "admin" else f"a {role}"


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")


def _plain(number: float) -> str:
    return str(int(number)) if math.isfinite(number) and number == int(number) else f"{number:g}"
