"""What API keys did of late, over restarts of the scheduler in one process.

A server counts requests by key and knows nothing of our restarts: a pool that began anew after every
change of the settings would take each key's limit of a minute once more, and wake keys that the
server had asked to rest.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

from pipeline.scheduling.key_pool import KeyPast


class KeyMemory:
    """Remembers by server and secret, so that another key under an old name begins anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pasts: dict[tuple[str, str], KeyPast] = {}

    def keep(self, server: str, secrets: Mapping[str, str], pasts: Mapping[str, KeyPast]) -> None:
        """Remember what keys did.

        Args:
            server: address of the endpoint.
            secrets: by key id; one without is not remembered.
            pasts: by key id.
        """
        with self._lock:
            for key_id, past in pasts.items():
                if key_id in secrets:
                    self._pasts[server, secrets[key_id]] = past

    def recall(self, server: str, secrets: Mapping[str, str]) -> dict[str, KeyPast]:
        """Return what is remembered of these keys, by key id."""
        with self._lock:
            return {
                key_id: self._pasts[server, secret]
                for key_id, secret in secrets.items()
                if (server, secret) in self._pasts
            }


MEMORY: Final = KeyMemory()
"""Of this process."""
