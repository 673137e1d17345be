"""What the doctor says: findings, and the edits that mend them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, Literal

from pipeline.kafka.doctor.table import is_secret
from pipeline.redact import MASK, redact_text
from pipeline.texts import Text, say

Role = Literal["producer", "consumer", "admin"]


class Code(Enum):
    """A value that is code in the file (a function, a variable) and cannot be known."""

    UNKNOWN = "…"


Value = str | int | float | bool | list[object] | Code | None
REFERENCE_TABLE: Final = "https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md"


@dataclass(frozen=True, slots=True)
class Setting:
    """One property as somebody set it.

    Attributes:
        name, value: as written.
        file, line: where (1 is the first line); unknown for what is not in a file.
    """

    name: str
    value: Value
    file: Path | None = None
    line: int | None = None


class Severity(Enum):
    """How bad a finding is."""

    ERROR = "error"
    """The client cannot be made, or cannot do what was meant."""
    WARNING = "warning"
    """It does something else than the words say, or nothing."""
    ADVICE = "advice"
    """Good practice; nothing is wrong."""

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of the settings that mends a finding.

    Attributes:
        action: ``set`` a value (adding the property where it is missing), ``rename``, ``remove``.
        name: the property as it is called now.
        value: the new value (set; rename where the unit changes too).
        new_name: rename only.
    """

    action: Literal["set", "rename", "remove"]
    name: str
    value: str | None = None
    new_name: str | None = None

    def __str__(self) -> str:
        if self.action == "remove":
            return f"remove {self.name}"
        if self.action == "set":
            return f"set {self.name}={self.value}"
        changed = "" if self.value is None else f" and set it to {self.value}"
        return f"rename {self.name} to {self.new_name}{changed}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the settings, or could be better.

    Attributes:
        rule: short stable name of the rule, such as ``idempotence-acks``.
        severity_level: how bad it is.
        name, value: the property as it is written; a secret value is masked.
        effect: what will happen. No full stop.
        reason: why. No full stop.
        fix: what to do, one sentence.
        edits: the fix as changes that can be applied; empty where only a person can know.
        reference: where to read on.
        refused: librdkafka itself refuses to make the client. Errors without it are stricter than
            librdkafka on purpose: it takes them silently.
        fatal: librdkafka does not even refuse: the process dies.
        setting: where it stands.
    """

    rule: str
    severity_level: Severity
    name: str
    value: str
    effect: Text
    reason: Text
    fix: Text
    edits: tuple[Edit, ...] = ()
    reference: str = REFERENCE_TABLE
    refused: bool = False
    fatal: bool = False
    setting: Setting | None = None

    @property
    def severity(self) -> str:
        """``error``, ``warning`` or ``advice``."""
        return self.severity_level.value

    @property
    def line(self) -> int | None:
        """Line in the file; 1 is the first."""
        return self.setting.line if self.setting else None

    @property
    def text(self) -> Text:
        """One paragraph for a log or an error."""
        name = f"{self.name} = {self.value!r}" if self.setting else self.name
        return say(
            "{name}: {effect}; {reason}. {fix}",
            name=name,
            effect=self.effect,
            reason=self.reason,
            fix=self.fix,
        )

    def __str__(self) -> str:
        return self.text


def as_text(value: Value) -> str:
    """Return a property's value as librdkafka reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    return value.value if isinstance(value, Code) else str(value)


def shown_value(name: str, value: Value) -> str:
    """Return a value for people: secrets masked."""
    text = as_text(value)
    return MASK if text and is_secret(name) else redact_text(text)


def about(  # noqa: PLR0913 - the parts of a finding, by name
    setting: Setting,
    rule: str,
    severity: Severity,
    *,
    effect: Text,
    reason: Text,
    fix: Text,
    edits: Iterable[Edit] = (),
    refused: bool = False,
    fatal: bool = False,
    reference: str = "",
) -> Finding:
    """Return a finding about a setting that is there."""
    return Finding(
        rule,
        severity,
        setting.name,
        shown_value(setting.name, setting.value),
        effect,
        reason,
        fix,
        tuple(edits),
        reference or REFERENCE_TABLE,
        refused,
        fatal,
        setting,
    )


def refusal(
    setting: Setting,
    rule: str,
    *,
    reason: Text,
    fix: Text,
    edits: Iterable[Edit] = (),
    reference: str = "",
) -> Finding:
    """Return a finding about a setting for which librdkafka refuses to make the client."""
    return about(
        setting,
        rule,
        Severity.ERROR,
        effect=say("the client cannot be made"),
        reason=reason,
        fix=fix,
        edits=edits,
        refused=True,
        reference=reference,
    )


def settings_of(properties: Mapping[str, Value]) -> list[Setting]:
    """Return the settings of a plain map."""
    return [Setting(name, value) for name, value in properties.items()]
