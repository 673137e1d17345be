"""What a client would really run with: the settings in their order, over librdkafka's defaults."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

from pipeline.kafka.doctor.findings import Code, Role, Setting, as_text
from pipeline.kafka.doctor.table import Property, table
from pipeline.kafka.doctor.values import C_SPACE, read_boolean, read_float, read_integer


class Effective:
    """The settings that count.

    Args:
        settings: in the order in which they are applied; the last of a property wins.
        role: the client that they are for.
    """

    def __init__(self, settings: Sequence[Setting], role: Role) -> None:
        self.role = role
        self.settings = settings
        self._last: dict[str, Setting] = {}
        """Canonical name -> the setting that counts."""
        self._codes: set[str] = set()
        """Canonical names of what is code in the file."""
        known = table().by_name
        for setting in settings:
            found = known.get(setting.name)
            if found is None:
                continue
            self._codes.discard(found.name)
            if isinstance(setting.value, Code):
                self._codes.add(found.name)
                self._last.pop(found.name, None)
            elif _taken(found, as_text(setting.value)):
                self._last[found.name] = setting

    def setting(self, name: str) -> Setting | None:
        """Return the setting that counts for a property, under whatever name it was set.

        None where it is not set, or is code, about which nothing can be said.
        """
        return self._last.get(table().by_name[name].name)

    def is_set(self, name: str) -> bool:
        """Whether a property is set, to whatever value."""
        return self.setting(name) is not None

    @property
    def sets_topic_property(self) -> bool:
        """Whether librdkafka makes defaults for topics, which it then checks."""
        known = table().by_name
        return any(known[name].level == "topic" for name in self._last)

    def integer(self, name: str) -> int:
        """Return a number; the default where it is not set.

        Of what is code it is NaN, which is neither below nor above anything, so that no rule holds.
        """
        found = table().by_name[name]
        if found.name in self._codes:
            return cast(int, math.nan)
        text = as_text(setting.value) if (setting := self.setting(name)) else found.default
        number = read_integer(text)
        if number is None and text.lower() == "all":
            return -1
        return int(number.value) if number else int(found.default)

    def number(self, name: str) -> float:
        """Return a number that may have a fraction; as `integer` does otherwise."""
        found = table().by_name[name]
        if found.name in self._codes:
            return math.nan
        text = as_text(setting.value) if (setting := self.setting(name)) else found.default
        number = read_float(text)
        return number.value if number else float(found.default)

    def boolean(self, name: str) -> bool:
        """Return a yes or no; the default where it is not set."""
        found = table().by_name[name]
        text = as_text(setting.value) if (setting := self.setting(name)) else found.default
        return bool(read_boolean(text))

    def word(self, name: str) -> str:
        """Return one of an enum's words, in small letters; the default where it is not set.

        Of what is code it is an empty one.
        """
        found = table().by_name[name]
        if found.name in self._codes:
            return ""
        setting = self.setting(name)
        return (as_text(setting.value) if setting else found.default).strip(C_SPACE).lower()

    def text(self, name: str) -> str | None:
        """Return a text as librdkafka keeps it; None: it has none (an empty one unsets it).

        A text of nothing but spaces is kept as an empty one, which is not the same as none. Of what
        is code it is a sign that stands for any text.
        """
        found = table().by_name[name]
        if found.name in self._codes:
            return Code.UNKNOWN.value
        setting = self.setting(name)
        text = as_text(setting.value) if setting else ""
        if not text:
            return found.default or None
        return text.lstrip(C_SPACE)

    def is_code(self, name: str) -> bool:
        """Whether the value is code in the file, so that nothing can be said about it."""
        return table().by_name[name].name in self._codes


def _taken(found: Property, text: str) -> bool:
    """Whether librdkafka sets the property at all: of spaces only, an enum is left as it is."""
    return found.kind not in ("enum", "flags") or bool(text.strip(C_SPACE))
