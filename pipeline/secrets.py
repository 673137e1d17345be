"""Secrets: kept in the system's credential store or the environment, named by references elsewhere.

A reference is ``env:NAME`` (an environment variable) or ``keyring:NAME`` (an entry of the service
`SERVICE` in Windows' Credential Locker, the Secret Service of Linux, or whatever else `keyring`
finds). Settings hold references only. Every secret that passes through here is told to
`pipeline.redact`, so that no log, message or export shows it.

The store may ask its user to unlock it, so all but `is_reference`, `keyring_reference` and `masked`
may block for long: never call them in the GUI thread.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from pipeline.redact import redact_text, register_secret
from pipeline.texts import Text, one_after_another, say

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE: Final = "Signalbox"
"""The name under which the credential store keeps them."""

SHOWN_END: Final = 4
LEAST_HIDDEN: Final = 8
DOTS: Final = "••••"

_REFERENCE: Final = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|keyring:\S(?:.*\S)?")
_ENV_WAY: Final = say(
    "Or put the secret into an environment variable of this program and write env:NAME in its "
    "place."
)


class SecretError(RuntimeError):
    """A secret cannot be found, kept or taken away.

    Attributes:
        next_step: what the user can do about it, in a sentence or two.
    """

    def __init__(self, message: Text, next_step: Text) -> None:
        super().__init__(message)
        self.next_step = next_step


def is_reference(text: str) -> bool:
    """Return whether `text` names a secret (``env:NAME``, ``keyring:NAME``) rather than being one."""
    return _REFERENCE.fullmatch(text) is not None


def keyring_reference(name: str) -> str:
    """Return the reference to what `store` keeps under `name`."""
    return f"keyring:{name}"


def resolve(reference: str) -> str:
    """Return the secret that a reference stands for; never empty.

    Raises:
        SecretError: it is no reference, there is nothing under that name, or the credential store
            cannot be read.
    """
    if not is_reference(reference):
        # The text itself is not repeated: it may be the secret.
        raise SecretError(
            say("this is no reference to a secret"),
            say("Write env:NAME or keyring:NAME in its place."),
        )
    kind, _, name = reference.partition(":")
    secret = os.environ.get(name) if kind == "env" else _read(name)
    if not secret:
        step = (
            say(
                "Set the environment variable {name} for the program, then start it again.",
                name=name,
            )
            if kind == "env"
            else _or_in_the_environment(
                say(
                    "Store it: python -m keyring set {service} {name}, or in the window.",
                    service=SERVICE,
                    name=_quoted(name),
                )
            )
        )
        raise SecretError(say("nothing is stored as {reference}", reference=reference), step)
    register_secret(secret)
    return secret


def store(name: str, value: str) -> None:
    """Keep a secret in the credential store, in place of an earlier one of that name.

    Raises:
        SecretError: there is no store, or it does not take the secret.
    """
    register_secret(value)
    try:
        backend = _backend()
        backend.set_password(SERVICE, name, value)
        kept = backend.get_password(SERVICE, name)
    except Exception as error:  # noqa: BLE001 - every store raises errors of its own
        raise _unusable(error) from None
    if kept != value:
        # The null store takes everything and keeps nothing.
        raise SecretError(
            say(
                "the credential store ({store}) does not keep what it is given",
                store=_title(backend),
            ),
            _or_in_the_environment(say("Set up the credential store of this system.")),
        )


def delete(name: str) -> None:
    """Take a secret out of the credential store; nothing happens where there is none.

    Raises:
        SecretError: the store cannot be used.
    """
    try:
        backend = _backend()
        if backend.get_password(SERVICE, name) is not None:
            backend.delete_password(SERVICE, name)
    except Exception as error:  # noqa: BLE001 - every store raises errors of its own
        raise _unusable(error) from None


def masked(value: str) -> str:
    """Return how a secret is shown: dots, and its end where enough stays hidden."""
    if not value:
        return ""
    return DOTS + (value[-SHOWN_END:] if len(value) >= LEAST_HIDDEN + SHOWN_END else "")


def _read(name: str) -> str | None:
    try:
        return _backend().get_password(SERVICE, name)
    except Exception as error:  # noqa: BLE001 - every store raises errors of its own
        raise _unusable(error) from None


def _backend() -> KeyringBackend:
    # Looking for the system's stores takes a moment, and most runs need none.
    import keyring

    return keyring.get_keyring()


def _unusable(error: Exception) -> SecretError:
    import keyring.errors

    if isinstance(error, keyring.errors.NoKeyringError):
        return SecretError(
            say("this system has no credential store that can be used"),
            _or_in_the_environment(
                say(
                    "On Linux, start one that offers the Secret Service, such as gnome-keyring or "
                    "KWallet."
                )
            ),
        )
    if isinstance(error, keyring.errors.KeyringLocked):
        return SecretError(say("the credential store is locked"), say("Unlock it, then try again."))
    return SecretError(
        say(
            "the credential store cannot be used: {words}",
            words=redact_text(str(error)) or type(error).__name__,
        ),
        _or_in_the_environment(say("See that it works for other programs.")),
    )


def _or_in_the_environment(step: Text) -> Text:
    return one_after_another([step, _ENV_WAY])


def _title(backend: KeyringBackend) -> str:
    return str(getattr(backend, "name", type(backend).__name__)).removeprefix("keyring.backends.")


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name
