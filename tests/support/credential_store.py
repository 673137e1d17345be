"""A credential store that lives as long as a test: keyring itself is real, only the shelf is ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class TestStore(KeyringBackend):
    """Keeps what it is given; can be locked."""

    priority = 1

    __test__ = False  # for pytest: not a test itself

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._must_be_open()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._must_be_open()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._must_be_open()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("no such password")

    def _must_be_open(self) -> None:
        if self.is_locked:
            raise KeyringLocked("locked by the test")


@contextmanager
def using(store: KeyringBackend) -> Iterator[None]:
    """Make `store` the one that keyring finds."""
    before = keyring.get_keyring()
    keyring.set_keyring(store)
    try:
        yield
    finally:
        keyring.set_keyring(before)
