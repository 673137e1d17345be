"""Reads values as librdkafka does: in C, taking what it understands and dropping the rest.

After ``rd_kafka_anyconf_set_prop`` in librdkafka's rdkafka_conf.c.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

C_SPACE: Final = " \t\n\v\f\r"
_INTEGER: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_FLOAT: Final = re.compile(
    r"[ \t\n\v\f\r]*([+-]?(?:0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][+-]?\d+)?"
    r"|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan(?:\([0-9a-zA-Z_]*\))?))",
    re.IGNORECASE | re.ASCII,
)
_LONG_MAX: Final = 2**63 - 1
_MANY_DIGITS: Final = 100
_TRUE: Final = frozenset({"true", "t", "1"})
_FALSE: Final = frozenset({"false", "f", "0"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number as librdkafka reads it.

    Attributes:
        value: what it takes.
        meant: the number that is written; another one when it does not fit into 32 bits.
        tail: what follows the number and is dropped.
        octal: a leading zero made it an octal number.
    """

    value: float
    meant: float
    tail: str
    octal: bool = False


def read_integer(text: str) -> Number | None:
    """Read as ``(int)strtol(text, &end, 0)`` where long has 64 bits; None: no number at all."""
    match = _INTEGER.match(text)
    if match is None:
        return None
    digits = match[2]
    octal = len(digits) > 1 and digits[0] == "0" and digits[1] not in "xX"
    # Python refuses to read thousands of digits, and no float holds them; C has had its fill before.
    magnitude = _LONG_MAX if len(digits) > _MANY_DIGITS else int(digits, 8 if octal else 0)
    meant = -magnitude if match[1] == "-" else magnitude
    as_long = max(-_LONG_MAX - 1, min(meant, _LONG_MAX))
    value = (as_long + 2**31) % 2**32 - 2**31
    return Number(value, meant, text[match.end() :].strip(C_SPACE), octal)


def read_float(text: str) -> Number | None:
    """Read as ``strtod(text, &end)``; None: no number at all."""
    match = _FLOAT.match(text)
    if match is None:
        return None
    digits = match[1].lower()
    if "nan" in digits:
        value = float("nan")
    elif "x" in digits:
        value = _from_hex(digits)
    else:
        value = float(digits)
    return Number(value, value, text[match.end() :].strip(C_SPACE))


def _from_hex(digits: str) -> float:
    try:
        return float.fromhex(digits)
    except OverflowError:
        return float("-inf") if digits.startswith("-") else float("inf")


def read_boolean(text: str) -> bool | None:
    """Read true/t/1 and false/f/0, whatever the case; None: neither."""
    word = text.lower()
    if word in _TRUE:
        return True
    return False if word in _FALSE else None
