"""Client properties whose value is a reference to a secret; put in only when a client is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.kafka.doctor import Code, Setting, as_text, is_secret
from pipeline.kafka.errors import KafkaSettingsError
from pipeline.redact import register_secret
from pipeline.secrets import SecretError, is_reference, resolve
from pipeline.texts import say


def is_referenced(name: str, value: object) -> bool:
    """Return whether `value` names the secret of a property that takes one."""
    return is_secret(name) and isinstance(value, str) and is_reference(value)


def unresolved(setting: Setting) -> Setting:
    """Return the setting as the doctor is to see it before the secret is known."""
    if is_referenced(setting.name, setting.value):
        return Setting(setting.name, Code.UNKNOWN, setting.file, setting.line)
    return setting


def with_secrets(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties with the secrets that they refer to. May block.

    Raises:
        KafkaSettingsError: one cannot be found; says which, and what to do.
    """
    found = dict(properties)
    for name, value in properties.items():
        if is_secret(name) and not is_referenced(name, value):
            register_secret(as_text(value))
        elif is_secret(name):
            try:
                found[name] = resolve(value)
            except SecretError as error:
                raise KafkaSettingsError(
                    say(
                        "Kafka settings: no value for {name}, since {error}.",
                        name=name,
                        error=error,
                    ),
                    next_step=error.next_step,
                ) from error
    return found
