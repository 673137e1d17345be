"""The Kafka settings as they are being typed, before they hold. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from pipeline.kafka.doctor import as_text, is_secret, sectioned
from pipeline.secrets import is_reference, keyring_reference
from pipeline.settings import KafkaSettings

Property = str | int | float | bool

CREDENTIAL: Final = "kafka"
"""What the names of our entries in the credential store begin with."""

_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_WHOLE: Final = re.compile(r"0|-?[1-9]\d{0,17}")


@dataclass(frozen=True, slots=True)
class KafkaDraft:
    """What was typed.

    Attributes:
        mode: ``embedded`` or ``cluster``.
        servers, partitions: as typed.
        text: the properties, with sections (`pipeline.kafka.doctor.sectioned`).
        secrets: what will be stored in the credential store when the settings are applied, by the
            name of the entry; the text refers to them already.
    """

    mode: str
    servers: str
    partitions: str
    text: str
    secrets: Mapping[str, str] = field(default_factory=lambda: _NONE, repr=False)

    @property
    def is_embedded(self) -> bool:
        """Whether the broker is the one inside the program."""
        return self.mode == "embedded"

    def common(self, name: str) -> str:
        """Return a property of every client; empty where it is not set."""
        line = sectioned.read(self.text).find("common", name)
        return line.value if line is not None else ""

    def secrets_in_use(self) -> dict[str, str]:
        """Return those of `secrets` that the text still refers to."""
        values = {line.value for line in sectioned.read(self.text).lines}
        return {
            entry: secret
            for entry, secret in self.secrets.items()
            if keyring_reference(entry) in values
        }

    def with_common(self, values: Mapping[str, str | None]) -> KafkaDraft:
        """Return a draft with properties of every client set, or taken out (None)."""
        text = self.text
        for name, value in values.items():
            text = sectioned.set_value(text, "common", name, value)
        return replace(self, text=text)

    def with_secret(self, section: str, name: str, secret: str) -> KafkaDraft:
        """Return a draft that keeps a secret for the credential store and refers to it.

        A reference is taken as one.
        """
        entry = _entry(section, name)
        value = secret if is_reference(secret) else keyring_reference(entry)
        secrets = {key: kept for key, kept in self.secrets.items() if key != entry}
        if value != secret:
            secrets[entry] = secret
        text = sectioned.set_value(self.text, section, name, value)
        return replace(self, text=text, secrets=MappingProxyType(secrets))

    def without_plain_secrets(self, kept: KafkaSettings | None = None) -> KafkaDraft:
        """Return a draft whose secrets are all kept for the credential store.

        Args:
            kept: settings whose own plain secrets stay where they are.
        """
        draft = self
        for line in sectioned.read(self.text).lines:
            is_plain = is_secret(line.name) and line.value and not is_reference(line.value)
            before = getattr(kept, line.section).get(line.name) if kept is not None else None
            if is_plain and as_text(before) != line.value:
                draft = draft.with_secret(line.section, line.name, line.value)
        return draft


def draft_of(kafka: KafkaSettings) -> KafkaDraft:
    """Return the settings in use as a draft."""
    tables = {section: getattr(kafka, section) for section in sectioned.SECTIONS}
    return KafkaDraft(
        kafka.mode, kafka.bootstrap_servers, str(kafka.partitions), sectioned.write(tables)
    )


def kafka_of(draft: KafkaDraft, base: KafkaSettings) -> KafkaSettings:
    """Return the settings that a draft stands for.

    Raises:
        pydantic.ValidationError: something typed cannot be.
    """
    parsed = sectioned.read(draft.text)
    table: dict[str, Any] = base.model_dump()
    table["mode"] = draft.mode
    table["bootstrap_servers"] = draft.servers.strip()
    table["partitions"] = draft.partitions.strip()
    for section in sectioned.SECTIONS:
        before = getattr(base, section)
        values = parsed.values(section).items()
        table[section] = {name: _typed(text, before.get(name)) for name, text in values}
    return KafkaSettings.model_validate(table)


def with_typed_secrets(kafka: KafkaSettings, draft: KafkaDraft) -> KafkaSettings:
    """Return the settings with secrets that are not stored yet in place of their references.

    For trying them out; never to be saved.
    """
    found = {keyring_reference(entry): secret for entry, secret in draft.secrets.items()}
    tables = {
        section: {
            name: found.get(value, value) if isinstance(value, str) else value
            for name, value in getattr(kafka, section).items()
        }
        for section in sectioned.SECTIONS
    }
    return kafka.model_copy(update=tables)


def entries_left(before: KafkaSettings, after: KafkaSettings) -> frozenset[str]:
    """Return the entries of ours in the credential store that the new settings no longer use."""
    return _entries(before) - _entries(after)


def _entries(kafka: KafkaSettings) -> frozenset[str]:
    beginning = keyring_reference(f"{CREDENTIAL} ")
    return frozenset(
        value.removeprefix(keyring_reference(""))
        for section in sectioned.SECTIONS
        for value in getattr(kafka, section).values()
        if isinstance(value, str) and value.startswith(beginning)
    )


def _entry(section: str, name: str) -> str:
    return f"{CREDENTIAL} {name}" if section == "common" else f"{CREDENTIAL} {section} {name}"


def _typed(text: str, before: Property | None) -> Property:
    """Return a value as the settings file holds it; what is not changed stays of its type."""
    if before is not None and as_text(before) == text:
        return before
    if text in ("true", "false"):
        return text == "true"
    return int(text) if _WHOLE.fullmatch(text) else text
